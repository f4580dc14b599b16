import { path, request, requestAll, upload } from '../api';
import type { CollectionView, QueryCount, QueryRows, RowPage, SourceView } from './contract';

export const fetchCollections = (signal?: AbortSignal): Promise<readonly CollectionView[]> =>
  requestAll('collections', { sort: 'name' }, signal);

export const createCollection = (name: string, signal: AbortSignal): Promise<CollectionView> =>
  request('collections', { method: 'POST', body: { name }, signal });

export const updateCollection = (
  name: string,
  retention: CollectionView['retention'],
  signal: AbortSignal,
): Promise<CollectionView> => request(path`collections/${name}`, { method: 'PATCH', body: { retention }, signal });

export const deleteCollection = (name: string, signal: AbortSignal): Promise<void> =>
  request(path`collections/${name}`, { method: 'DELETE', signal });

export const fetchSources = async (signal: AbortSignal): Promise<readonly SourceView[]> =>
  (await request<{ readonly items: readonly SourceView[] }>('sources', { signal })).items;

export const fetchRows = (name: string, offset: number, limit: number, signal: AbortSignal): Promise<RowPage> =>
  request(path`collections/${name}/rows`, { query: { offset, limit }, signal });

export const runQuery = (source: string, query: string, limit: number, signal: AbortSignal): Promise<QueryRows> =>
  request('collections/query', { method: 'POST', body: { source, query, limit }, signal });

/** The fields of a query that tell which of its rows are new. */
export interface QueryToCount {
  readonly id?: string;
  readonly query: string;
  readonly source: string;
  readonly newDataOnly: boolean;
  readonly newDataCollections: readonly string[];
  readonly lagMs: number;
}

export const countRows = (query: QueryToCount, job: string | undefined, signal: AbortSignal): Promise<QueryCount> =>
  request('collections/query/count', { method: 'POST', body: { ...query, ...(job && { job }) }, signal });

const sourcePath = (name: string): string => path`sources/${name}`;

export const putSource = (name: string, body: unknown, signal: AbortSignal): Promise<SourceView> =>
  request(sourcePath(name), { method: 'PUT', body, signal });

export const deleteSource = (name: string, signal: AbortSignal): Promise<void> =>
  request(sourcePath(name), { method: 'DELETE', signal });

export interface Imported {
  readonly inserted: number;
  readonly duplicates: number;
}

/** Adds the rows of a file: `.csv`, `.ndjson`, or `.json` with a list. */
export async function importRows(name: string, file: File, signal: AbortSignal): Promise<Imported> {
  const address = path`collections/${name}/rows`;
  if (/\.csv$/i.test(file.name)) return upload(address, file, { contentType: 'text/csv', signal });
  if (/\.(?:ndjson|jsonl)$/i.test(file.name))
    return upload(address, file, { contentType: 'application/x-ndjson', signal });
  // A list goes line by line, since the server takes JSON of a few megabytes only.
  const parsed: unknown = JSON.parse(await file.text());
  const rows: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const lines = new Blob(rows.map((row) => `${JSON.stringify(row)}\n`));
  return upload(address, lines, { contentType: 'application/x-ndjson', signal });
}

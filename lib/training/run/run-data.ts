import type { Collections, DataRequest } from '../../collections';
import { ModelManagementError } from '../../errors';
import type { JobQuery } from '../job';
import type { LineLog } from '../runners/runner';
import type { QueryInput, RunDocument } from './run-document';
import type { RunEvent } from './run-state';

/** The rows of one query into a file. */
export async function exportQuery(
  collections: Pick<Collections, 'export'>,
  query: JobQuery,
  request: DataRequest,
  path: string,
  log: LineLog,
  signal: AbortSignal,
): Promise<QueryInput> {
  const { id, newDataOnly } = query;
  const file = await collections.export(query.source, request, path, signal);
  log.line(`Query ${id}: ${file.rows} rows${newDataOnly ? ' that are new' : ''}.`);
  return { id, newDataOnly, ...file };
}

/** What comes of the data of a run: whether it has any, and what its job says to none. @throws {ModelManagementError} `NO_NEW_DATA` */
export function preparedEvent(
  { fields }: Pick<RunDocument, 'fields'>,
  base: RunDocument['base'],
  queries: readonly QueryInput[],
): Extract<RunEvent, { kind: 'prepared' | 'empty' }> {
  const reason = emptyReason(fields, queries);
  if (reason === undefined || fields.emptyData === 'run') return { kind: 'prepared', base, queries };
  if (fields.emptyData === 'skip') return { kind: 'empty', queries, reason };
  const hint = 'Collect rows first, or let the job run on no data (emptyData).';
  throw new ModelManagementError('NO_NEW_DATA', reason, hint);
}

/** Of each query of the job what was read for it, the first when there are several; others are none of it. */
export function onePerQuery(
  { queries }: { readonly queries: readonly MaybeNamed[] },
  inputs: readonly QueryInput[],
): readonly QueryInput[] {
  return queries.flatMap((query, index) => {
    const id = queryIdOf(query, index);
    return inputs.find((input) => input.id === id) ?? [];
  });
}

type MaybeNamed = Partial<Pick<JobQuery, 'id'>>;

/** Of jobs from before queries had ids, its place. */
export const queryIdOf = ({ id }: MaybeNamed, index: number): string => id ?? `q${index + 1}`;

function emptyReason(fields: RunDocument['fields'], queries: readonly QueryInput[]): string | undefined {
  const counted = queries.filter(({ newDataOnly }) => newDataOnly);
  if (counted.length === 0 || counted.some(({ rows }) => rows > 0)) return undefined;
  const names = [...new Set(fields.queries.flatMap((query) => (query.newDataOnly ? query.newDataCollections : [])))];
  return `There are no new rows in ${names.join(', ')}.`;
}

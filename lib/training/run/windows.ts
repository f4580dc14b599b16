import type { DataRequest, Watermark } from '../../collections';
import type { JobFields } from '../job';
import type { QueryInput } from './run-document';

/** How far each query of each job has read, by `<job id>/<query id>`; part of a version's lineage. */
export type Watermarks = Readonly<Record<string, readonly Watermark[]>>;

export const watermarkKey = (jobId: string, queryId: string): string => `${jobId}/${queryId}`;

/** What the lineage of a version says; anything else is none. */
export function watermarksOf(lineage: Readonly<Record<string, unknown>> | undefined): Watermarks {
  const stored = lineage?.['watermarks'];
  return typeof stored === 'object' && stored !== null ? (stored as Watermarks) : {};
}

/** The mark a query goes on from; undefined = from the beginning. */
export function fromMark(marks: Watermarks, key: string, collection: string): Watermark | undefined {
  return marks[key]?.find((mark) => mark.collection.toLowerCase() === collection.toLowerCase());
}

/** What a query of a job asks for, going on from these marks; without an id it has none. */
export function dataRequest(
  { id, query, newDataOnly, newDataCollections, lagMs }: JobFields['queries'][number],
  jobId: string,
  marks: Watermarks,
): DataRequest {
  const newData = (newDataOnly ? newDataCollections : []).map((collection) => {
    const from = id === undefined ? undefined : fromMark(marks, watermarkKey(jobId, id), collection);
    return { collection, ...(from ? { from } : {}) };
  });
  return { query, newData, lagMs };
}

/**
 * The marks of the version a run makes: those of its base, since what that had learned from is in it too, with those
 * that this run moved on.
 */
export function nextMarks(base: Watermarks, jobId: string, queries: readonly QueryInput[]): Watermarks {
  const moved = queries
    .filter(({ windows }) => windows.length > 0)
    .map(({ id, windows }) => {
      const key = watermarkKey(jobId, id);
      const marks = windows.map(({ collection, identity, to }) => ({ collection, identity, to }));
      const others = (base[key] ?? []).filter((old) => !marks.some(({ collection }) => collection === old.collection));
      return [key, [...others, ...marks]] as const;
    });
  return { ...base, ...Object.fromEntries(moved) };
}

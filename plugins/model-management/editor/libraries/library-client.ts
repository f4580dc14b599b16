import { path, request, requestAll } from '../api';
import type { Library, LibraryRevision, LibraryRevisionWithSource, LibraryWithSource, TrialAnswer } from './contract';
import type { Typed } from './library-draft';

/** All libraries, built-in ones too. */
export const fetchLibraries = (signal?: AbortSignal): Promise<readonly Library[]> =>
  requestAll('libraries', { sort: 'name' }, signal);

export const fetchLibrary = (name: string, signal: AbortSignal): Promise<LibraryWithSource> =>
  request(path`libraries/${name}`, { signal });

/**
 * Stores a source as the next revision, which nodes use at once.
 * @param expectedRevision - what the text stands on; 0 = there is none
 */
export async function saveLibrary(
  name: string,
  typed: Typed,
  expectedRevision: number,
  signal: AbortSignal,
): Promise<LibraryWithSource> {
  const body = { ...typed, expectedRevision };
  const library = await request<Library>(path`libraries/${name}`, { method: 'PUT', body, signal });
  return { ...library, source: typed.source };
}

export const deleteLibrary = (name: string, force: boolean, signal: AbortSignal): Promise<void> =>
  request(path`libraries/${name}`, { method: 'DELETE', query: { force: force || undefined }, signal });

/** Newest first. */
export const fetchRevisions = (name: string, signal: AbortSignal): Promise<readonly LibraryRevision[]> =>
  requestAll(path`libraries/${name}/revisions`, {}, signal);

export const fetchRevision = (
  name: string,
  revision: number,
  signal: AbortSignal,
): Promise<LibraryRevisionWithSource> => request(path`libraries/${name}/revisions/${revision}`, { signal });

/** What a test gives to `exec`. */
export interface TestCall {
  readonly input: unknown;
  /** The message that `context.msg` shows. */
  readonly msg: unknown;
}

/** Runs a source, stored or not, once, beside what runs in the flows. */
export const testLibrary = (name: string, source: string, call: TestCall, signal: AbortSignal): Promise<TrialAnswer> =>
  request(path`libraries/${name}/test`, { method: 'POST', body: { ...call, source }, signal });

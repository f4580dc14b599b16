import { useCallback, useEffect, useReducer } from 'preact/hooks';
import type { ApiError } from '../api';
import { type TaskState, useLibraryChanges, useResource, useTask } from '../live';
import type { LibraryWithSource } from './contract';
import { fetchLibrary, saveLibrary } from './library-client';
import { type Draft, type DraftEvent, newDraft, reduceDraft, type Template, type Typed } from './library-draft';

export interface OpenLibrary {
  /** undefined until the library has arrived. */
  readonly draft: Draft | undefined;
  readonly dispatch: (event: DraftEvent) => void;
  /** Why it could not be read. */
  readonly error: ApiError | undefined;
  readonly reload: () => void;
  readonly saving: TaskState;
  /** Stores what is typed; `over` = the revision that it knowingly replaces, by default the one it stands on. Not while one is under way. */
  readonly save: (over?: number) => void;
  readonly cancel: () => void;
  /** Stores another text as the next revision and shows it. */
  readonly restore: (typed: Typed) => void;
}

/** A library in its tray: what is typed, beside what the server holds, whose changes it follows. */
export function useLibrary(
  name: string,
  template: Template | undefined,
  onStored: (library: LibraryWithSource) => void,
): OpenLibrary {
  const [draft, dispatch] = useReducer(reduceDraft, template && newDraft(template));
  const { data, error, reload } = useResource((signal) => fetchLibrary(name, signal), [name]);
  const { state: saving, start, reset: cancel } = useTask();
  useLibraryChanges(reload);
  useEffect(() => {
    if (data) dispatch({ kind: 'arrived', library: data });
  }, [data]);
  useEffect(() => {
    if (error?.code === 'LIBRARY_NOT_FOUND') dispatch({ kind: 'gone' });
  }, [error]);
  const store = useCallback(
    (typed: Typed, expectedRevision: number) =>
      start(async (signal) => {
        try {
          const library = await saveLibrary(name, typed, expectedRevision, signal);
          dispatch({ kind: 'stored', library });
          onStored(library);
        } catch (failure) {
          dispatch({ kind: 'refused' });
          // Perhaps it moved; then the reason is shown with what is there now.
          reload();
          throw failure;
        }
      }),
    [name, start, reload, onStored],
  );
  const save = (over?: number): void => {
    if (!draft || saving.status === 'busy') return;
    const typed = { source: draft.source, description: draft.description.trim() };
    dispatch({ kind: 'typed', ...typed });
    dispatch({ kind: 'sent', typed });
    store(typed, over ?? draft.base?.revision ?? 0);
  };
  const restore = (typed: Typed): void => store(typed, draft?.base?.revision ?? 0);
  return { draft, dispatch, error, reload, saving, save, cancel, restore };
}

import type { DocumentStore } from '../../lib/store';

/** A store that tells before each write: where the power may go. */
export function watchedStore<T extends { readonly _id: string }>(
  store: DocumentStore<T>,
  beforeWrite: () => void,
): DocumentStore<T> {
  const told = async <R>(write: () => Promise<R>): Promise<R> => {
    beforeWrite();
    return await write();
  };
  return {
    get: (id) => store.get(id),
    all: () => store.all(),
    insert: (document) => told(() => store.insert(document)),
    put: (document) => told(() => store.put(document)),
    delete: (id) => told(() => store.delete(id)),
    compact: () => store.compact(),
    close: () => store.close(),
  };
}

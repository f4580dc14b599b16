import type { Clock } from '../../clock';
import type { LibraryName } from '../../ids';
import type { User } from '../../registry/types';
import type { DocumentStore } from '../../store';
import { KeyedQueue } from '../../store/keyed-queue';
import type { RevisionDocument } from './documents';
import { type LibraryState, stateOf } from './history';

export interface JournalDeps {
  readonly documents: Pick<DocumentStore<RevisionDocument>, 'all' | 'insert'>;
  readonly clock: Clock;
}

/** What may be written while a library's turn lasts: the next revision, durable when the promise resolves. */
export type AppendRevision = (fact: Pick<RevisionDocument, 'description' | 'source'>) => Promise<void>;

/**
 * The revisions of all libraries: the only place where they are read and written. Writes of one library take turns; a
 * revision counts once it is on the disk.
 */
export class LibraryJournal {
  readonly #histories = new Map<LibraryName, RevisionDocument[]>();
  readonly #turns = new KeyedQueue();

  constructor(private readonly deps: JournalDeps) {}

  load(): void {
    for (const document of this.deps.documents.all()) this.#historyOf(document.name).push(document);
    for (const history of this.#histories.values()) history.sort((a, b) => a.revision - b.revision);
  }

  /** Libraries that exist, by name. */
  states(): readonly LibraryState[] {
    const states = [...this.#histories.values()].flatMap((history) => stateOf(history) ?? []);
    return states.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: LibraryName): LibraryState | undefined {
    return stateOf(this.revisions(name));
  }

  /** Oldest first, also of a library that was deleted; empty if there never was one. */
  revisions(name: LibraryName): readonly RevisionDocument[] {
    return this.#histories.get(name) ?? [];
  }

  /** The library's turn: nobody else writes to it until `work` has settled. */
  write<T>(name: LibraryName, user: User, work: (append: AppendRevision) => Promise<T>): Promise<T> {
    return this.#turns.run(name, () =>
      work(async ({ description, source }) => {
        const revision = this.nextRevision(name);
        const document: RevisionDocument = {
          _id: `${name}/${revision}`,
          name,
          revision,
          at: this.deps.clock.now(),
          user,
          description,
          source,
        };
        await this.deps.documents.insert(document);
        this.#historyOf(name).push(document);
      }),
    );
  }

  /** Counts on over deletions. */
  nextRevision(name: LibraryName): number {
    return (this.revisions(name).at(-1)?.revision ?? 0) + 1;
  }

  #historyOf(name: LibraryName): RevisionDocument[] {
    const known = this.#histories.get(name);
    if (known) return known;
    const history: RevisionDocument[] = [];
    this.#histories.set(name, history);
    return history;
  }
}

import { Admission } from '../../admission';
import { toIso } from '../../clock';
import { ModelManagementError } from '../../errors';
import { LibraryName } from '../../ids';
import type { Log } from '../../log';
import { parseInput, type Usage, type User } from '../../registry';
import { ServiceSlot } from '../../service-slot';
import { type BuiltInLibrary, readBuiltInLibraries } from './built-in-libraries';
import { toLibraryError } from './faults';
import { type LibraryState, type RevisionFact, toRevision } from './history';
import { checkSize, parseLibraryName, SaveInput, TestInput } from './input';
import { type JournalDeps, LibraryJournal } from './journal';
import { type HostedSource, type LibraryFollowing, LibraryHost } from './library-host';
import { moved, notFound } from './refusals';
import { compile } from './sandbox';
import { type TrialAnswer, tryLibrary } from './trial';
import type { TrialOrder } from './trial-messages';
import type { Library, LibraryChange, LibraryRevision, LibraryRevisionWithSource, LibraryWithSource } from './types';

export interface LibrariesDeps extends JournalDeps {
  readonly log: Log;
  /** What `require` in a library gives. */
  readonly modules: readonly string[];
  /** Folder the modules are looked up from. */
  readonly modulesPath: string;
  /** The built `trial-worker.js`. */
  readonly workerPath: string;
}

/** A library as a hub sends it. */
export type LentLibrary = Pick<LibraryState, 'revision' | 'source' | 'description'>;

/** Each may take 128 MB and a whole core. */
const maxTrials = 4;

/**
 * Named JavaScript for the nodes `pipelib`: sources with revisions, the running instances, and the built-in ones. Reads
 * answer from memory; a change is on the disk when its promise resolves, and nothing of it when it rejects.
 */
export class Libraries {
  readonly #journal: LibraryJournal;
  readonly #host: LibraryHost;
  readonly #trials = new Admission(maxTrials);
  /** Beside the trials, so that those who try do not hold up those who save. */
  readonly #proofs = new Admission(maxTrials);
  readonly #closing = new AbortController();
  readonly #builtIns: ReadonlyMap<string, BuiltInLibrary>;
  /** Of a hub, in the place of own ones. */
  readonly #lent = new Map<LibraryName, LibraryState>();
  readonly #listeners = new Set<(change: LibraryChange) => void>();

  private constructor(private readonly deps: LibrariesDeps) {
    this.#journal = new LibraryJournal(deps);
    this.#builtIns = new Map(readBuiltInLibraries().map((builtIn) => [builtIn.name, builtIn]));
    this.#host = new LibraryHost({
      ...deps,
      find: (wantedName) => {
        const builtIn = this.#builtIns.get(wantedName);
        if (builtIn) return { revision: 1, ...builtIn };
        const { data: name } = LibraryName.safeParse(wantedName);
        return name && this.#find(name);
      },
      onStateChange: (name) => this.#announce({ name, change: 'updated' }),
    });
  }

  static open(deps: LibrariesDeps): Libraries {
    const libraries = new Libraries(deps);
    libraries.#journal.load();
    return libraries;
  }

  /** By name, the built-in ones among them. */
  list(): readonly Library[] {
    const all = [
      ...this.#journal
        .states()
        .filter(({ name }) => !this.#lent.has(name))
        .map((state) => this.#toLibrary(state)),
      ...[...this.#lent.values()].map((state) => this.#toLibrary(state)),
      ...[...this.#builtIns.values()].map((builtIn) => this.#toBuiltIn(builtIn)),
    ];
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** False for what could be no name. */
  has(name: string): boolean {
    return this.#builtIns.has(name as LibraryName) || this.#find(name as LibraryName) !== undefined;
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `LIBRARY_NOT_FOUND` */
  get(wantedName: string): LibraryWithSource {
    const name = parseLibraryName(wantedName);
    const builtIn = this.#builtIns.get(name);
    if (builtIn) return { ...this.#toBuiltIn(builtIn), source: builtIn.source };
    const state = this.#getState(name);
    return { ...this.#toLibrary(state), source: state.source };
  }

  /**
   * Makes the source the next revision and puts it to work; one that equals the present source and description changes
   * nothing. A source is first loaded in a thread of its own, so that one that hangs or eats memory is only refused.
   *
   * @param input - `{source, description?, expectedRevision?}`; no description keeps the one it has
   * @throws {ModelManagementError} `INVALID_INPUT`, `PAYLOAD_TOO_LARGE`, `READ_ONLY`, `LIBRARY_MOVED` (the revision is
   * not the expected one), `INVALID_LIBRARY`, `ABORTED` (could not be tried); what runs keeps running then
   */
  async save(wantedName: string, input: unknown, user: User): Promise<LibraryWithSource> {
    const name = this.#ownName(wantedName);
    const { source, description, expectedRevision } = parseInput(SaveInput, input, 'body');
    checkSize(source);
    return this.#journal.write(name, user, async (append) => {
      const present = this.#journal.find(name);
      if (expectedRevision !== undefined && expectedRevision !== (present?.revision ?? 0)) {
        throw moved(name, expectedRevision, present);
      }
      const wanted = { source, description: description ?? present?.description ?? '' };
      if (present?.source === source && present.description === wanted.description) return this.get(name);
      // Other words about the same source: what runs keeps its state.
      if (present?.source === source) await append(wanted);
      else await this.#replace(name, { revision: this.#journal.nextRevision(name), source }, () => append(wanted));
      this.#announce({ name, change: present ? 'updated' : 'created' });
      return this.get(name);
    });
  }

  /**
   * The revisions stay with the name.
   * @throws {ModelManagementError} `INVALID_INPUT`, `READ_ONLY`, `LIBRARY_NOT_FOUND`; `IN_USE` with `details.usedBy`,
   * unless forced
   */
  async remove(wantedName: string, { force = false }: { readonly force?: boolean }, user: User): Promise<void> {
    const name = this.#ownName(wantedName);
    await this.#journal.write(name, user, async (append) => {
      const { description } = this.#getState(name);
      const usedBy = this.#host.followersOf(name);
      if (usedBy.length > 0 && !force) {
        const hint = 'Delete it with force, or stop using it first.';
        throw new ModelManagementError('IN_USE', `The library ${name} is in use.`, hint, { details: { usedBy } });
      }
      await append({ description, source: null });
      this.#host.refresh(name);
      this.#announce({ name, change: 'deleted' });
    });
  }

  /** Newest first, also of a deleted library; a built-in one has the one it is at. @throws as {@link get} */
  revisions(wantedName: string): readonly LibraryRevision[] {
    const name = parseLibraryName(wantedName);
    const history = this.#historyOf(name);
    if (history.length === 0) throw notFound(name);
    return history.map(toRevision).reverse();
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`, `LIBRARY_NOT_FOUND` */
  revision(wantedName: string, number: string): LibraryRevisionWithSource {
    const name = parseLibraryName(wantedName);
    const found = this.#historyOf(name).find(({ revision }) => String(revision) === number);
    if (found) return { ...toRevision(found), source: found.source };
    throw new ModelManagementError(
      'LIBRARY_NOT_FOUND',
      `The library ${name} has no revision ${number}.`,
      'See the list of its revisions.',
    );
  }

  /**
   * Calls the library, or a source that is not saved, once, in a thread of its own.
   * @param input - `{input, source?, timeoutMs?, msg?, parents?}`; `msg` and `parents` are those of the context
   * @throws {ModelManagementError} `INVALID_INPUT`, `LIBRARY_NOT_FOUND`, `PAYLOAD_TOO_LARGE`, `ABORTED`
   */
  async test(wantedName: string, input: unknown, signal?: AbortSignal): Promise<TrialAnswer> {
    const name = parseLibraryName(wantedName);
    const { source: unsaved, input: given = {}, timeoutMs, msg, parents } = parseInput(TestInput, input, 'body');
    if (unsaved !== undefined) checkSize(unsaved);
    const source = unsaved ?? this.get(name).source;
    const context = { msg: { payload: given, ...msg }, node: { id: 'test', name: 'test' }, parents };
    return this.#try(this.#trials, { name, source, call: { input: given, context, timeoutMs } }, signal);
  }

  /**
   * The source of a hub answers under this name, in the place of an own library, which is kept. Held in memory only:
   * who lends it does so again at each start. The same source again changes nothing.
   * @throws {ModelManagementError} `INVALID_INPUT`, `READ_ONLY`, `INVALID_LIBRARY`, `ABORTED`; what runs keeps running then
   */
  async lend(wantedName: string, lent: LentLibrary): Promise<void> {
    const name = this.#ownName(wantedName);
    const { revision, source, description } = lent;
    const now = this.deps.clock.now();
    const state = { name, revision, source, description, createdAt: now, updatedAt: now, updatedBy: null };
    if (this.#lent.get(name)?.source === source) {
      this.#lent.set(name, state);
      return;
    }
    await this.#replace(name, { revision, source }, async () => void this.#lent.set(name, state));
    this.#announce({ name, change: 'updated' });
  }

  /** The own library of that name answers again, where there is one. */
  takeBack(name: string): void {
    if (!this.#lent.delete(name as LibraryName)) return;
    this.#host.refresh(name);
    this.#announce({ name: name as LibraryName, change: this.has(name) ? 'updated' : 'deleted' });
  }

  /** Follows a library, which need not exist yet: it is loaded now, and again at each revision. */
  follow(name: string, follower: Usage): LibraryFollowing {
    return this.#host.follow(name, follower);
  }

  onChange(listener: (change: LibraryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends all instances and trials. */
  close(): void {
    this.#closing.abort();
    this.#host.close();
  }

  /** @throws {ModelManagementError} as {@link #prove}; what `write` throws. Nothing is replaced then */
  async #replace(name: LibraryName, next: HostedSource, write: () => Promise<void>): Promise<void> {
    await this.#prove(name, next.source);
    const prepared = this.#host.prepare(name, next);
    try {
      await write();
    } catch (error) {
      prepared.abandon();
      throw error;
    }
    prepared.commit();
  }

  /** @throws {ModelManagementError} `INVALID_LIBRARY`; `ABORTED` when it could not be told */
  async #prove(name: LibraryName, source: string): Promise<void> {
    compile(name, source);
    const { error } = await this.#try(this.#proofs, { name, source });
    if (!error) return;
    if (error.code === 'ABORTED') throw new ModelManagementError('ABORTED', error.message, 'Save it again.');
    const { message, code: _, ...at } = error;
    throw new ModelManagementError(
      'INVALID_LIBRARY',
      message,
      'Mend the source and save it again; until then the revision before stays in use.',
      { details: { library: name, ...at } },
    );
  }

  #try(
    turns: Admission,
    order: Pick<TrialOrder, 'name' | 'source' | 'call'>,
    signal = this.#closing.signal,
  ): Promise<TrialAnswer> {
    const { modules, modulesPath, workerPath } = this.deps;
    const givenUp = AbortSignal.any([signal, this.#closing.signal]);
    return turns.run(1, () => tryLibrary(workerPath, { ...order, modules, modulesPath }, givenUp), givenUp);
  }

  /** Oldest first. */
  #historyOf(name: LibraryName): readonly RevisionFact[] {
    const builtIn = this.#builtIns.get(name);
    const lent = this.#lent.get(name);
    if (lent) return [{ ...lent, at: lent.createdAt, user: null }];
    return builtIn ? [{ revision: 1, at: null, user: null, ...builtIn }] : this.#journal.revisions(name);
  }

  /** @throws {ModelManagementError} `INVALID_INPUT`; `READ_ONLY` for a built-in one */
  #ownName(wantedName: string): LibraryName {
    const name = parseLibraryName(wantedName);
    if (!this.#builtIns.has(name)) return name;
    throw new ModelManagementError(
      'READ_ONLY',
      `The library ${name} comes with the package and cannot be changed.`,
      'Copy its source into a library of another name.',
    );
  }

  #find(name: LibraryName): LibraryState | undefined {
    return this.#lent.get(name) ?? this.#journal.find(name);
  }

  #getState(name: LibraryName): LibraryState {
    const state = this.#find(name);
    if (state) return state;
    throw notFound(name);
  }

  #toLibrary(state: LibraryState): Library {
    const { name, description, revision, createdAt, updatedAt, updatedBy, source } = state;
    return {
      name,
      description,
      revision,
      builtIn: false,
      createdAt: toIso(createdAt),
      updatedAt: toIso(updatedAt),
      updatedBy,
      ...this.#runningOf(name, source),
    };
  }

  #toBuiltIn({ name, description, source }: BuiltInLibrary): Library {
    return {
      name,
      description,
      revision: 1,
      builtIn: true,
      createdAt: null,
      updatedAt: null,
      updatedBy: null,
      ...this.#runningOf(name, source),
    };
  }

  #runningOf(name: LibraryName, source: string): Pick<Library, 'sizeBytes' | 'state' | 'error' | 'usedBy'> {
    const error = this.#host.errorOf(name);
    return {
      sizeBytes: Buffer.byteLength(source),
      state: error ? 'failed' : 'ready',
      ...(error ? { error: toLibraryError(error) } : {}),
      usedBy: this.#host.followersOf(name),
    };
  }

  /** Tells the listeners; one that throws is logged and keeps nobody else from hearing. */
  #announce(change: LibraryChange): void {
    this.deps.log.info('library changed', { ...change });
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.deps.log.error('a listener of the libraries failed', { ...change, error });
      }
    }
  }
}

/** Where the composition root leaves the libraries for the nodes. */
export const librariesSlot = new ServiceSlot<Libraries>();

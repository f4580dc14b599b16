import { createReadStream } from 'node:fs';
import type { Collections } from '../../../collections';
import { asModelManagementError, ModelManagementError } from '../../../errors';
import type { Digest } from '../../../ids';
import type { Log } from '../../../log';
import type { ArtifactFetcher } from '../../artifacts';
import type { OfferedRows } from '../../protocol/row-documents';
import type { EdgeHub } from '../edge-hub';
import type { EdgeStanding } from '../edge-standing';
import type { RunDeskDeps } from '../runs/run-desk';

type Fetcher = Pick<ArtifactFetcher, 'fetch' | 'collect'>;

export interface RowIntakeDeps {
  readonly hub: Pick<EdgeHub, 'standing' | 'standings' | 'onChange' | 'command'>;
  readonly collections: Pick<Collections, 'get' | 'create' | 'importFitting'>;
  readonly fetcherOf: (...edge: Parameters<RunDeskDeps['fetcherOf']>) => Promise<Fetcher>;
  /** Names of collections that take rows of edges; true = all. */
  readonly accept: true | readonly string[];
  readonly log: Log;
}

const RETRY_MS = 60_000;
/** An edge that offers what was taken has not heard that; between two times that it is told. */
const REPEAT_MS = 5_000;

/** Takes rows that edges forward into collections of the same name; they stay on the edge as well. */
export class RowIntake {
  /** By edge and collection: what is under way. */
  readonly #busy = new Map<string, Digest>();
  /** By edge and collection: what came last. It may be offered until the edge has heard that it was taken. */
  readonly #taken = new Map<string, Digest>();
  readonly #heldUntil = new Map<string, number>();
  readonly #refused = new Set<string>();
  readonly #closing = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #end: () => void;

  constructor(private readonly deps: RowIntakeDeps) {
    this.#end = deps.hub.onChange((edge) => this.#look(edge));
    // What was offered before a restart is not told again.
    for (const { name } of deps.hub.standings()) this.#look(name);
  }

  close(): void {
    this.#end();
    this.#closing.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #look(name: string): void {
    const edge = this.deps.hub.standing(name);
    for (const offered of edge?.report?.rows ?? []) if (edge) this.#takeOnce(edge, offered);
  }

  #takeOnce(edge: EdgeStanding, offered: OfferedRows): void {
    const lane = laneOf(edge, offered);
    const key = `${lane} ${offered.digest}`;
    if (!edge.key || edge.state !== 'online' || this.#busy.has(lane)) return;
    if (Date.now() < (this.#heldUntil.get(key) ?? 0)) return;
    if (!this.#isAccepted(offered.collection)) {
      this.#refuse(lane);
      return;
    }
    this.#busy.set(lane, offered.digest);
    void this.#take(edge, edge.key, offered)
      .then(() => this.#hold(key, edge.name, REPEAT_MS))
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        const { code, message } = asModelManagementError(error);
        this.deps.log.warn('rows of an edge not taken yet', {
          edge: edge.name,
          collection: offered.collection,
          code,
          message,
        });
        this.#hold(key, edge.name, RETRY_MS);
      })
      .finally(() => {
        this.#busy.delete(lane);
        // Meanwhile it may offer others.
        if (!this.#closing.signal.aborted) this.#look(edge.name);
      });
  }

  async #take(edge: EdgeStanding, key: NonNullable<EdgeStanding['key']>, offered: OfferedRows): Promise<void> {
    const { collection, digest } = offered;
    const lane = laneOf(edge, offered);
    if (this.#taken.get(lane) !== digest) {
      const fetcher = await this.deps.fetcherOf(edge.name, key);
      try {
        await this.#store(edge, fetcher, offered);
        this.#taken.set(lane, digest);
      } finally {
        await fetcher.collect((other) => this.#isNeeded(edge.name, lane, other));
      }
    }
    // One that is away is told when it offers them again.
    await this.deps.hub.command(edge.name, { type: 'rows-taken', collection, digest }).catch(() => undefined);
  }

  async #store({ name }: EdgeStanding, fetcher: Fetcher, offered: OfferedRows): Promise<void> {
    const { collections, log } = this.deps;
    const { collection, digest, sizeBytes } = offered;
    const path = await fetcher.fetch({ digest, sizeBytes }, { signal: this.#closing.signal });
    await this.#ensureCollection(collection);
    const { inserted, duplicates, misfits } = await collections.importFitting(collection, lazily(path));
    if (inserted > 0) log.info('rows of an edge taken', { edge: name, collection, inserted, duplicates });
    if (misfits) log.warn('rows of an edge left out', { edge: name, collection, ...misfits, hint: misfitHint(name) });
  }

  /** Whether another collection of the edge has these rows in work, or has them to be taken yet. */
  #isNeeded(name: string, own: string, digest: Digest): boolean {
    if ([...this.#busy].some(([lane, other]) => lane !== own && other === digest)) return true;
    const edge = this.deps.hub.standing(name);
    const offers = edge?.report?.rows?.filter((offered) => offered.digest === digest) ?? [];
    return edge !== undefined && offers.some((offered) => this.#taken.get(laneOf(edge, offered)) !== digest);
  }

  async #ensureCollection(name: string): Promise<void> {
    try {
      await this.deps.collections.get(name);
    } catch (error) {
      if (!ModelManagementError.is(error) || error.code !== 'COLLECTION_NOT_FOUND') throw error;
      await this.deps.collections.create({ name });
    }
  }

  #isAccepted(collection: string): boolean {
    const { accept } = this.deps;
    return accept === true || accept.some((name) => name.toLowerCase() === collection.toLowerCase());
  }

  #refuse(lane: string): void {
    if (this.#refused.has(lane)) return;
    this.#refused.add(lane);
    const hint =
      'Add the collection to modelManagement.edges.acceptRows in settings.js, or take it out of edge.forward there.';
    this.deps.log.warn('an edge forwards rows that are not accepted', { lane, hint });
  }

  #hold(key: string, edge: string, ms: number): void {
    this.#heldUntil.set(key, Date.now() + ms);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#heldUntil.delete(key);
      this.#look(edge);
    }, ms + 10).unref();
    this.#timers.add(timer);
  }
}

const laneOf = ({ name }: EdgeStanding, { collection }: OfferedRows): string => `${name}/${collection.toLowerCase()}`;

const misfitHint = (edge: string): string =>
  `They do not fit the collection here, stay on ${edge} and do not come again. Let what inserts them there give values that fit, or make the collection here anew.`;

/** Opens the file when it is read: one that is gone then is an error of who reads it. */
async function* lazily(path: string): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(path);
}

import { Admission } from '../../admission';
import type { Clock } from '../../clock';
import { invalidInput } from '../../errors';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import type { BlobStore } from '../../store';
import { KeyedQueue } from '../../store/keyed-queue';
import type { Bus } from '../bus';
import { cancelled } from './artifact-errors';
import type { FetchTiming } from './fetch-plan';
import type { VerifyManifest } from './manifest';
import { monotonicClock } from './monotonic-clock';
import { Partials } from './partials';
import { Quota } from './quota';
import { StorageBudget } from './storage-budget';
import { Transfer } from './transfer';

export interface FetcherSettings extends FetchTiming {
  /** Of blobs and partial artifacts together, unless a budget is shared. Default 8 GiB. */
  readonly maxBytes: number;
  /** Transfers at once; the others wait. Default 2. */
  readonly maxConcurrent: number;
}

export const fetcherDefaults: FetcherSettings = {
  maxBytes: 8 * 1024 ** 3,
  maxConcurrent: 2,
  jitterMs: 500,
  quietMs: 2_000,
  maxQuietMs: 60_000,
  stallMs: 10 * 60_000,
  windowCount: 256,
};

export interface ArtifactFetcherOptions {
  readonly bus: Bus;
  /** Where whole artifacts go. */
  readonly blobs: BlobStore;
  /** Where parts of artifacts stay, over restarts too: a folder of our own, on the disk of the blobs. */
  readonly partialsPath: string;
  /** Of these and other stores together. Default: `maxBytes` for these alone. */
  readonly budget?: StorageBudget;
  readonly log: Log;
  /** Lets no manifest pass that the hub did not sign; without it a forged one costs the time to find it out. */
  readonly verify?: VerifyManifest;
  readonly settings?: Partial<FetcherSettings>;
  /** Only spans are taken of it. Default: one that nobody sets. */
  readonly clock?: Clock;
  /** 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** As a signed document names it: nothing else says what the right bytes are. */
export interface Artifact {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface FetchProgress {
  /** Proved and written. */
  readonly receivedBytes: number;
  readonly sizeBytes: number;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Called up to once for each chunk. */
  readonly onProgress?: (progress: FetchProgress) => void;
}

export interface CollectReport {
  /** Blobs and partial artifacts. */
  readonly removed: readonly Digest[];
  readonly freedBytes: number;
}

interface Running {
  readonly sizeBytes: number;
  readonly abort: AbortController;
  readonly callers: Set<FetchOptions>;
  readonly done: Promise<string>;
}

/** Takes artifacts that others offer, by themselves or because a neighbour asked for them. */
export class ArtifactFetcher {
  readonly #running = new Map<Digest, Running>();
  readonly #perDigest = new KeyedQueue();
  readonly #transfers: Admission;
  readonly #partials: Partials;
  readonly #quota: Quota;
  readonly #settings: FetcherSettings;

  constructor(private readonly options: ArtifactFetcherOptions) {
    this.#settings = { ...fetcherDefaults, ...options.settings };
    this.#partials = new Partials(options.partialsPath);
    const budget = options.budget ?? new StorageBudget(this.#settings.maxBytes);
    this.#quota = new Quota(options.blobs, this.#partials, budget);
    this.#transfers = new Admission(this.#settings.maxConcurrent);
  }

  /**
   * The artifact as a whole file, durable and proved by its digest; at once when it is there. Several calls for one
   * artifact share a transfer. A part stays on the disk however it ends, and the next call goes on with it.
   *
   * @returns where the blob is
   * @throws {ModelManagementError} `ABORTED`; `STORAGE_FULL` (the quota or the disk: free something, then call again);
   *   `NOT_FOUND` when the hub says so; `TIMEOUT` when nothing came for `stallMs`; `DIGEST_MISMATCH` when wrong data came
   *   again and again; `STORAGE_FAILED`; `INVALID_INPUT`
   */
  async fetch({ digest, sizeBytes }: Artifact, options: FetchOptions): Promise<string> {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw invalidInput('sizeBytes', `sizeBytes must be a whole number of bytes, got ${sizeBytes}`, 'Correct it.');
    }
    if (options.signal.aborted) throw cancelled(options.signal);
    const known = this.#running.get(digest);
    const running = known && !known.abort.signal.aborted ? known : this.#begin({ digest, sizeBytes });
    if (running.sizeBytes !== sizeBytes) {
      const message = `${digest} is being fetched with ${running.sizeBytes} bytes, not ${sizeBytes}`;
      throw invalidInput('sizeBytes', message, 'Correct the document that names it.');
    }
    return await sharing(running, options);
  }

  /**
   * Removes blobs and partial artifacts that are neither wanted nor being fetched.
   * @param isWanted - asked right before each is removed, since others may come to be wanted meanwhile
   * @throws {ModelManagementError} `STORAGE_FAILED`
   */
  async collect(isWanted: (digest: Digest) => boolean): Promise<CollectReport> {
    const isNamed = (digest: Digest): boolean => this.#running.has(digest) || isWanted(digest);
    // The moment of a file is that of a clock that may have been wrong: it decides nothing here.
    const minAgeMs = Number.NEGATIVE_INFINITY;
    const blobs = await this.options.blobs.collectGarbage({ isNamed, dryRun: false, minAgeMs });
    const removed = blobs.removed.map(({ digest }) => digest);
    const parts = await this.#removePartials(isNamed);
    return { removed: [...removed, ...parts.removed], freedBytes: blobs.freedBytes + parts.freedBytes };
  }

  /**
   * Removes parts of artifacts that are neither named nor being fetched, and no whole ones.
   * @returns bytes that are free then
   * @throws {ModelManagementError} `STORAGE_FAILED`
   */
  async collectPartials(keep: readonly Digest[]): Promise<number> {
    return (await this.#removePartials((digest) => keep.includes(digest) || this.#running.has(digest))).freedBytes;
  }

  async #removePartials(isNamed: (digest: Digest) => boolean): Promise<CollectReport> {
    const removed: Digest[] = [];
    let freedBytes = 0;
    for (const digest of await this.#partials.list()) {
      await this.#perDigest.run(digest, async () => {
        if (isNamed(digest)) return;
        freedBytes += await this.#partials.bytesOf(digest);
        await this.#partials.remove(digest);
        removed.push(digest);
      });
    }
    return { removed, freedBytes };
  }

  /** Ends all transfers and waits for it; parts stay. */
  async stop(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.allSettled(running.map(({ done }) => done));
  }

  #begin(artifact: Artifact): Running {
    const { digest, sizeBytes } = artifact;
    const abort = new AbortController();
    const callers = new Set<FetchOptions>();
    const onProgress = (receivedBytes: number): void => {
      for (const caller of callers) caller.onProgress?.({ receivedBytes, sizeBytes });
    };
    const done = this.#transfers
      .run(1, () => this.#perDigest.run(digest, () => this.#transfer(artifact, onProgress, abort.signal)), abort.signal)
      .finally(() => {
        // Another may have begun since this one was given up.
        if (this.#running.get(digest) === running) this.#running.delete(digest);
      });
    const running: Running = { sizeBytes, abort, callers, done };
    this.#running.set(digest, running);
    return running;
  }

  async #transfer(artifact: Artifact, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<string> {
    const { digest, sizeBytes } = artifact;
    const { bus, blobs, log, verify, clock = monotonicClock, random = Math.random } = this.options;
    const target = blobs.pathOf(digest);
    if ((await blobs.verify(digest)) === 'whole') {
      // Of a transfer that was cut short after its last step.
      await this.#partials.remove(digest);
      return target;
    }
    await this.#quota.reserve(digest, sizeBytes);
    try {
      const folder = this.#partials.folderOf(digest);
      const timing = this.#settings;
      const options = { digest, sizeBytes, folder, target, bus, log, clock, random, timing, verify, onProgress };
      await new Transfer(options).run(signal);
    } finally {
      this.#quota.release(digest);
    }
    log.info('artifact fetched', { digest, sizeBytes });
    return target;
  }
}

/** Waits with the others for one transfer; when the last of them gives up it ends. */
async function sharing({ callers, abort, done }: Running, options: FetchOptions): Promise<string> {
  const { signal } = options;
  const caller = { ...options };
  callers.add(caller);
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (): void => {
    callers.delete(caller);
    // The last one hears it when the part is on the disk.
    if (callers.size === 0) abort.abort(signal.reason);
    else gaveUp.reject(cancelled(signal));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([done, gaveUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    callers.delete(caller);
  }
}

import type { Clock } from '../../clock';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import type { Bus, BusMessage } from '../bus';
import { Alarm } from './alarm';
import { absent, cancelled, forged, stalled } from './artifact-errors';
import { type FetchFacts, FetchPlan, type FetchTiming } from './fetch-plan';
import { MAX_CHUNK_BYTES, type Manifest, type VerifyManifest } from './manifest';
import { ManifestCandidates } from './manifest-candidates';
import { PartialFile } from './partial-file';
import { allChunksOf, chunkNumber, manifestTopic, wantTopic } from './topics';
import { encodeWant, type Want } from './want';

export interface TransferOptions {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Of the partial. */
  readonly folder: string;
  /** Where the whole goes. */
  readonly target: string;
  readonly bus: Bus;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timing: FetchTiming;
  readonly verify?: VerifyManifest | undefined;
  readonly onProgress: (receivedBytes: number) => void;
}

/** Chunks that wait for the disk: a window of small ones. What comes beyond them is asked for again. */
const MAX_ARRIVED_BYTES = 16 * 1024 * 1024;
/** What a power cut takes at most, in chunks and time. */
const SAVE_COUNT = 128;
const SAVE_MS = 2_000;
/** Forged manifests that came to their end with chunks of their own; then it is time to ask a person. */
const MAX_FORGED_COUNT = 8;
const WANT_OPTIONS = { qos: 0, expirySeconds: 30 } as const;

interface Arrival {
  readonly n: number;
  readonly chunk: Buffer;
  /** By which manifest it is proved; undefined = it came before any. */
  readonly root: string | undefined;
}

/** One artifact on its way here: from what is on the disk to a whole file in its place. */
export class Transfer {
  readonly #alarm = new Alarm();
  readonly #plan: FetchPlan;
  readonly #candidates: ManifestCandidates;
  #arrived: Arrival[] = [];
  #arrivedBytes = 0;
  /** Of those: what is proved. A chunk that comes again before it is written takes no memory. */
  readonly #proved = new Set<number>();
  #savedAt = 0;
  #forgedCount = 0;

  constructor(private readonly options: TransferOptions) {
    this.#plan = new FetchPlan(options.timing, options.random);
    this.#candidates = new ManifestCandidates(options.digest, options.sizeBytes, options.verify);
  }

  /**
   * @throws {ModelManagementError} `ABORTED`, `NOT_FOUND`, `TIMEOUT`, `DIGEST_MISMATCH`, `STORAGE_FULL`, `STORAGE_FAILED`;
   *   what is there stays, and the next one goes on with it
   */
  async run(signal: AbortSignal): Promise<void> {
    const partial = await PartialFile.open(this.options.folder, this.#candidates);
    let silence: (() => void) | undefined;
    try {
      while (!(await this.#isProved(partial, signal))) {
        // Not before: what is there as a whole needs no broker.
        silence ??= await this.#listen(partial, signal);
        await this.#advance(partial, signal);
      }
      await partial.moveTo(this.options.target);
    } catch (error) {
      // The first error is the one to tell; what could not be saved comes again.
      await partial.save().catch(() => undefined);
      throw error;
    } finally {
      silence?.();
      await partial.close();
    }
  }

  async #listen(partial: PartialFile, signal: AbortSignal): Promise<() => void> {
    const { bus, digest, clock } = this.options;
    const ends: (() => void)[] = [];
    const end = (): void => {
      for (const undo of ends.splice(0)) undo();
    };
    const ring = (): void => this.#alarm.ring();
    try {
      signal.addEventListener('abort', ring);
      ends.push(() => signal.removeEventListener('abort', ring));
      const onChunk = (message: BusMessage): void => this.#onChunk(partial, message);
      ends.push(await subscription(bus, allChunksOf(digest), onChunk, signal));
      const onManifest = ({ payload }: BusMessage): void => this.#onManifest(partial, payload);
      ends.push(await subscription(bus, manifestTopic(digest), onManifest, signal));
      const onConnection = (isConnected: boolean): void => {
        if (isConnected) this.#plan.connected(clock.now());
        else this.#plan.disconnected(clock.now());
        ring();
      };
      ends.push(bus.onConnection(onConnection));
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }

  #onManifest(partial: PartialFile, payload: Buffer): void {
    const outcome = this.#candidates.offer(payload);
    if (outcome === 'absent') this.#plan.answeredAbsent();
    // Another manifest beside the one in use is no progress: anybody can make up any number of them.
    if (outcome === 'new' && !partial.manifest) this.#plan.progressed(undefined, this.options.clock.now());
    if (outcome !== 'nothing') this.#alarm.ring();
  }

  /** Proves it here, so that what is wrong takes no memory; what comes before the manifest waits for it. */
  #onChunk({ manifest, received }: PartialFile, { topic, payload }: BusMessage): void {
    const n = chunkNumber(topic);
    if (n === undefined || received.has(n) || this.#proved.has(n) || this.#arrivedBytes >= MAX_ARRIVED_BYTES) return;
    if (manifest ? !manifest.isChunk(n, payload) : payload.length > MAX_CHUNK_BYTES) return;
    this.#arrived.push({ n, chunk: payload, root: manifest?.root.id });
    this.#arrivedBytes += payload.length;
    if (!manifest) return;
    this.#proved.add(n);
    this.#alarm.ring();
  }

  async #advance(partial: PartialFile, signal: AbortSignal): Promise<void> {
    const { bus, clock, digest, log, timing } = this.options;
    if (signal.aborted) throw cancelled(signal);
    if (!partial.manifest) await this.#adopt(partial);
    if (partial.manifest) await this.#write(partial, partial.manifest, clock);
    if (partial.isWhole) return;
    // Where the thread or the disk was busy it only looks like silence: what has arrived meanwhile is read first.
    const silentAt = clock.now();
    await new Promise(setImmediate);
    if (partial.manifest && this.#arrived.length > 0) return;
    const step = this.#plan.next(this.#facts(partial), silentAt);
    switch (step.kind) {
      case 'want':
        // Not awaited: over a connection that is gone it may never end, and the plan asks again.
        void bus.publish(wantTopic(digest), encodeWant(step.want), WANT_OPTIONS).catch(() => undefined);
        log.debug('artifact wanted', () => ({ digest, ...counted(step.want) }));
        return;
      case 'switch':
        this.#candidates.setAside(partial.manifest?.root.id ?? '');
        return await this.#adopt(partial);
      case 'stalled':
        throw stalled(digest, timing.stallMs, partial.receivedBytes);
      case 'absent':
        throw absent(digest);
      case 'wait':
        return await this.#wait(partial, step.untilMs);
    }
  }

  async #write(partial: PartialFile, manifest: Manifest, clock: Clock): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#proved.clear();
    for (const { n, chunk, root } of arrived) {
      if (partial.received.has(n) || (root !== manifest.root.id && !manifest.isChunk(n, chunk))) continue;
      await partial.write(n, chunk);
      this.#plan.progressed(n, clock.now());
    }
    if (arrived.length > 0) this.options.onProgress(partial.receivedBytes);
    if (partial.unsavedCount >= SAVE_COUNT || (partial.unsavedCount > 0 && clock.now() >= this.#savedAt + SAVE_MS)) {
      await partial.save();
      this.#savedAt = clock.now();
    }
  }

  async #adopt(partial: PartialFile): Promise<void> {
    const manifest = this.#candidates.current;
    if (!manifest) return;
    await partial.adopt(manifest);
    this.#plan.manifestChanged(this.options.clock.now());
    this.options.onProgress(partial.receivedBytes);
  }

  async #wait(partial: PartialFile, untilMs: number): Promise<void> {
    if (this.#arrived.length > 0 && partial.manifest) return;
    const saveAt = partial.unsavedCount > 0 ? this.#savedAt + SAVE_MS : Number.POSITIVE_INFINITY;
    await this.#alarm.wait(Math.min(untilMs, saveAt) - this.options.clock.now());
  }

  #facts(partial: PartialFile): FetchFacts {
    const { manifest, received } = partial;
    if (!manifest) return { status: 'manifest', ...this.#candidates.missing };
    const { hasAlternative } = this.#candidates;
    return { status: 'chunks', root: manifest.root.id, received, hasAlternative };
  }

  /** Whether all is there and is what it should be; what is wrong is given up, so that going on gets it anew. */
  async #isProved(partial: PartialFile, signal: AbortSignal): Promise<boolean> {
    const { digest, sizeBytes, log, clock } = this.options;
    if (sizeBytes > 0 && !partial.isWhole) return false;
    const found = await partial.digest(sizeBytes, signal);
    if (found === digest) return true;
    this.#forgedCount += 1;
    if (this.#forgedCount >= MAX_FORGED_COUNT || sizeBytes === 0) throw forged(digest, found);
    await partial.recheck();
    if (!partial.isWhole) {
      log.warn('artifact damaged on the disk, fetched again', { digest });
      this.#plan.manifestChanged(clock.now());
      return false;
    }
    log.warn('artifact manifest was forged, refused', { digest, root: partial.manifest?.root.id });
    this.#candidates.refuse(partial.manifest?.root.id ?? '');
    await partial.discard();
    this.#plan.manifestChanged(clock.now());
    return false;
  }
}

const counted = ({ pages, chunks }: Want): object => ({ pageRanges: pages.length, chunkRanges: chunks.length });

/** Given up by the signal while the broker is away; one that comes about after that is ended. */
function subscription(
  bus: Bus,
  filter: string,
  listener: (message: BusMessage) => void,
  signal: AbortSignal,
): Promise<() => void> {
  const subscribing = bus.subscribe(filter, listener);
  // Not awaited anywhere: without a connection it may not end.
  const end = (): void => void subscribing.then((unsubscribe) => unsubscribe()).catch(() => undefined);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      end();
      reject(cancelled(signal));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    subscribing.then(() => resolve(end), reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

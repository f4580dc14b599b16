import { Admission } from '../../admission';
import type { Clock } from '../../clock';
import { ModelManagementError } from '../../errors';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import type { Bus, BusMessage } from '../bus';
import { Alarm } from './alarm';
import { absentMessage, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, type SignManifest } from './manifest';
import { monotonicClock } from './monotonic-clock';
import { OfferedArtifact, type OpenArtifact } from './offered-artifact';
import { PublishTurns } from './publish-turns';
import { SendWindow } from './send-window';
import { TokenBucket } from './token-bucket';
import { ALL_WANTS, manifestTopic, wantedDigest } from './topics';
import { parseWant } from './want';

export interface PublisherSettings {
  /** 65,536 to 262,144. Default 65,536: what a slow link holds up behind one chunk stays short. */
  readonly chunkBytes: number;
  /** Of all artifacts together. Default 2 MiB. */
  readonly bytesPerSecond: number;
  /** Sent and not yet taken by the broker. Default 8. */
  readonly inFlightCount: number;
  /** Default 250; see `WantBookOptions`. */
  readonly gatherMs: number;
  /** Default 5,000; see `WantBookOptions`. */
  readonly maxGatherMs: number;
  /** Default 1,000; see `WantBookOptions`. */
  readonly repeatAfterMs: number;
  /** Artifacts with their manifests in memory, about 1.3 MiB each for a file of 2 GiB. Default 32. */
  readonly maxArtifactCount: number;
}

export const publisherDefaults: PublisherSettings = {
  chunkBytes: MIN_CHUNK_BYTES,
  bytesPerSecond: 2 * 1024 * 1024,
  inFlightCount: 8,
  gatherMs: 250,
  maxGatherMs: 5_000,
  repeatAfterMs: 1_000,
  maxArtifactCount: 32,
};

export interface ArtifactPublisherOptions {
  readonly bus: Bus;
  readonly openArtifact: OpenArtifact;
  readonly log: Log;
  /** What those who take artifacts verify; without it they can only find out a forged manifest by its end. */
  readonly sign?: SignManifest;
  readonly settings?: Partial<PublisherSettings>;
  /** Only spans are taken of it. Default: one that nobody sets. */
  readonly clock?: Clock;
}

export interface PublisherFigures {
  readonly chunkCount: number;
  /** Payloads of chunks and manifests. */
  readonly publishedBytes: number;
  readonly wantCount: number;
  /** Not of this protocol, or of more artifacts than are kept. */
  readonly refusedWantCount: number;
}

type Entry = { readonly status: 'opening' } | { readonly status: 'offered'; readonly artifact: OfferedArtifact };

/** So many artifacts that are not there are remembered, so that asking for them costs nothing. */
const MAX_ABSENT_COUNT = 256;
/** To find out that a file is damaged all of it is read. */
const DAMAGED_FOR_MS = 60_000;
const CHUNK_EXPIRY_SECONDS = 60;
/** After a failure to send, unless the connection is told to be back before. */
const SEND_RETRY_MS = 500;

/**
 * Publishes the artifacts that others want, each chunk once for all who want it at that time, so that what leaves here
 * does not grow with the number of those who take it. It keeps no list of them: any number may come and go.
 */
export class ArtifactPublisher {
  readonly #entries = new Map<Digest, Entry>();
  /** Until when it is not looked for again, and when it was answered that it is absent. */
  readonly #absent = new Map<Digest, { readonly untilMs: number; answeredAt: number }>();
  readonly #turns = new PublishTurns<Digest>();
  readonly #alarm = new Alarm();
  /** Reading a file for its manifest keeps a disk busy: one at a time. */
  readonly #openings = new Admission(1);
  readonly #settings: PublisherSettings;
  readonly #clock: Clock;
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #isConnected = false;
  #chunkCount = 0;
  #publishedBytes = 0;
  #wantCount = 0;
  #refusedWantCount = 0;

  /** @throws {ModelManagementError} `BAD_SETTINGS` */
  constructor(private readonly options: ArtifactPublisherOptions) {
    this.#settings = { ...publisherDefaults, ...options.settings };
    this.#clock = options.clock ?? monotonicClock;
    checkSettings(this.#settings);
  }

  /** Resolves once wants are heard; `stop` before another start. */
  async start(): Promise<void> {
    if (this.#running) return;
    const abort = new AbortController();
    const window = new SendWindow(this.options.bus, this.#settings.inFlightCount);
    const endConnection = this.options.bus.onConnection((isConnected) => {
      this.#isConnected = isConnected;
      if (!isConnected) window.break();
      this.#alarm.ring();
    });
    const ended = this.#pump(window, abort.signal).finally(endConnection);
    abort.signal.addEventListener('abort', () => {
      window.break();
      this.#alarm.ring();
    });
    this.#running = { abort, ended };
    try {
      const unsubscribe = await this.options.bus.subscribe(ALL_WANTS, (message) => this.#onWant(message, abort.signal));
      abort.signal.addEventListener('abort', () => void unsubscribe().catch(() => undefined));
      if (abort.signal.aborted) await unsubscribe().catch(() => undefined);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Twice is safe; what is wanted is forgotten, those who want it ask again. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.abort.abort();
    await running?.ended;
    // All that began before have ended when this one's turn comes.
    await this.#openings.run(1, async () => undefined);
    for (const digest of [...this.#entries.keys()]) this.#withdraw(digest);
  }

  figures(): PublisherFigures {
    return {
      chunkCount: this.#chunkCount,
      publishedBytes: this.#publishedBytes,
      wantCount: this.#wantCount,
      refusedWantCount: this.#refusedWantCount,
    };
  }

  #onWant({ topic, payload, isRetained }: BusMessage, signal: AbortSignal): void {
    // A retained one would come again at every connect, long after anybody wants it.
    if (isRetained || signal.aborted) return;
    const digest = wantedDigest(topic);
    const want = digest && parseWant(payload);
    if (!want) {
      this.#refusedWantCount += 1;
      return;
    }
    this.#wantCount += 1;
    const entry = this.#entries.get(digest);
    if (entry?.status === 'offered') {
      // The last that was wanted is the last to go when there are too many.
      this.#entries.delete(digest);
      this.#entries.set(digest, entry);
      entry.artifact.want(want, this.#clock.now());
      this.#alarm.ring();
    } else if (!entry && this.#isWorthALook(digest)) {
      this.#entries.set(digest, { status: 'opening' });
      void this.#openings.run(1, () => this.#open(digest, signal));
    }
  }

  #isWorthALook(digest: Digest): boolean {
    const absent = this.#absent.get(digest);
    const nowMs = this.#clock.now();
    if (absent && nowMs < absent.untilMs) {
      if (nowMs < absent.answeredAt + this.#settings.repeatAfterMs) return false;
      absent.answeredAt = nowMs;
      this.#sendAbsent(digest);
      return false;
    }
    if (this.#entries.size < this.#settings.maxArtifactCount) return true;
    for (const [other, entry] of this.#entries) {
      if (entry.status === 'opening' || entry.artifact.book.wantedCount > 0) continue;
      this.#withdraw(other);
      return true;
    }
    this.#refusedWantCount += 1;
    return false;
  }

  /** Never rejects. Those who wanted it get its manifest: they could not ask for a part of what they did not know. */
  async #open(digest: Digest, signal: AbortSignal): Promise<void> {
    try {
      const source = signal.aborted ? undefined : await this.options.openArtifact(digest);
      if (!source) return this.#answerAbsent(digest, this.#settings.repeatAfterMs);
      const options = { ...this.#settings, sign: this.options.sign };
      const artifact = await OfferedArtifact.open(digest, source, options, signal);
      this.#entries.set(digest, { status: 'offered', artifact });
      this.#turns.add(digest, artifact.book);
      artifact.want({ pages: [], chunks: [] }, this.#clock.now());
      this.#alarm.ring();
    } catch (error) {
      if (!signal.aborted) this.#drop(digest, error);
    }
    if (signal.aborted) this.#withdraw(digest);
  }

  #answerAbsent(digest: Digest, forMs: number): void {
    this.#entries.delete(digest);
    this.#absent.delete(digest);
    const nowMs = this.#clock.now();
    this.#absent.set(digest, { untilMs: nowMs + forMs, answeredAt: nowMs });
    for (const oldest of this.#absent.keys()) {
      if (this.#absent.size <= MAX_ABSENT_COUNT) break;
      this.#absent.delete(oldest);
    }
    this.#sendAbsent(digest);
  }

  /** Not awaited: over a connection that is gone it may never end, and who asks again is answered again. */
  #sendAbsent(digest: Digest): void {
    void this.options.bus.publish(manifestTopic(digest), absentMessage(), { qos: 0 }).catch(() => undefined);
  }

  #drop(digest: Digest, error: unknown): void {
    const code = ModelManagementError.is(error) ? error.code : 'STORAGE_FAILED';
    this.options.log.error('artifact withdrawn: it cannot be read', { digest, code, message: String(error) });
    this.#withdraw(digest);
    this.#answerAbsent(digest, DAMAGED_FOR_MS);
  }

  #withdraw(digest: Digest): void {
    this.#entries.delete(digest);
    this.#turns.remove(digest);
  }

  async #pump(window: SendWindow, signal: AbortSignal): Promise<void> {
    const { bytesPerSecond } = this.#settings;
    const burstBytes = Math.max(2 * MAX_CHUNK_BYTES, bytesPerSecond / 8);
    const bucket = new TokenBucket(bytesPerSecond, burstBytes, this.#clock.now());
    while (!signal.aborted) {
      const nowMs = this.#clock.now();
      const delayMs = bucket.delayMs(this.#settings.chunkBytes, nowMs);
      const turn = this.#isConnected && delayMs === 0 ? this.#turns.next(nowMs) : undefined;
      if (turn?.kind === 'publish') {
        bucket.take(await this.#publish(turn.key, turn.unit, window), this.#clock.now());
      } else if (turn) {
        await this.#alarm.wait((turn.untilMs ?? Number.POSITIVE_INFINITY) - nowMs);
      } else {
        await this.#alarm.wait(this.#isConnected ? delayMs : Number.POSITIVE_INFINITY);
      }
    }
  }

  /** @returns the bytes sent; what could not be sent stays wanted */
  async #publish(digest: Digest, unit: number, window: SendWindow): Promise<number> {
    const entry = this.#entries.get(digest);
    if (entry?.status !== 'offered') return 0;
    const { artifact } = entry;
    try {
      const { topic, payload } = await artifact.message(unit);
      const isSent = await window.send(topic, payload, CHUNK_EXPIRY_SECONDS);
      if (!isSent) {
        await this.#alarm.wait(SEND_RETRY_MS);
        return 0;
      }
      artifact.book.published(unit, this.#clock.now());
      this.#publishedBytes += payload.length;
      if (topic.includes('/chunk/')) this.#chunkCount += 1;
      return payload.length;
    } catch (error) {
      this.#drop(digest, error);
      return 0;
    }
  }
}

function checkSettings(settings: PublisherSettings): void {
  const { chunkBytes, ...others } = settings;
  const isChunkSize = Number.isInteger(chunkBytes) && chunkBytes >= MIN_CHUNK_BYTES && chunkBytes <= MAX_CHUNK_BYTES;
  if (!isChunkSize) throw badSetting('chunkBytes', `${MIN_CHUNK_BYTES} to ${MAX_CHUNK_BYTES}`, chunkBytes);
  for (const [name, value] of Object.entries(others)) {
    if (!Number.isFinite(value) || value < 1) throw badSetting(name, 'a number from 1', value);
  }
}

function badSetting(name: string, wanted: string, value: unknown): ModelManagementError {
  return new ModelManagementError(
    'BAD_SETTINGS',
    `${name} of the artifacts must be ${wanted}, got ${String(value)}`,
    'Correct it in settings.js and restart Node-RED.',
  );
}

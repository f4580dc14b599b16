import type { Clock } from '../../clock';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import type { Capabilities, DesiredOrder, EdgeEvent, ReportedState } from '../protocol/documents';
import { MAX_DOCUMENT_BYTES } from '../protocol/envelope';
import type { ReportedPipeline } from '../protocol/pipeline-documents';
import { type Reportable, reportModels } from './report';

export interface ReporterDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Signs and publishes; resolves once the broker has it. */
  send(
    topic: 'reported' | 'event',
    type: 'reported' | 'event',
    document: object,
    options: { readonly retain: boolean },
  ): Promise<void>;
  canSend(): boolean;
  /** A report may be due now. */
  wake(): void;
  content(): {
    readonly desired: (DesiredOrder & { readonly digest: Digest }) | null;
    readonly capabilities: Capabilities;
    readonly models: Reportable;
    readonly pipelines: readonly ReportedPipeline[];
    /** Further fields of the report. */
    readonly more?: object;
  };
}

/** Between two reports: what happens meanwhile is in the second. */
const MIN_INTERVAL_MS = 1_000;
const MAX_EVENTS = 500;
/** Beside what is added when it is signed. */
const MAX_BYTES = MAX_DOCUMENT_BYTES.reported - 2_048;
/** Of a failure; shorter ones where the document would be too large. */
const MESSAGE_LENGTHS = [500, 100, 0];
const EVENTS_PER_MESSAGE = 50;

/** Tells the hub how the edge is: the whole state when it changed, and what happened, in order. */
export class Reporter {
  refused: NonNullable<ReportedState['refused']> | null = null;
  /** Of this boot; reports and events are counted apart, since brokers may let one overtake the other. */
  #reportCount = 0;
  #eventCount = 0;
  #published: string | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #events: EdgeEvent[] = [];
  #droppedCount = 0;
  #isSending = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: ReporterDeps) {}

  /** True while there is nothing to report, or no way to; it is asked for again when that changes. */
  isReported(): boolean {
    if (!this.deps.canSend() || this.#text() === this.#published) return true;
    const waitMs = this.#publishedAt + MIN_INTERVAL_MS - this.deps.clock.now();
    if (waitMs <= 0 || waitMs > MIN_INTERVAL_MS) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.deps.wake();
    }, waitMs);
    this.#timer.unref();
    return true;
  }

  async report(): Promise<void> {
    const text = this.#text();
    this.#reportCount += 1;
    this.#publishedAt = this.deps.clock.now();
    await this.deps.send('reported', 'reported', { seq: this.#reportCount, ...JSON.parse(text) }, { retain: true });
    this.#published = text;
  }

  /** The hub is to hear it once more, also when nothing changed. */
  again(): void {
    this.#published = undefined;
    this.#publishedAt = Number.NEGATIVE_INFINITY;
    this.deps.wake();
    this.#flush();
  }

  /** Waits in memory while there is no connection; the oldest go first when there are too many. */
  tell(event: EdgeEvent): void {
    this.#events.push(event);
    if (this.#events.length > MAX_EVENTS) {
      this.#events.shift();
      this.#droppedCount += 1;
    }
    this.#flush();
  }

  async sendEvents(events: readonly EdgeEvent[]): Promise<void> {
    this.#eventCount += 1;
    await this.deps.send('event', 'event', { seq: this.#eventCount, events }, { retain: false });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #text(): string {
    const { desired, capabilities, models, pipelines, more } = this.deps.content();
    const refused = this.refused ? { refused: this.refused } : {};
    let text = '';
    // Many models that fail at length would make a document that no hub takes.
    for (const messageLength of MESSAGE_LENGTHS) {
      text = JSON.stringify({
        desired,
        capabilities,
        models: reportModels(models, messageLength),
        ...(pipelines.length > 0 && { pipelines: pipelines.map((one) => withMessages(one, messageLength)) }),
        ...more,
        ...refused,
      });
      if (Buffer.byteLength(text) <= MAX_BYTES) break;
    }
    return text;
  }

  #flush(): void {
    if (this.#isSending || this.#events.length === 0 || !this.deps.canSend()) return;
    this.#isSending = true;
    this.#sendAll()
      .catch((error: unknown) => this.deps.log.debug('events not sent', () => ({ error })))
      .finally(() => {
        this.#isSending = false;
      });
  }

  async #sendAll(): Promise<void> {
    while (this.#events.length > 0 && this.deps.canSend()) {
      if (this.#droppedCount > 0) {
        const text = `${this.#droppedCount} events were dropped while there was no connection`;
        this.#droppedCount = 0;
        this.#events.unshift({ type: 'log', at: this.deps.clock.now(), level: 'warn', text });
      }
      const batch = firstBatch(this.#events);
      await this.sendEvents(batch);
      const sent = new Set(batch);
      this.#events = this.#events.filter((event) => !sent.has(event));
    }
  }
}

function withMessages(pipeline: ReportedPipeline, length: number): ReportedPipeline {
  const cut = <T extends { readonly error?: { readonly code: string; readonly message: string } }>(one: T): T =>
    one.error ? { ...one, error: { ...one.error, message: one.error.message.slice(0, length) } } : one;
  const { status, ...rest } = cut(pipeline);
  return { ...rest, ...(status && length > 0 && { status: cut(status) }) };
}

/** As many as fit into a document; one alone always does. */
function firstBatch(events: readonly EdgeEvent[]): readonly EdgeEvent[] {
  let bytes = 0;
  const batch = events.slice(0, EVENTS_PER_MESSAGE).filter((event) => {
    bytes += Buffer.byteLength(JSON.stringify(event)) + 1;
    return bytes <= MAX_BYTES;
  });
  return batch.length > 0 ? batch : events.slice(0, 1);
}

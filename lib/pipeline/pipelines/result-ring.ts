import { cutPayload } from './cut-text';

/**
 * - `pending`: an outbound node has it; `published`: the node said so; `not_published`: it did not, in time or ever
 */
export type ResultState = 'pending' | 'published' | 'not_published';

/** A message that an outbound node of a pipeline was given. */
export interface PipelineResult {
  readonly runId: string;
  /** Runtime id of the outbound node. */
  readonly node: string;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly topic: string;
  /** As it was sent, or as it came while nothing is sent: text, cut. `null` = not kept. */
  readonly text: string | null;
  readonly isCut: boolean;
  readonly state: ResultState;
}

export interface ResultLimits {
  /** Per pipeline. */
  readonly count: number;
  /** Characters of a payload; 0 = payloads are not kept. */
  readonly textLength: number;
  /** What was not published by then was not. */
  readonly patienceMs: number;
  /** Payloads that are no text yet are written out for so many messages a second; what is published is kept of all. */
  readonly writtenPerSecond: number;
}

export const resultLimits: ResultLimits = { count: 25, textLength: 2_000, patienceMs: 10_000, writtenPerSecond: 20 };

let changeCount = 0;
const nextChange = (): number => {
  changeCount += 1;
  return changeCount;
};

/** Before it is known what may be kept. */
export const unknownLimits: ResultLimits = { ...resultLimits, textLength: 0 };

/** The last results of one pipeline. What the broker did not take is told apart from what it did. */
export class ResultRing {
  #results: PipelineResult[] = [];
  #second = 0;
  #written = 0;
  #changes = 0;

  constructor(
    /** Asked each time: they are known only once the settings are. */
    private readonly currentLimits: () => ResultLimits = () => resultLimits,
  ) {}

  /** Another number whenever there is something new, and another one than that of any other ring; 0 = never was. */
  get changes(): number {
    return this.#changes;
  }

  /** Newest last. */
  get all(): readonly PipelineResult[] {
    return this.#results;
  }

  /** Results of an earlier process come before those of this one. What may not be kept any more is not. */
  precede(stored: readonly PipelineResult[]): void {
    const { count, textLength } = this.currentLimits();
    const all = [...stored.map((one) => (one.state === 'pending' ? notPublished(one) : one)), ...this.#results];
    this.#results = (count === 0 ? [] : all.slice(-count)).map((one) => shortened(one, textLength));
    const isAsStored = stored.every((one, index) => this.#results[index] === one);
    if (!isAsStored) this.#changes = nextChange();
  }

  received(runId: string, node: string, topic: string, payload: unknown, nowMs: number): void {
    const shown = this.#mayWrite(payload, nowMs) ? this.#cut(payload) : unknownText;
    this.#results.push({ runId, node, receivedAt: nowMs, topic, ...shown, state: 'pending' });
    while (this.#results.length > this.currentLimits().count) this.#results.shift();
    this.#changes = nextChange();
  }

  /** @param sent - the message as it went out; that of an `mqtt out` is text or bytes by then */
  completed(
    runId: string,
    node: string,
    sent: { readonly topic: string; readonly payload: unknown },
    isPublished: boolean,
  ): void {
    const index = this.#results.findIndex((one) => one.runId === runId && one.node === node && one.state === 'pending');
    const found = this.#results[index];
    if (!found) return;
    this.#results[index] = isPublished
      ? {
          ...found,
          topic: sent.topic || found.topic,
          ...(isWritten(sent.payload) && this.#cut(sent.payload)),
          state: 'published',
        }
      : notPublished(found);
    this.#changes = nextChange();
  }

  expire(nowMs: number): void {
    for (const [index, one] of this.#results.entries()) {
      if (one.state !== 'pending' || nowMs - one.receivedAt < this.currentLimits().patienceMs) continue;
      this.#results[index] = notPublished(one);
      this.#changes = nextChange();
    }
  }

  /** To write an object out costs; what passes thousands of times a second is not looked at that closely. */
  #mayWrite(payload: unknown, nowMs: number): boolean {
    if (this.currentLimits().textLength === 0) return false;
    if (typeof payload !== 'object' || payload === null || isWritten(payload)) return true;
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#written = 0;
    }
    this.#written += 1;
    return this.#written <= this.currentLimits().writtenPerSecond;
  }

  #cut(payload: unknown): Pick<PipelineResult, 'text' | 'isCut'> {
    const { textLength } = this.currentLimits();
    return textLength === 0 ? unknownText : cutPayload(payload, textLength);
  }
}

const isWritten = (payload: unknown): boolean => typeof payload === 'string' || Buffer.isBuffer(payload);

function shortened(result: PipelineResult, length: number): PipelineResult {
  const { text } = result;
  if (text === null || text.length <= length) return result;
  return length === 0 ? { ...result, ...unknownText } : { ...result, text: text.slice(0, length), isCut: true };
}

const unknownText = { text: null, isCut: false } as const;

const notPublished = (result: PipelineResult): PipelineResult => ({ ...result, state: 'not_published' });

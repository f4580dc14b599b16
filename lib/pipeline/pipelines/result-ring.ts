import { cutPayload, ownCopy } from './cut-text';
import { SecondCount } from './second-count';

/**
 * - `pending`: an outbound node has it; `published`: the node said so; `not_published`: it did not, yet or ever
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

/** A place in the ring, written again and again: there may be tens of thousands of results a second. */
type Slot = { -readonly [key in keyof PipelineResult]: PipelineResult[key] };

/** The last results of one pipeline. What the broker did not take is told apart from what it did. */
export class ResultRing {
  /** In the order they came, from `#oldest` on and round. */
  #slots: Slot[] = [];
  #oldest = 0;
  readonly #written = new SecondCount();
  /** Those for which the time ran out: a broker that is back may take them still. */
  readonly #late = new Set<Slot>();
  #changes = 0;

  constructor(
    /** Asked each time: they are known only once the settings are. */
    private readonly currentLimits: () => ResultLimits = () => resultLimits,
  ) {}

  /** Another number whenever there is something new, and another one than that of any other ring; 0 = never was. */
  get changes(): number {
    return this.#changes;
  }

  /** As they are now, newest last. */
  get all(): readonly PipelineResult[] {
    return [...this.#slots.slice(this.#oldest), ...this.#slots.slice(0, this.#oldest)].map((slot) => ({ ...slot }));
  }

  /** Results of an earlier process come before those of this one. What may not be kept any more is not. */
  precede(stored: readonly PipelineResult[]): void {
    const before = stored.map((one) => (one.state === 'pending' ? { ...one, state: 'not_published' as const } : one));
    this.#fill([...before, ...this.all]);
    const isAsStored = stored.every((one, index) => isSame(one, this.#slots[index]));
    if (!isAsStored) this.#changes = nextChange();
  }

  received(runId: string, node: string, topic: string, payload: unknown, nowMs: number): void {
    const limits = this.currentLimits();
    this.#changes = nextChange();
    const { length } = this.#slots;
    // They may be set only once some have come.
    if (length > limits.count || (length < limits.count && this.#oldest > 0)) this.#fill(this.all);
    const slot = this.#next(limits.count);
    if (!slot) return;
    slot.runId = runId;
    slot.node = node;
    slot.receivedAt = nowMs;
    slot.topic = topic;
    slot.state = 'pending';
    this.#late.delete(slot);
    if (this.#mayWrite(payload, limits, nowMs)) write(slot, payload, limits.textLength);
    else forget(slot);
  }

  /** @param sent - the message as it went out; that of an `mqtt out` is text or bytes by then */
  completed(
    runId: string,
    node: string,
    sent: { readonly topic: string; readonly payload: unknown },
    isPublished: boolean,
  ): void {
    const slot = this.#find(runId, node, (one) => one.state === 'pending' || this.#late.has(one));
    if (!slot) return;
    this.#late.delete(slot);
    this.#changes = nextChange();
    slot.state = isPublished ? 'published' : 'not_published';
    if (!isPublished) return;
    if (sent.topic !== '') slot.topic = sent.topic;
    if (isWritten(sent.payload)) write(slot, sent.payload, this.currentLimits().textLength);
  }

  expire(nowMs: number): void {
    const { patienceMs } = this.currentLimits();
    for (const slot of this.#slots) {
      if (slot.state !== 'pending' || nowMs - slot.receivedAt < patienceMs) continue;
      slot.state = 'not_published';
      this.#late.add(slot);
      this.#changes = nextChange();
    }
  }

  /** The place of a new one: the oldest makes way. Undefined = none are kept. */
  #next(count: number): Slot | undefined {
    if (this.#slots.length < count) {
      const slot: Slot = { runId: '', node: '', receivedAt: 0, topic: '', text: null, isCut: false, state: 'pending' };
      this.#slots.push(slot);
      return slot;
    }
    const slot = this.#slots[this.#oldest];
    this.#oldest = this.#oldest + 1 < this.#slots.length ? this.#oldest + 1 : 0;
    return slot;
  }

  /** The oldest one that waits: of several of a run a node sends the first one first. */
  #find(runId: string, node: string, doesWait: (slot: Slot) => boolean): Slot | undefined {
    const count = this.#slots.length;
    for (let age = 0, index = this.#oldest; age < count; age += 1, index = index + 1 < count ? index + 1 : 0) {
      const slot = this.#slots[index];
      if (slot?.runId === runId && slot.node === node && doesWait(slot)) return slot;
    }
    return undefined;
  }

  #fill(results: readonly PipelineResult[]): void {
    const { count, textLength } = this.currentLimits();
    this.#slots = count === 0 ? [] : results.slice(-count).map((one) => shortened(one, textLength));
    this.#oldest = 0;
    this.#late.clear();
  }

  /** To write an object out costs; what passes thousands of times a second is not looked at that closely. */
  #mayWrite(payload: unknown, { writtenPerSecond }: ResultLimits, nowMs: number): boolean {
    return typeof payload !== 'object' || payload === null || this.#written.next(nowMs) <= writtenPerSecond;
  }
}

const isWritten = (payload: unknown): boolean => typeof payload === 'string' || Buffer.isBuffer(payload);

const isSame = (one: PipelineResult, slot: Slot | undefined): boolean =>
  slot !== undefined &&
  slot.runId === one.runId &&
  slot.node === one.node &&
  slot.state === one.state &&
  slot.text === one.text;

function write(slot: Slot, payload: unknown, length: number): void {
  if (length === 0) {
    forget(slot);
    return;
  }
  const { text, isCut } = cutPayload(payload, length);
  slot.text = text;
  slot.isCut = isCut;
}

function forget(slot: Slot): void {
  slot.text = null;
  slot.isCut = false;
}

function shortened(result: PipelineResult, length: number): Slot {
  const slot: Slot = { ...result };
  if (slot.text === null || slot.text.length <= length) return slot;
  slot.isCut = length > 0;
  slot.text = length === 0 ? null : ownCopy(slot.text, length);
  return slot;
}

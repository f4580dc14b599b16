import { ChunkSet, type Range } from './chunk-set';
import { MAX_WANT_RANGES, type Want } from './want';

export interface FetchTiming {
  /** Before the first want, and after each connect, a random part of this passes: others may ask first. */
  readonly jitterMs: number;
  /** While something new came within about this, nothing is asked for again; doubled with each want in vain. */
  readonly quietMs: number;
  readonly maxQuietMs: number;
  /** Given up when for so long, counted while connected, nothing new came. */
  readonly stallMs: number;
  /** Chunks asked for at once. */
  readonly windowCount: number;
}

/** What is known of the artifact and what is there of it. */
export type FetchFacts =
  | {
      readonly status: 'manifest';
      /** The root of which pages are missing; undefined = no root has come. */
      readonly root?: string | undefined;
      readonly missingPages: readonly Range[];
    }
  | {
      readonly status: 'chunks';
      readonly root: string;
      readonly received: ChunkSet;
      /** Another manifest of the artifact has come. */
      readonly hasAlternative: boolean;
    };

export type FetchStep =
  | { readonly kind: 'want'; readonly want: Want }
  /** Nothing came of this manifest: go on with the other. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'wait'; readonly untilMs: number };

/** So many answers in a row, each to a want of our own, make an artifact absent. */
const ABSENT_ANSWERS = 3;

/**
 * When one who lacks an artifact asks for what. It listens first: what others asked for comes to it as well, and as
 * long as something new comes it asks for nothing, unless it is the one who asked and the window it asked for is about
 * to end.
 */
export class FetchPlan {
  #dueAt = Number.POSITIVE_INFINITY;
  #vainCount = 0;
  #absentCount = 0;
  #isAnswerAwaited = false;
  /** What this window and those before it asked for since the last silence, and how much of it has not come. */
  #asked: ChunkSet | undefined;
  #outstandingCount = 0;
  #lowWaterCount = 0;
  #idleMs = 0;
  /** undefined = not connected: that is no silence of the other side. */
  #idleSince: number | undefined;

  constructor(
    private readonly timing: FetchTiming,
    private readonly random: () => number,
  ) {}

  connected(nowMs: number): void {
    this.#idleSince ??= nowMs;
    this.#restart(nowMs);
  }

  disconnected(nowMs: number): void {
    this.#idleMs = this.#idleAt(nowMs);
    this.#idleSince = undefined;
  }

  /** The numbers mean something else from now on. */
  manifestChanged(nowMs: number): void {
    this.#restart(nowMs);
  }

  /** A chunk (or with undefined a part of the manifest) came that was not there. */
  progressed(chunk: number | undefined, nowMs: number): void {
    if (chunk !== undefined && this.#asked?.has(chunk)) this.#outstandingCount -= 1;
    this.#vainCount = 0;
    this.#absentCount = 0;
    this.#idleMs = 0;
    if (this.#idleSince !== undefined) this.#idleSince = nowMs;
    this.#dueAt = nowMs + this.#quietMs();
  }

  answeredAbsent(): void {
    if (this.#isAnswerAwaited) this.#absentCount += 1;
    this.#isAnswerAwaited = false;
  }

  next(facts: FetchFacts, nowMs: number): FetchStep {
    if (this.#absentCount >= ABSENT_ANSWERS) return { kind: 'absent' };
    if (this.#idleSince === undefined) return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
    const stalledAt = nowMs + this.timing.stallMs - this.#idleAt(nowMs);
    if (nowMs >= stalledAt) return { kind: 'stalled' };
    if (nowMs >= this.#dueAt) return this.#ask(facts, nowMs);
    return this.#askAhead(facts) ?? { kind: 'wait', untilMs: Math.min(this.#dueAt, stalledAt) };
  }

  #ask(facts: FetchFacts, nowMs: number): FetchStep {
    const isVain = this.#vainCount > 0;
    this.#vainCount += 1;
    this.#isAnswerAwaited = true;
    this.#dueAt = nowMs + this.#quietMs();
    if (facts.status === 'manifest') {
      // A root without pages in spite of a want for them may be forged: then the whole manifest is asked for again.
      const isWhole = isVain && this.#vainCount % 2 === 0;
      return { kind: 'want', want: { root: isWhole ? undefined : facts.root, pages: facts.missingPages, chunks: [] } };
    }
    if (isVain && facts.hasAlternative) return { kind: 'switch' };
    this.#asked = new ChunkSet(facts.received.size);
    this.#outstandingCount = 0;
    return this.#window(facts);
  }

  /** The next window before the last is at its end, so that the stream does not stop between them. */
  #askAhead(facts: FetchFacts): FetchStep | undefined {
    if (facts.status !== 'chunks' || !this.#asked || this.#outstandingCount > this.#lowWaterCount) return undefined;
    const step = this.#window(facts);
    return step.want.chunks.length > 0 ? step : undefined;
  }

  #window(facts: Extract<FetchFacts, { status: 'chunks' }>): Extract<FetchStep, { kind: 'want' }> {
    const { windowCount } = this.timing;
    const limits = { maxCount: windowCount, maxRangeCount: MAX_WANT_RANGES };
    const chunks = facts.received.missingRanges(limits, this.#asked);
    for (const [first, last] of chunks) for (let n = first; n <= last; n += 1) this.#asked?.add(n);
    this.#outstandingCount += chunks.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    this.#lowWaterCount = Math.round(windowCount * (1 / 8 + this.random() / 4));
    return { kind: 'want', want: { root: facts.root, pages: [], chunks } };
  }

  #restart(nowMs: number): void {
    this.#asked = undefined;
    this.#vainCount = 0;
    this.#dueAt = nowMs + this.random() * this.timing.jitterMs;
  }

  #quietMs(): number {
    const { quietMs, maxQuietMs } = this.timing;
    return (
      Math.min(maxQuietMs, quietMs * 2 ** Math.min(Math.max(0, this.#vainCount - 1), 30)) * (0.75 + this.random() / 2)
    );
  }

  #idleAt(nowMs: number): number {
    return this.#idleMs + (this.#idleSince === undefined ? 0 : nowMs - this.#idleSince);
  }
}

import type { JoinLimits } from './join-types';

/** A round that waits for results. */
export interface OpenRound<T> {
  readonly run: string;
  /** Counted per run from 0: it takes the result of this ordinal of every parent. */
  readonly number: number;
  /** Infinity without a time limit. */
  readonly deadlineMs: number;
  /** Consumed results of this round, by parent. */
  readonly results: Map<string, T>;
  /** Messages of `next` parents that came while it waited for them. */
  readonly nexts: Map<string, T>;
  /** Everything required is in: until then it waits for optional parents. */
  waitUntilMs: number | undefined;
  isReady: boolean;
}

interface Run<T> {
  readonly rounds: Map<number, OpenRound<T>>;
  /** Results so far, by parent. */
  readonly counts: Map<string, number>;
  begunCount: number;
  /** Of a run without open rounds. */
  forgetAtMs: number;
}

const MAX_REMEMBERED_COUNT = 10_000;
const MEMORY_MS = 30_000;

/**
 * The open rounds of all runs, and for a while what runs without open rounds still owe: a result whose round is gone
 * is late and belongs to no other. Bounded in number and time.
 */
export class OpenRounds<T> {
  readonly #open = new Map<string, Run<T>>();
  /** In the order in which they are forgotten. */
  readonly #remembered = new Map<string, Run<T>>();
  readonly #byAge = new Set<OpenRound<T>>();
  readonly #memoryMs: number;
  #consumed: readonly string[] = [];

  constructor(private readonly limits: JoinLimits) {
    const { timeoutMs, optionalWaitMs, runs } = limits;
    // A key that returns is soon that of the next run.
    this.#memoryMs = runs === 'unique' ? timeoutMs || MEMORY_MS : optionalWaitMs;
  }

  get count(): number {
    return this.#byAge.size;
  }

  get rememberedCount(): number {
    return this.#remembered.size;
  }

  /** Infinity when nothing is remembered. */
  get nextForgetMs(): number {
    return this.#remembered.values().next().value?.forgetAtMs ?? Number.POSITIVE_INFINITY;
  }

  get oldest(): OpenRound<T> | undefined {
    return this.#byAge.values().next().value;
  }

  /** Oldest first. */
  all(): readonly OpenRound<T>[] {
    return [...this.#byAge];
  }

  /** The first round of a run. */
  head(run: string): OpenRound<T> | undefined {
    return this.#open.get(run)?.rounds.values().next().value;
  }

  /** Puts a result into its round, which it may begin. Undefined: the round is gone, the result is late. */
  place(run: string, parent: string, result: T, nowMs: number): OpenRound<T> | undefined {
    const known = this.#open.get(run) ?? this.#remembered.get(run);
    const ordinal = known?.counts.get(parent) ?? 0;
    if (known && ordinal < known.begunCount) {
      known.counts.set(parent, ordinal + 1);
      const round = known.rounds.get(ordinal);
      round?.results.set(parent, result);
      if (known.rounds.size === 0 && !this.#isOwed(known)) this.#remembered.delete(run);
      return round;
    }
    return this.#begin(run, parent, result, nowMs);
  }

  /** `isReleased` = it went out, false = it was dropped. */
  remove(round: OpenRound<T>, isReleased: boolean, nowMs: number): void {
    const { run, number } = round;
    this.#byAge.delete(round);
    const own = this.#open.get(run);
    if (!own) return;
    own.rounds.delete(number);
    const isUnique = this.limits.runs === 'unique';
    if (own.rounds.size > 0) {
      if (!isUnique) this.#forgive(own, number);
      return;
    }
    this.#open.delete(run);
    if ((isUnique || isReleased) && this.#memoryMs > 0 && this.#isOwed(own)) this.#remember(run, own, nowMs);
  }

  /**
   * Says whose results are consumed. Results of parents that are gone are taken out and given back; rounds that hold
   * nothing then are gone as well. A new parent takes part from the first open round on.
   */
  setConsumed(parents: readonly string[]): T[] {
    const gone = this.#consumed.filter((id) => !parents.includes(id));
    const added = parents.filter((id) => !this.#consumed.includes(id));
    this.#consumed = parents;
    const taken: T[] = [];
    for (const own of [...this.#open.values(), ...this.#remembered.values()]) {
      for (const id of gone) taken.push(...this.#takeOut(own, id));
      const [first] = own.rounds.keys();
      for (const id of added) own.counts.set(id, first ?? own.begunCount);
    }
    for (const [run, { rounds }] of this.#open) if (rounds.size === 0) this.#open.delete(run);
    return taken;
  }

  forget(nowMs: number): void {
    for (const [run, { forgetAtMs }] of this.#remembered) {
      if (forgetAtMs > nowMs) return;
      this.#remembered.delete(run);
    }
  }

  #begin(run: string, parent: string, result: T, nowMs: number): OpenRound<T> {
    const { timeoutMs, runs } = this.limits;
    const remembered = runs === 'unique' ? this.#remembered.get(run) : undefined;
    this.#remembered.delete(run);
    const own: Run<T> = this.#open.get(run) ??
      remembered ?? { rounds: new Map(), counts: new Map(), begunCount: 0, forgetAtMs: 0 };
    const round: OpenRound<T> = {
      run,
      number: own.begunCount,
      deadlineMs: timeoutMs > 0 ? nowMs + timeoutMs : Number.POSITIVE_INFINITY,
      results: new Map([[parent, result]]),
      nexts: new Map(),
      waitUntilMs: undefined,
      isReady: false,
    };
    own.rounds.set(round.number, round);
    own.begunCount += 1;
    own.counts.set(parent, own.begunCount);
    this.#open.set(run, own);
    this.#byAge.add(round);
    return round;
  }

  /**
   * What comes next is for the next round: with a run key that returns, one lost result would else make every later one
   * count as late.
   */
  #forgive({ counts, rounds }: Run<T>, number: number): void {
    const [first = 0] = rounds.keys();
    if (first <= number) return;
    for (const id of this.#consumed) if ((counts.get(id) ?? 0) === number) counts.set(id, number + 1);
  }

  #isOwed({ counts, begunCount }: Run<T>): boolean {
    return this.#consumed.some((id) => (counts.get(id) ?? 0) < begunCount);
  }

  #remember(run: string, own: Run<T>, nowMs: number): void {
    own.forgetAtMs = nowMs + this.#memoryMs;
    this.#remembered.set(run, own);
    if (this.#remembered.size <= MAX_REMEMBERED_COUNT) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  #takeOut(own: Run<T>, id: string): T[] {
    const taken: T[] = [];
    own.counts.delete(id);
    for (const round of own.rounds.values()) {
      const result = round.results.get(id);
      if (!round.results.delete(id)) continue;
      taken.push(result as T);
      if (round.results.size > 0) continue;
      // Only its parent had come this far, so the number is free again.
      own.rounds.delete(round.number);
      this.#byAge.delete(round);
    }
    own.begunCount = Math.max(0, ...own.counts.values());
    return taken;
  }
}

import type { ParentPolicy } from '../join-config';
import type { Dropped, DropReason, JoinEffects, JoinLimits, JoinParent, Released, Settled } from './join-types';
import { type OpenRound, OpenRounds } from './open-rounds';

interface Effects<T> extends JoinEffects<T> {
  readonly released: Released<T>[];
  readonly dropped: Dropped<T>[];
  readonly settled: Settled<T>[];
}

const UNKEYED_RUN = '';

/**
 * Joins the results of several parents into rounds. Each run has rounds of its own: the first result of every parent
 * belongs to the first round, the second to the second, so two runs are never mixed, in whatever order results come,
 * and each round is released at most once. Time is what the caller says it is; `nextDeadlineMs` tells when to call
 * `expire`.
 */
export class Join<T> {
  readonly #rounds: OpenRounds<T>;
  readonly #latest = new Map<string, T>();
  /** Complete but for a `latest` parent that never sent anything. */
  readonly #blocked = new Set<OpenRound<T>>();
  readonly #awaitingNext = new Set<OpenRound<T>>();
  readonly #awaitingOptional = new Set<OpenRound<T>>();
  #parents: readonly JoinParent<T>[] = [];
  #byId = new Map<string, JoinParent<T>>();

  constructor(private readonly limits: JoinLimits) {
    this.#rounds = new OpenRounds(limits);
  }

  /** Rounds that wait. */
  get waitingCount(): number {
    return this.#rounds.count;
  }

  /** Rounds and memories of late results: 0 when nothing of any message is left. */
  get heldCount(): number {
    return this.#rounds.count + this.#rounds.rememberedCount;
  }

  /** The values of `latest` parents that came. */
  get latest(): ReadonlyMap<string, T> {
    return this.#latest;
  }

  /** What the oldest round waits for; undefined when none waits. */
  get oldestMissing(): readonly string[] | undefined {
    const { oldest } = this.#rounds;
    return oldest && this.#missing(oldest);
  }

  /** Infinity when nothing waits for a time. */
  get nextDeadlineMs(): number {
    const [optional] = this.#awaitingOptional;
    return Math.min(
      this.#rounds.oldest?.deadlineMs ?? Number.POSITIVE_INFINITY,
      optional?.waitUntilMs ?? Number.POSITIVE_INFINITY,
      this.#rounds.nextForgetMs,
    );
  }

  /** Puts back what `latest` parents sent before a restart. */
  restoreLatest(values: ReadonlyMap<string, T>): void {
    for (const [parent, value] of values) this.#latest.set(parent, value);
  }

  /**
   * Says who the parents are, now and after a deploy. Waits for parents that are gone end, results of them leave their
   * rounds; what is complete then is released.
   */
  setParents(parents: readonly JoinParent<T>[], nowMs: number): JoinEffects<T> {
    const effects = noEffects<T>();
    const known = this.#byId;
    this.#parents = parents;
    this.#byId = new Map(parents.map((parent) => [parent.id, parent]));
    for (const [id, { policy }] of known) {
      if (this.#byId.get(id)?.policy === policy) continue;
      this.#latest.delete(id);
      for (const round of this.#rounds.all()) round.nexts.delete(id);
    }
    const consumed = parents.filter(({ policy }) => isConsumed(policy)).map(({ id }) => id);
    for (const result of this.#rounds.setConsumed(consumed)) effects.settled.push({ result, as: 'removed' });
    this.#blocked.clear();
    this.#awaitingNext.clear();
    this.#awaitingOptional.clear();
    for (const round of this.#rounds.all()) {
      round.waitUntilMs = undefined;
      this.#advance(round, nowMs);
    }
    for (const { run } of this.#rounds.all()) this.#releaseReady(run, nowMs, effects);
    return effects;
  }

  /** A result of a parent. @throws {TypeError} for an id that is no parent: the caller sorts those out */
  offer(run: string, parentId: string, result: T, nowMs: number): JoinEffects<T> {
    const parent = this.#byId.get(parentId);
    if (!parent) throw new TypeError('not a parent of this join');
    const effects = noEffects<T>();
    this.#expire(nowMs, effects);
    const key = this.limits.runs === 'none' ? UNKEYED_RUN : run;
    switch (parent.policy) {
      case 'latest':
        this.#keep(parentId, result, nowMs, effects);
        break;
      case 'next':
        this.#resume(parentId, result, nowMs, effects);
        break;
      case 'each':
      case 'optional':
        this.#take(key, parent, result, nowMs, effects);
        break;
    }
    return effects;
  }

  /** Ends what has waited too long. */
  expire(nowMs: number): JoinEffects<T> {
    const effects = noEffects<T>();
    this.#expire(nowMs, effects);
    return effects;
  }

  /** Empties the join: waiting rounds are dropped, `latest` parents are back at their initial values. */
  reset(nowMs: number): JoinEffects<T> {
    const effects = noEffects<T>();
    this.#dropAll('reset', nowMs, effects);
    this.#latest.clear();
    return effects;
  }

  #take(run: string, { id }: JoinParent<T>, result: T, nowMs: number, effects: Effects<T>): void {
    const round = this.#rounds.place(run, id, result, nowMs);
    if (!round) {
      effects.settled.push({ result, as: 'late' });
      return;
    }
    this.#advance(round, nowMs);
    this.#releaseReady(run, nowMs, effects);
    const { maxWaiting, runs } = this.limits;
    if (round.isReady || maxWaiting === 0 || this.#rounds.count <= maxWaiting) return;
    if (runs === 'none') this.#dropAll('full', nowMs, effects);
    else this.#drop(round, 'full', nowMs, effects);
  }

  #keep(parentId: string, result: T, nowMs: number, effects: Effects<T>): void {
    this.#latest.set(parentId, result);
    effects.settled.push({ result, as: 'kept' });
    const unblocked = [...this.#blocked];
    for (const round of unblocked) this.#advance(round, nowMs);
    for (const { run } of unblocked) this.#releaseReady(run, nowMs, effects);
  }

  #resume(parentId: string, result: T, nowMs: number, effects: Effects<T>): void {
    const waiting = [...this.#awaitingNext].filter(({ nexts }) => !nexts.has(parentId));
    effects.settled.push({ result, as: waiting.length > 0 ? 'kept' : 'unused' });
    for (const round of waiting) {
      round.nexts.set(parentId, result);
      this.#advance(round, nowMs);
    }
    for (const { run } of waiting) this.#releaseReady(run, nowMs, effects);
  }

  /** Moves a round on as far as what it has allows. */
  #advance(round: OpenRound<T>, nowMs: number): void {
    if (!this.#parents.every(({ id, policy }) => policy !== 'each' || round.results.has(id))) return;
    if (this.#parents.some((parent) => parent.policy === 'latest' && !this.#hasLatest(parent))) {
      this.#blocked.add(round);
      return;
    }
    this.#blocked.delete(round);
    if (this.#parents.some(({ id, policy }) => policy === 'next' && !round.nexts.has(id))) {
      this.#awaitingNext.add(round);
      return;
    }
    this.#awaitingNext.delete(round);
    round.waitUntilMs ??= nowMs + this.limits.optionalWaitMs;
    const isWhole = this.#parents.every(({ id, policy }) => policy !== 'optional' || round.results.has(id));
    if (isWhole || nowMs >= round.waitUntilMs || nowMs >= round.deadlineMs) round.isReady = true;
    else this.#awaitingOptional.add(round);
  }

  /** Rounds of a run become ready in their order, so those that are stand at its head. */
  #releaseReady(run: string, nowMs: number, effects: Effects<T>): void {
    for (let head = this.#rounds.head(run); head?.isReady; head = this.#rounds.head(run)) {
      const round = head;
      this.#remove(round, true, nowMs);
      effects.released.push({ run, results: this.#resultsOf(round) });
    }
  }

  #expire(nowMs: number, effects: Effects<T>): void {
    // In the order in which their waits end, as all waits are equally long.
    for (const round of this.#awaitingOptional) {
      if ((round.waitUntilMs ?? 0) > nowMs && round.deadlineMs > nowMs) break;
      round.isReady = true;
      this.#releaseReady(round.run, nowMs, effects);
    }
    for (let { oldest } = this.#rounds; oldest && oldest.deadlineMs <= nowMs; oldest = this.#rounds.oldest) {
      if (this.limits.runs === 'none') this.#dropAll('timeout', nowMs, effects);
      else this.#drop(oldest, 'timeout', nowMs, effects);
    }
    this.#rounds.forget(nowMs);
  }

  #dropAll(reason: DropReason, nowMs: number, effects: Effects<T>): void {
    for (const round of this.#rounds.all()) this.#drop(round, reason, nowMs, effects);
  }

  #drop(round: OpenRound<T>, reason: DropReason, nowMs: number, effects: Effects<T>): void {
    const missing = this.#missing(round);
    this.#remove(round, false, nowMs);
    effects.dropped.push({ run: round.run, reason, missing, results: round.results });
  }

  #remove(round: OpenRound<T>, isReleased: boolean, nowMs: number): void {
    this.#rounds.remove(round, isReleased, nowMs);
    this.#blocked.delete(round);
    this.#awaitingNext.delete(round);
    this.#awaitingOptional.delete(round);
  }

  #missing(round: OpenRound<T>): readonly string[] {
    const isMissing = (parent: JoinParent<T>): boolean => {
      if (parent.policy === 'each') return !round.results.has(parent.id);
      if (parent.policy === 'latest') return !this.#hasLatest(parent);
      return parent.policy === 'next' && !round.nexts.has(parent.id);
    };
    return this.#parents.filter(isMissing).map(({ id }) => id);
  }

  #hasLatest(parent: JoinParent<T>): boolean {
    return this.#latest.has(parent.id) || 'initial' in parent;
  }

  #resultsOf(round: OpenRound<T>): ReadonlyMap<string, T> {
    const results = new Map<string, T>();
    for (const parent of this.#parents) {
      const { id, policy } = parent;
      const source = policy === 'latest' ? this.#latest : policy === 'next' ? round.nexts : round.results;
      if (source.has(id)) results.set(id, source.get(id) as T);
      else if ('initial' in parent) results.set(id, parent.initial as T);
    }
    return results;
  }
}

/** A result of such a parent belongs to one round. */
export function isConsumed(policy: ParentPolicy): boolean {
  return policy === 'each' || policy === 'optional';
}

function noEffects<T>(): Effects<T> {
  return { released: [], dropped: [], settled: [] };
}

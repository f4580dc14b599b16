import { ModelManagementError } from '../errors';
import type { ServiceSlot } from '../service-slot';
import type { FlowGraph } from './flow-graph';
import { isConsumed, Join } from './join/join';
import { badJoinError, copyError, dropError, keyError, notReadyError, stoppedError } from './join/join-errors';
import { type JoinPlan, type PlannedParent, planJoin } from './join/join-plan';
import type { JoinEffects, JoinParent, Released } from './join/join-types';
import { keptLatest } from './join/kept-latest';
import { type Arrival, aloneInput, type Held, type JoinInput, type JoinMessage, roundInput } from './join/round-input';
import type { JoinConfig } from './join-config';
import type { LiveGraph } from './live-graph';
import { originMarks, originOf } from './message-origin';

export interface MessageJoinOptions<A extends Arrival> {
  /** Runtime id of the node. */
  readonly nodeId: string;
  readonly parentIds: readonly string[];
  readonly config: JoinConfig;
  readonly graphs: Pick<ServiceSlot<LiveGraph>, 'watch'>;
  /** Reads a property of a message by its path. */
  readonly getProperty: (message: JoinMessage, path: string) => unknown;
  /** Copies a value that several rounds get; as it is where the node does not write to it. */
  readonly copyValue: <T>(shared: T) => T;
  /** Copies what goes on with the message in `msg.parents`. */
  readonly copyMessage: <T>(message: T) => T;
  /** Runs the node; must not throw. */
  readonly run: (input: JoinInput<A>) => void;
  /** The parents or the fault may be others now. */
  readonly onChange?: () => void;
  /** Milliseconds of a clock that nobody sets; default `performance.now`. */
  readonly nowMs?: () => number;
}

export interface JoinCounters {
  readonly droppedRounds: number;
  /** Results that belonged to no round any more, or to none yet. */
  readonly unusedResults: number;
}

const noParents: JoinPlan = { parents: [], joined: [] };

/**
 * What stands before a node that may have several parents: tells where each message comes from, and runs the node once
 * per round, or on each message where there is nothing to join. Parents are looked up when messages come, because a
 * deploy does not tell a node that its parents changed.
 */
export class MessageJoin<A extends Arrival> {
  readonly #join: Join<Held<A>>;
  #plan: JoinPlan = noParents;
  #live: LiveGraph | undefined;
  #graph: FlowGraph | undefined;
  #generation: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #stopMarking = (): void => undefined;
  #unwatch = (): void => undefined;
  #unfollow = (): void => undefined;
  #isClosed = false;
  #droppedRounds = 0;
  #unusedResults = 0;
  readonly #nowMs: () => number;

  constructor(private readonly options: MessageJoinOptions<A>) {
    const { config, nowMs = () => performance.now() } = options;
    const { timeoutMs, optionalWaitMs, maxWaiting } = config;
    const runs = ({ msgid: 'unique', property: 'recurring', none: 'none' } as const)[config.key];
    this.#join = new Join({ timeoutMs, optionalWaitMs, maxWaiting, runs });
    this.#nowMs = nowMs;
  }

  /** How the node is wired and what is wrong with that. */
  get plan(): JoinPlan {
    return this.#plan;
  }

  /** True when the flows are known and nothing leads to the node: its messages are handed to it by other ways. */
  get isUnwired(): boolean {
    return this.#graph !== undefined && this.#plan.parents.length === 0;
  }

  get counters(): JoinCounters {
    return { droppedRounds: this.#droppedRounds, unusedResults: this.#unusedResults };
  }

  get waitingCount(): number {
    return this.#join.waitingCount;
  }

  /** What the oldest round waits for, in words; none when nothing waits. */
  get waitsFor(): readonly string[] {
    return (this.#join.oldestMissing ?? []).map((id) => this.#labelOf(id));
  }

  start(): void {
    this.#join.restoreLatest(keptLatest.take(this.options.nodeId) as ReadonlyMap<string, Held<A>>);
    this.#unwatch = this.options.graphs.watch((slot) => {
      this.#unfollow();
      this.#unfollow = () => undefined;
      this.#live = slot.status === 'ready' ? slot.service : undefined;
      this.#generation = undefined;
      if (this.#live) this.#unfollow = this.#live.onChange(() => this.#refresh());
      this.#refresh();
    });
  }

  /** Never throws. */
  take(arrival: A): void {
    if (this.#isClosed) {
      arrival.done(stoppedError());
      return;
    }
    this.#refresh();
    if (!this.#graph && this.options.parentIds.length > 1) {
      arrival.done(notReadyError());
      return;
    }
    const { fault, joined } = this.#plan;
    if (fault) {
      arrival.done(badJoinError(fault));
      return;
    }
    const { message } = arrival;
    // Whoever sends it. A node without parents to join has nothing to reset: there it is a message like any other.
    if (joined.length > 0 && message['reset'] === true) {
      this.#apply(this.#join.reset(this.#nowMs()));
      arrival.done();
      return;
    }
    const parent = this.#parentOf(message);
    if (!parent || !joined.includes(parent)) {
      this.options.run(aloneInput(arrival, parent));
      return;
    }
    try {
      const held: Held<A> = { arrival, value: message['payload'] };
      this.#apply(this.#join.offer(this.#runOf(parent, message), parent.id, held, this.#nowMs()));
    } catch (error) {
      if (!ModelManagementError.is(error)) throw error;
      arrival.done(error);
    }
  }

  /** Ends what waits. Idempotent. @param isRemoved - the node will not come back: what it kept is forgotten */
  close(isRemoved: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    this.#unfollow();
    this.#stopMarking();
    this.#stopMarking = () => undefined;
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    keptLatest.put(this.options.nodeId, isRemoved ? new Map() : this.#join.latest);
    for (const round of this.#join.reset(this.#nowMs()).dropped) this.#end(round, stoppedError());
  }

  /** Takes in what a deploy changed. */
  #refresh(): void {
    const { nodeId, parentIds, config, onChange } = this.options;
    const live = this.#live;
    if (this.#isClosed || !live || this.#generation === live.generation) return;
    const graph = live.get();
    if (!graph) return;
    this.#generation = live.generation;
    this.#graph = graph;
    this.#plan = planJoin(graph.parentsOf(nodeId), graph.cyclesOf(nodeId), parentIds, config);
    const { parents, fault } = this.#plan;
    const stopMarking = this.#stopMarking;
    // Also where nothing is joined, the table of inputs may ask which parent a message comes from.
    this.#stopMarking = parents.length > 1 || parentIds.length > 1 ? originMarks.retain() : () => undefined;
    stopMarking();
    if (fault) this.#giveUp(badJoinError(fault));
    // A parent that a deploy left alone completes the rounds that waited for the others.
    else this.#apply(this.#join.setParents(parents.flatMap(asJoinParent<A>), this.#nowMs()));
    onChange?.();
  }

  /** Ends what waits with an error; what `latest` parents sent stays. */
  #giveUp(error: ModelManagementError): void {
    const latest = new Map(this.#join.latest);
    for (const round of this.#join.reset(this.#nowMs()).dropped) {
      this.#droppedRounds += 1;
      this.#end(round, error);
    }
    this.#join.restoreLatest(latest);
  }

  #parentOf(message: JoinMessage): PlannedParent | undefined {
    const { parents } = this.#plan;
    // Nobody else sends to it, and messages need not be marked then.
    if (parents.length === 1) return parents[0];
    const origin = originOf(message);
    const id = origin === undefined ? undefined : this.#graph?.parentOf(this.options.nodeId, origin);
    return parents.find((parent) => parent.id === id);
  }

  #runOf({ policy }: PlannedParent, message: JoinMessage): string {
    const { key, property } = this.options.config;
    // These count for every run.
    if (policy === 'latest' || policy === 'next') return '';
    if (key !== 'property') return String(message['_msgid']);
    const value = this.#property(message, property);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw keyError(property, value);
  }

  /** Node-RED throws where the way to the property ends early, and for an expression it cannot read. */
  #property(message: JoinMessage, path: string): unknown {
    try {
      return this.options.getProperty(message, path);
    } catch {
      return undefined;
    }
  }

  #apply({ released, dropped, settled }: JoinEffects<Held<A>>): void {
    for (const { result, as } of settled) {
      if (as !== 'kept') this.#unusedResults += 1;
      result.arrival?.done();
    }
    for (const round of dropped) {
      this.#droppedRounds += 1;
      const missing = round.missing.map((id) => this.#labelOf(id));
      this.#end(round, dropError(round, missing, this.options.config));
    }
    for (const round of released) this.#runRound(round);
    this.#schedule();
  }

  #runRound(round: Released<Held<A>>): void {
    const { config, copyValue, copyMessage, run } = this.options;
    const { parents, joined } = this.#plan;
    if (joined.length === 0) {
      for (const [parentId, { arrival }] of round.results) {
        const parent = parents.find(({ id }) => id === parentId);
        if (arrival) run(aloneInput(arrival, parent));
      }
      return;
    }
    let input: JoinInput<A>;
    try {
      input = roundInput(joined, round.results, { copyValue, ...(config.keepParents ? { copyMessage } : {}) });
    } catch (error) {
      // What several rounds get is copied, and that fails for values nested too deeply.
      this.#end(round, copyError(error));
      return;
    }
    run(input);
  }

  /** The error goes to one message of the round, the others are done; those of `latest` and `next` parents are already. */
  #end({ results }: Released<Held<A>>, error: ModelManagementError | undefined): void {
    const order = new Map(this.#plan.parents.map(({ id }, index) => [id, index]));
    const isDone = new Set(this.#plan.parents.flatMap(({ id, policy }) => (isConsumed(policy) ? [] : [id])));
    const own = [...results]
      .filter(([id]) => !isDone.has(id))
      .sort(([a], [b]) => (order.get(a) ?? order.size) - (order.get(b) ?? order.size));
    for (const [index, [, { arrival }]] of own.entries()) arrival?.done(index === 0 ? error : undefined);
  }

  #labelOf(id: string): string {
    return this.#plan.parents.find((parent) => parent.id === id)?.label ?? id;
  }

  #schedule(): void {
    const atMs = this.#join.nextDeadlineMs;
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#apply(this.#join.expire(this.#nowMs()));
    }, atMs - this.#nowMs());
  }
}

function asJoinParent<A>({ id, policy, ...rest }: PlannedParent): JoinParent<Held<A>>[] {
  if (policy === 'alone') return [];
  return [{ id, policy, ...('initial' in rest ? { initial: { value: rest.initial } } : {}) }];
}

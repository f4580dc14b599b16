import type { ErrorCode } from '../../errors';

/**
 * - `succeeded`: a result left by an outbound node; `no_output`: it is over and none did; `failed`: a node erred
 * - `running`: something of it waits, or happened less than a second ago
 */
export type PipelineRunState = 'running' | 'succeeded' | 'failed' | 'no_output';

export interface PipelineRunError {
  /** Runtime id of the node that erred. */
  readonly node: string;
  readonly message: string;
  readonly code?: ErrorCode | string;
}

/** One message through a pipeline: all events of one `_msgid`. */
export interface PipelineRun {
  readonly id: string;
  readonly startedAt: number;
  /** Epoch ms of its last event, once it is over. */
  readonly finishedAt: number | null;
  readonly state: PipelineRunState;
  /** The first one. */
  readonly error: PipelineRunError | null;
  /** Messages that came to nodes of the pipeline. */
  readonly deliveries: number;
  /** Nodes that took a message and have not said that they are done with it. */
  readonly waitingIn: readonly string[];
}

export interface PipelineCounters {
  readonly runs: number;
  readonly failed: number;
  /** Runs of which no result came, and no error either. */
  readonly noOutput: number;
  /** Runs that were no longer followed, because too many were under way. */
  readonly dropped: number;
}

export interface TrackerLimits {
  /** Runs that ended and are kept, per pipeline. */
  readonly keptRuns: number;
  /** Runs followed at a time, per pipeline; the oldest is given up for a new one. */
  readonly openRuns: number;
  /** Without an event, and with nothing waiting, a run is over. */
  readonly quietMs: number;
  /** Over whatever waits: a node may never say that it is done. */
  readonly longestMs: number;
}

export const trackerLimits: TrackerLimits = { keptRuns: 100, openRuns: 1_000, quietMs: 1_000, longestMs: 60_000 };

interface OpenRun {
  readonly id: string;
  readonly startedAt: number;
  lastAt: number;
  deliveries: number;
  hasOutput: boolean;
  error: PipelineRunError | null;
  /** How many messages of it each node has, by runtime id. */
  readonly waiting: Map<string, number>;
}

/**
 * Follows the runs of one pipeline by what happens at its nodes. Pure but for the clock, which the caller tells; overlapping
 * runs are kept apart by their id, and a success never hides a failure from the counters.
 */
export class RunTracker {
  /** In order of their last event. */
  readonly #open = new Map<string, OpenRun>();
  readonly #over: PipelineRun[] = [];
  #counters = { runs: 0, failed: 0, noOutput: 0, dropped: 0 };
  /** Ended, whether failed or not; the newest. */
  #last: PipelineRun | undefined;
  #lastFailed: PipelineRun | undefined;

  constructor(private readonly limits: TrackerLimits = trackerLimits) {}

  /** A node was given a message. */
  received(runId: string, node: string, nowMs: number): void {
    const run = this.#touch(runId, nowMs);
    run.deliveries += 1;
    run.waiting.set(node, (run.waiting.get(node) ?? 0) + 1);
  }

  /** A node is done with a message, well or not. @param isOutbound - by then a result has left */
  completed(
    runId: string,
    node: string,
    {
      isOutbound,
      error,
    }: { readonly isOutbound: boolean; readonly error?: Omit<PipelineRunError, 'node'> | undefined },
    nowMs: number,
  ): void {
    // What is done after its run was over changes nothing any more.
    if (!this.#open.has(runId)) return;
    const run = this.#touch(runId, nowMs);
    const count = (run.waiting.get(node) ?? 0) - 1;
    if (count > 0) run.waiting.set(node, count);
    else run.waiting.delete(node);
    if (error) run.error ??= { node, ...error };
    else if (isOutbound) run.hasOutput = true;
  }

  /** Ends what is over by now. @returns the runs that ended */
  expire(nowMs: number): readonly PipelineRun[] {
    const ended: PipelineRun[] = [];
    for (const run of this.#open.values()) {
      const isQuiet = nowMs - run.lastAt >= this.limits.quietMs && run.waiting.size === 0;
      if (isQuiet || nowMs - run.startedAt >= this.limits.longestMs) ended.push(this.#end(run));
    }
    return ended;
  }

  /** All nodes start anew: nothing comes of what was under way. */
  restart(): void {
    for (const run of this.#open.values()) this.#end(run);
  }

  get counters(): PipelineCounters {
    return this.#counters;
  }

  /** The run that ended last, and the one that failed last. */
  get last(): PipelineRun | undefined {
    return this.#last;
  }

  get lastFailed(): PipelineRun | undefined {
    return this.#lastFailed;
  }

  get lastRunAt(): number | undefined {
    const open = [...this.#open.values()].map(({ startedAt }) => startedAt);
    const times = this.#last ? [...open, this.#last.startedAt] : open;
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Newest first: those under way, then those that ended. */
  runs(): readonly PipelineRun[] {
    const open = [...this.#open.values()].map((run) => viewOf(run, false));
    return [...open.toSorted((a, b) => b.startedAt - a.startedAt), ...this.#over.toReversed()];
  }

  find(runId: string): PipelineRun | undefined {
    const open = this.#open.get(runId);
    return open ? viewOf(open, false) : this.#over.findLast(({ id }) => id === runId);
  }

  #touch(runId: string, nowMs: number): OpenRun {
    const known = this.#open.get(runId);
    const run = known ?? {
      id: runId,
      startedAt: nowMs,
      lastAt: nowMs,
      deliveries: 0,
      hasOutput: false,
      error: null,
      waiting: new Map(),
    };
    run.lastAt = nowMs;
    // Set anew, so that the first of the map is the one that was quiet for longest.
    this.#open.delete(runId);
    this.#open.set(runId, run);
    if (!known) {
      this.#counters = { ...this.#counters, runs: this.#counters.runs + 1 };
      if (this.#open.size > this.limits.openRuns) this.#giveUp();
    }
    return run;
  }

  #giveUp(): void {
    const [oldest] = this.#open.keys();
    if (oldest === undefined) return;
    this.#open.delete(oldest);
    this.#counters = { ...this.#counters, dropped: this.#counters.dropped + 1 };
  }

  #end(run: OpenRun): PipelineRun {
    this.#open.delete(run.id);
    const ended = viewOf(run, true);
    if (ended.state === 'failed') {
      this.#counters = { ...this.#counters, failed: this.#counters.failed + 1 };
      this.#lastFailed = ended;
    }
    if (ended.state === 'no_output') this.#counters = { ...this.#counters, noOutput: this.#counters.noOutput + 1 };
    this.#last = ended;
    this.#over.push(ended);
    if (this.#over.length > this.limits.keptRuns) this.#over.shift();
    return ended;
  }
}

function viewOf(run: OpenRun, isOver: boolean): PipelineRun {
  return {
    id: run.id,
    startedAt: run.startedAt,
    finishedAt: isOver ? run.lastAt : null,
    state: isOver ? endOf(run) : 'running',
    error: run.error,
    deliveries: run.deliveries,
    waitingIn: [...run.waiting.keys()],
  };
}

function endOf({ error, hasOutput }: OpenRun): PipelineRunState {
  if (error) return 'failed';
  return hasOutput ? 'succeeded' : 'no_output';
}

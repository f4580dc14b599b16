/**
 * - `succeeded`: a result left by an outbound node; `no_output`: it is over and none did; `failed`: a node erred
 * - `running`: something of it waits, or happened less than a second ago
 */
export type PipelineRunState = 'running' | 'succeeded' | 'failed' | 'no_output';

export interface PipelineRunError {
  /** Runtime id of the node that erred. */
  readonly node: string;
  readonly message: string;
  readonly code?: string;
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
  /** Runs followed at a time, per pipeline; for a new one the oldest ends early, or is given up while something waits. */
  readonly openRuns: number;
  /** Without an event, and with nothing waiting, a run is over. */
  readonly quietMs: number;
  /** Over whatever waits: a node may never say that it is done. */
  readonly longestMs: number;
}

export const trackerLimits: TrackerLimits = { keptRuns: 100, openRuns: 20_000, quietMs: 1_000, longestMs: 60_000 };

/** Among so many runs that of an error is looked for. */
const SEARCHED_RUNS = 100;

interface OpenRun {
  readonly id: string;
  readonly startedAt: number;
  lastAt: number;
  deliveries: number;
  hasOutput: boolean;
  error: PipelineRunError | null;
  /** Runtime ids of the nodes that have a message of it, once for each; few at a time. */
  readonly waiting: string[];
}

/**
 * Follows the runs of one pipeline by what happens at its nodes. Pure but for the clock, which the caller tells; overlapping
 * runs are kept apart by their id, and a success never hides a failure from the counters.
 */
export class RunTracker {
  /** In the order they began. */
  readonly #open = new Map<string, OpenRun>();
  readonly #over: PipelineRun[] = [];
  readonly #counters = { runs: 0, failed: 0, noOutput: 0, dropped: 0 };
  /** Ended, whether failed or not; the newest. */
  #last: PipelineRun | undefined;
  #lastFailed: PipelineRun | undefined;
  #lastRunAt: number | undefined;
  /** Nodes that never say that they are done, and the run of the last message of each. */
  readonly #silent = new Map<string, string>();

  constructor(private readonly limits: TrackerLimits = trackerLimits) {}

  /** A node was given a message. @param saysDone - it tells when it is done with one; else nothing is waited for */
  received(runId: string, node: string, nowMs: number, saysDone = true): void {
    const run = this.#touch(runId, nowMs);
    run.deliveries += 1;
    if (saysDone) run.waiting.push(node);
    else this.#silent.set(node, runId);
  }

  /** A node erred with a message of a run, without being done with it. */
  failed(runId: string, error: PipelineRunError): void {
    const run = this.#open.get(runId);
    if (run) run.error ??= error;
  }

  /**
   * The run that a node most probably works on: the newest of which it has a message; of a node that never says that it
   * is done, the one of its last message, unless that is over.
   */
  newestAt(node: string): string | undefined {
    const silent = this.#silent.get(node);
    if (silent !== undefined) return this.#open.has(silent) ? silent : undefined;
    const newest = [...this.#open.values()].slice(-SEARCHED_RUNS);
    return newest.findLast(({ waiting }) => waiting.includes(node))?.id;
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
    const run = this.#open.get(runId);
    // What is done after its run was over changes nothing any more.
    if (!run) return;
    run.lastAt = nowMs;
    const index = run.waiting.lastIndexOf(node);
    if (index >= 0) {
      const last = run.waiting.pop();
      if (last !== undefined && index < run.waiting.length) run.waiting[index] = last;
    }
    if (error) run.error ??= { node, ...error };
    else if (isOutbound) run.hasOutput = true;
  }

  /** Ends what is over by now. @returns the runs that ended */
  expire(nowMs: number): readonly PipelineRun[] {
    const ended: PipelineRun[] = [];
    for (const run of this.#open.values()) {
      const isQuiet = nowMs - run.lastAt >= this.limits.quietMs && run.waiting.length === 0;
      if (isQuiet || nowMs - run.startedAt >= this.limits.longestMs) ended.push(this.#end(run));
    }
    return ended;
  }

  /** All nodes start anew: nothing comes of what was under way. */
  restart(): void {
    for (const run of this.#open.values()) this.#end(run);
    this.#silent.clear();
  }

  get counters(): PipelineCounters {
    return { ...this.#counters };
  }

  /** The run that ended last, and the one that failed last. */
  get last(): PipelineRun | undefined {
    return this.#last;
  }

  get lastFailed(): PipelineRun | undefined {
    return this.#lastFailed;
  }

  get lastRunAt(): number | undefined {
    return this.#lastRunAt;
  }

  /** The last `keptRuns`, newest first: those under way, then those that ended. */
  runs(): readonly PipelineRun[] {
    const { keptRuns } = this.limits;
    const open = [...this.#open.values()].slice(-keptRuns).map((run) => viewOf(run, false));
    return [...open.toReversed(), ...this.#over.toReversed()].slice(0, keptRuns);
  }

  find(runId: string): PipelineRun | undefined {
    const open = this.#open.get(runId);
    return open ? viewOf(open, false) : this.#over.findLast(({ id }) => id === runId);
  }

  #touch(runId: string, nowMs: number): OpenRun {
    const known = this.#open.get(runId);
    if (known) {
      known.lastAt = nowMs;
      return known;
    }
    const run: OpenRun = {
      id: runId,
      startedAt: nowMs,
      lastAt: nowMs,
      deliveries: 0,
      hasOutput: false,
      error: null,
      waiting: [],
    };
    this.#open.set(runId, run);
    this.#counters.runs += 1;
    this.#lastRunAt = nowMs;
    if (this.#open.size > this.limits.openRuns) this.#giveUp();
    return run;
  }

  #giveUp(): void {
    const [oldest] = this.#open.values();
    if (!oldest) return;
    // Nothing waits: what is known of it by now is most probably all.
    if (oldest.waiting.length === 0) {
      this.#end(oldest);
      return;
    }
    this.#open.delete(oldest.id);
    this.#counters.dropped += 1;
  }

  #end(run: OpenRun): PipelineRun {
    this.#open.delete(run.id);
    const ended = viewOf(run, true);
    if (ended.state === 'failed') {
      this.#counters.failed += 1;
      this.#lastFailed = ended;
    }
    if (ended.state === 'no_output') this.#counters.noOutput += 1;
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
    waitingIn: [...new Set(run.waiting)],
  };
}

function endOf({ error, hasOutput }: OpenRun): PipelineRunState {
  if (error) return 'failed';
  return hasOutput ? 'succeeded' : 'no_output';
}

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
  /** A test of which nothing left: it counts for nothing, and says nothing of how the pipeline does. */
  readonly isDry: boolean;
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
  /** Of those that failed, and of tests, so many are kept besides, however many runs follow. */
  readonly keptApart: number;
  /** Runs followed at a time, per pipeline; for a new one the oldest ends early, or is given up while something waits. */
  readonly openRuns: number;
  /** Without an event, and with nothing waiting, a run is over. */
  readonly quietMs: number;
  /** Over whatever waits: a node may never say that it is done. */
  readonly longestMs: number;
}

export const trackerLimits: TrackerLimits = {
  keptRuns: 100,
  keptApart: 20,
  openRuns: 20_000,
  quietMs: 1_000,
  longestMs: 60_000,
};

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
  readonly isTest: boolean;
  readonly isDry: boolean;
}

/**
 * Follows the runs of one pipeline by what happens at its nodes. Pure but for the clock, which the caller tells; overlapping
 * runs are kept apart by their id, and a success never hides a failure from the counters.
 */
export class RunTracker {
  /** In the order they began. */
  readonly #open = new Map<string, OpenRun>();
  /** Ended, the oldest first. */
  readonly #over = new Map<string, PipelineRun>();
  readonly #failures = new Map<string, PipelineRun>();
  readonly #tests = new Map<string, PipelineRun>();
  readonly #counters = { runs: 0, failed: 0, noOutput: 0, dropped: 0 };
  /** Ended, whether failed or not; the newest. */
  #last: PipelineRun | undefined;
  #lastFailed: PipelineRun | undefined;
  #lastRunAt: number | undefined;
  /** Nodes that never say that they are done, and the run of the last message of each. */
  readonly #silent = new Map<string, string>();

  constructor(private readonly limits: TrackerLimits = trackerLimits) {}

  /** A test is about to begin: it is there before anything comes to a node, and is kept for longer. */
  begin(runId: string, nowMs: number, isDry: boolean): void {
    this.#openNew({ ...newRun(runId, nowMs), isTest: true, isDry });
  }

  /** A node was given a message. @param saysDone - it tells when it is done with one; else nothing is waited for */
  received(runId: string, node: string, nowMs: number, saysDone = true): void {
    const run = this.#touch(runId, nowMs);
    run.deliveries += 1;
    if (saysDone) run.waiting.push(node);
    else this.#silent.set(node, runId);
  }

  /** A node erred with a message of a run, without being done with it. */
  failed(runId: string, error: PipelineRunError, nowMs: number): void {
    const run = this.#open.get(runId) ?? this.#again(runId, nowMs);
    if (run) run.error ??= error;
  }

  /**
   * The run that a node most probably works on: the newest of which it has a message; of a node that never says that it
   * is done, the one of its last message, unless that is over.
   */
  newestAt(node: string): string | undefined {
    const silent = this.#silent.get(node);
    if (silent !== undefined) return this.#open.has(silent) ? silent : undefined;
    let newest: string | undefined;
    let toSkip = this.#open.size - SEARCHED_RUNS;
    for (const { id, waiting } of this.#open.values()) {
      toSkip -= 1;
      if (toSkip < 0 && waiting.includes(node)) newest = id;
    }
    return newest;
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
    // A run that was over because a node took too long comes to what that node comes to.
    const run = this.#open.get(runId) ?? (error || isOutbound ? this.#again(runId, nowMs) : undefined);
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

  /** The last ones, newest first: those under way, those that ended, then older ones that failed or were tests. */
  runs(): readonly PipelineRun[] {
    const { keptRuns } = this.limits;
    const newest = (runs: Iterable<PipelineRun>): readonly PipelineRun[] => [...runs].toReversed();
    const ended = newest(this.#over.values());
    const open = [...this.#open.values()].toReversed().map((run) => viewOf(run, false));
    const apart = newest([...this.#failures.values(), ...this.#tests.values()]);
    // What ended is seen however much is under way.
    const shown = [...open.slice(0, Math.max(keptRuns / 2, keptRuns - ended.length)), ...ended];
    const ids = new Set(shown.map(({ id }) => id));
    const older = apart.filter(({ id }) => !ids.has(id) && ids.add(id));
    return [...shown.slice(0, keptRuns - Math.min(older.length, keptRuns)), ...older];
  }

  find(runId: string): PipelineRun | undefined {
    const open = this.#open.get(runId);
    return open ? viewOf(open, false) : this.#ended(runId);
  }

  #ended(runId: string): PipelineRun | undefined {
    return this.#over.get(runId) ?? this.#failures.get(runId) ?? this.#tests.get(runId);
  }

  #touch(runId: string, nowMs: number): OpenRun {
    const known = this.#open.get(runId);
    if (known) {
      known.lastAt = nowMs;
      return known;
    }
    return this.#again(runId, nowMs) ?? this.#openNew(newRun(runId, nowMs));
  }

  #openNew(run: OpenRun): OpenRun {
    this.#open.set(run.id, run);
    if (!run.isDry) {
      this.#counters.runs += 1;
      this.#lastRunAt = run.startedAt;
    }
    if (this.#open.size > this.limits.openRuns) this.#giveUp();
    return run;
  }

  /** A message goes on after a pause: it is the same run, and counts once. */
  #again(runId: string, nowMs: number): OpenRun | undefined {
    const ended = this.#ended(runId);
    if (!ended) return undefined;
    const { id, startedAt, deliveries, state, error, isDry } = ended;
    const isTest = this.#tests.delete(id);
    this.#over.delete(id);
    this.#failures.delete(id);
    if (!isDry && state === 'failed') this.#counters.failed -= 1;
    if (!isDry && state === 'no_output') this.#counters.noOutput -= 1;
    const hasOutput = state === 'succeeded';
    const run = { ...newRun(id, startedAt), lastAt: nowMs, deliveries, hasOutput, error, isTest, isDry };
    this.#open.set(id, run);
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
    if (!run.isDry) {
      if (ended.state === 'failed') {
        this.#counters.failed += 1;
        this.#lastFailed = ended;
      }
      if (ended.state === 'no_output') this.#counters.noOutput += 1;
      this.#last = ended;
    }
    const { keptRuns, keptApart } = this.limits;
    keep(this.#over, ended, keptRuns);
    if (run.isTest) keep(this.#tests, ended, keptApart);
    else if (ended.state === 'failed') keep(this.#failures, ended, keptApart);
    return ended;
  }
}

function keep(runs: Map<string, PipelineRun>, run: PipelineRun, count: number): void {
  runs.set(run.id, run);
  if (runs.size <= count) return;
  const [oldest] = runs.keys();
  if (oldest !== undefined) runs.delete(oldest);
}

const newRun = (id: string, nowMs: number): OpenRun => ({
  id,
  startedAt: nowMs,
  lastAt: nowMs,
  deliveries: 0,
  hasOutput: false,
  error: null,
  waiting: [],
  isTest: false,
  isDry: false,
});

function viewOf(run: OpenRun, isOver: boolean): PipelineRun {
  return {
    id: run.id,
    startedAt: run.startedAt,
    finishedAt: isOver ? run.lastAt : null,
    state: isOver ? endOf(run) : 'running',
    error: run.error,
    deliveries: run.deliveries,
    waitingIn: [...new Set(run.waiting)],
    isDry: run.isDry,
  };
}

function endOf({ error, hasOutput }: OpenRun): PipelineRunState {
  if (error) return 'failed';
  return hasOutput ? 'succeeded' : 'no_output';
}

import { FollowedRun, type PipelineRun, type PipelineRunError } from './followed-run';

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
  /** Of those that failed, of tests and of those that are timed, so many are kept besides, however many runs follow. */
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

export interface Completion {
  /** By now a result has left. */
  readonly isOutbound: boolean;
  readonly error?: Omit<PipelineRunError, 'node'> | undefined;
}

/** Among so many runs that of an error is looked for. */
const SEARCHED_RUNS = 100;

/**
 * Follows the runs of one pipeline by what happens at its nodes. Pure but for the clock, which the caller tells; overlapping
 * runs are kept apart by their id, and a success never hides a failure from the counters.
 */
export class RunTracker {
  /** Those that are followed, and those that ended and are kept. */
  readonly #known = new Map<string, FollowedRun>();
  /** The ends of the list of the former. The first key of a map that lost thousands takes microseconds to find. */
  #oldest: FollowedRun | undefined;
  #newest: FollowedRun | undefined;
  #openCount = 0;
  /** What happened last happened to this one, and most probably what happens next: a node hands on and says that it is done. */
  #latest: FollowedRun | undefined;
  readonly #over: KeptRuns;
  /** Those that are looked at later. */
  readonly #failures: KeptRuns;
  readonly #tests: KeptRuns;
  readonly #timed: KeptRuns;
  readonly #counters = { runs: 0, failed: 0, noOutput: 0, dropped: 0 };
  #last: FollowedRun | undefined;
  #lastFailed: FollowedRun | undefined;
  #lastRunAt: number | undefined;
  /** Nodes that never say that they are done, and the run of the last message of each. */
  readonly #silent = new Map<string, string>();

  constructor(private readonly limits: TrackerLimits = trackerLimits) {
    const forget = ({ id }: FollowedRun): void => void this.#known.delete(id);
    this.#over = new KeptRuns(limits.keptRuns, forget);
    this.#failures = new KeptRuns(limits.keptApart, forget);
    this.#tests = new KeptRuns(limits.keptApart, forget);
    this.#timed = new KeptRuns(limits.keptApart, forget);
  }

  /** A test is about to begin: it is there before anything comes to a node, and is kept for longer. */
  begin(runId: string, nowMs: number, isDry: boolean): void {
    this.#follow(new FollowedRun(runId, nowMs, isDry ? 'dry' : 'test'));
  }

  /**
   * A node was given a message.
   * @param saysDone - it tells when it is done with one; else nothing is waited for
   * @param isDry - of a dry run that begins here, as one that comes from another pipeline does
   * @returns whether a run began with it
   */
  received(runId: string, node: string, nowMs: number, saysDone = true, isDry = false): boolean {
    const known = this.#find(runId);
    const run = known ?? this.#follow(new FollowedRun(runId, nowMs, isDry ? 'dry' : 'live'));
    run.received(node, nowMs, saysDone);
    if (!saysDone) this.#silent.set(node, runId);
    return !known;
  }

  /** A run that is followed node by node is looked at, and kept for longer. */
  time(runId: string): void {
    const run = this.#known.get(runId);
    if (run) run.isTimed = true;
  }

  /** A node is done with a message, well or not. A run that was over because it took too long comes to what it comes to. */
  completed(runId: string, node: string, { isOutbound, error }: Completion, nowMs: number): void {
    const run = this.#find(runId, error !== undefined || isOutbound);
    if (!run) return;
    run.done(node, nowMs);
    if (error) run.error ??= { node, ...error };
    else if (isOutbound) run.hasOutput = true;
  }

  /** A node erred with a message of a run, without being done with it. */
  failed(runId: string, error: PipelineRunError, nowMs: number): void {
    const run = this.#find(runId);
    if (!run) return;
    run.lastAt = nowMs;
    run.error ??= error;
  }

  /**
   * The run that a node most probably works on: the newest of which it has a message; of a node that never says that it
   * is done, the one of its last message, unless that is over.
   */
  newestAt(node: string): string | undefined {
    const silent = this.#silent.get(node);
    if (silent !== undefined) return this.#known.get(silent)?.isOver === false ? silent : undefined;
    let run = this.#newest;
    for (let count = 0; run && count < SEARCHED_RUNS && !run.isAt(node); count += 1) run = run.older;
    return run?.isAt(node) ? run.id : undefined;
  }

  /** Ends what is over by now. @returns how many ended */
  expire(nowMs: number): number {
    let count = 0;
    for (let run = this.#oldest; run; ) {
      const { newer } = run;
      const isQuiet = nowMs - run.lastAt >= this.limits.quietMs && !run.isWaiting;
      if (isQuiet || nowMs - run.startedAt >= this.limits.longestMs) {
        this.#end(run);
        count += 1;
      }
      run = newer;
    }
    return count;
  }

  /** All nodes start anew: nothing comes of what was under way. */
  restart(): void {
    while (this.#oldest) this.#end(this.#oldest);
    this.#silent.clear();
  }

  get counters(): PipelineCounters {
    return { ...this.#counters };
  }

  /** The run that ended last, whether failed or not; dry runs say nothing of how the pipeline does. */
  get last(): PipelineRun | undefined {
    return this.#last?.view;
  }

  /** The run that ended last of those that failed. */
  get lastFailed(): PipelineRun | undefined {
    return this.#lastFailed?.view;
  }

  get lastRunAt(): number | undefined {
    return this.#lastRunAt;
  }

  /** The last ones, newest first: those under way, those that ended, then older ones that failed, were tests or timed. */
  runs(): readonly PipelineRun[] {
    const { keptRuns } = this.limits;
    const ended = this.#over.newestFirst().filter(({ isOver }) => isOver);
    // What ended is seen however much is under way.
    const openLimit = Math.max(keptRuns / 2, keptRuns - ended.length);
    const open: FollowedRun[] = [];
    for (let run = this.#newest; run && open.length < openLimit; run = run.older) open.push(run);
    const shown = new Set([...open, ...ended]);
    const apart = [this.#failures, this.#tests, this.#timed].flatMap((kept) => kept.newestFirst());
    const older = new Set(apart.filter((run) => run.isOver && !shown.has(run)));
    return [...[...shown].slice(0, Math.max(0, keptRuns - older.size)), ...older].map(({ view }) => view);
  }

  find(runId: string): PipelineRun | undefined {
    return this.#known.get(runId)?.view;
  }

  /** One that ended is followed again: a message that goes on after a pause is of the same run, which counts once. */
  #find(runId: string, doesReopen = true): FollowedRun | undefined {
    if (this.#latest?.id === runId) return this.#latest;
    const run = this.#known.get(runId);
    if (!run || (run.isOver && !doesReopen)) return undefined;
    if (run.isOver) this.#reopen(run);
    this.#latest = run;
    return run;
  }

  #follow(run: FollowedRun): FollowedRun {
    this.#known.set(run.id, run);
    this.#link(run);
    this.#latest = run;
    if (run.kind !== 'dry') {
      this.#counters.runs += 1;
      this.#lastRunAt = run.startedAt;
    }
    if (this.#openCount > this.limits.openRuns && this.#oldest) this.#giveUp(this.#oldest);
    return run;
  }

  #reopen(run: FollowedRun): void {
    this.#count(run, -1);
    run.isOver = false;
    this.#link(run);
  }

  /** For want of room. */
  #giveUp(run: FollowedRun): void {
    // Nothing waits: what is known of it by now is most probably all.
    if (!run.isWaiting) {
      this.#end(run);
      return;
    }
    this.#unlink(run);
    this.#known.delete(run.id);
    this.#counters.dropped += 1;
  }

  #end(run: FollowedRun): void {
    this.#unlink(run);
    run.isOver = true;
    this.#count(run, 1);
    if (run.kind !== 'dry') {
      this.#last = run;
      if (run.error) this.#lastFailed = run;
    }
    this.#over.add(run);
    if (run.kind !== 'live') this.#tests.add(run);
    else if (run.error) this.#failures.add(run);
    else if (run.isTimed) this.#timed.add(run);
  }

  #count(run: FollowedRun, more: 1 | -1): void {
    if (run.kind === 'dry') return;
    if (run.state === 'failed') this.#counters.failed += more;
    else if (run.state === 'no_output') this.#counters.noOutput += more;
  }

  #link(run: FollowedRun): void {
    this.#openCount += 1;
    run.older = this.#newest;
    if (this.#newest) this.#newest.newer = run;
    else this.#oldest = run;
    this.#newest = run;
  }

  #unlink(run: FollowedRun): void {
    const { older, newer } = run;
    this.#openCount -= 1;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    // Whoever keeps it keeps no other by it.
    run.older = undefined;
    run.newer = undefined;
    if (this.#latest === run) this.#latest = undefined;
  }
}

/** The last so many runs that ended. One that ended twice is there twice. */
class KeptRuns {
  readonly #runs: FollowedRun[] = [];
  #count = 0;

  constructor(
    private readonly limit: number,
    /** No list holds it any more, and it is not followed. */
    private readonly onForgotten: (run: FollowedRun) => void,
  ) {}

  add(run: FollowedRun): void {
    const place = this.#count % this.limit;
    const before = this.#runs[place];
    run.keptBy += 1;
    this.#runs[place] = run;
    this.#count += 1;
    if (!before) return;
    before.keptBy -= 1;
    if (before.keptBy === 0 && before.isOver) this.onForgotten(before);
  }

  newestFirst(): readonly FollowedRun[] {
    const first = this.#count % this.limit;
    return [...this.#runs.slice(0, first).toReversed(), ...this.#runs.slice(first).toReversed()];
  }
}

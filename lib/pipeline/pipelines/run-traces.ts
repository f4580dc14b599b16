import type { Clock } from '../../clock';
import { cutJson } from './cut-text';

/** What a node did with a message of a run. */
export interface TraceStep {
  /** Runtime id. */
  readonly node: string;
  readonly receivedAt: number;
  /** Until it said that it is done, ms with fractions; null = it has not yet. */
  durationMs: number | null;
  /** The beginning of what came, as JSON. */
  readonly text: string;
  readonly isCut: boolean;
  error: string | null;
  /** It would have left here. */
  readonly isHeld: boolean;
}

interface TraceLimits {
  /** Runs whose steps are kept; for a new one those of the oldest go. */
  readonly runs: number;
  /** Of a run. */
  readonly steps: number;
  /** Characters of a payload. */
  readonly textLength: number;
  /** What happens later is not noted for certain. */
  readonly followedMs: number;
}

/** A test is waited for: ten times as long as a run is followed. */
const testLimits: TraceLimits = { runs: 50, steps: 200, textLength: 4_000, followedMs: 600_000 };
/** Half a minute of those that are followed while somebody looks. */
const liveLimits: TraceLimits = { runs: 60, steps: 50, textLength: 500, followedMs: 60_000 };

/** A message of a dry run may wait in a node; so long nothing of it is published. */
const DRY_MS = 3_600_000;

interface OpenStep extends TraceStep {
  readonly beganMs: number;
}

interface Trace {
  readonly limits: TraceLimits;
  readonly steps: OpenStep[];
}

/** Runs of all pipelines node by node, the tests and some of the others, and which tests nothing may leave of. */
export class RunTraces {
  /** Steps are noted before that time only: all other messages shall not pay for a test for good. */
  until = 0;
  /** By run id. */
  readonly #traces = new Map<string, Trace>();
  /** Ids of those in #traces, the oldest first. */
  readonly #tests: string[] = [];
  readonly #live: string[] = [];
  /** Run ids of dry runs, and when they began. */
  readonly #dry = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    /** Milliseconds with fractions, from any beginning. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** A test. @param isDry - nothing of it may leave */
  begin(runId: string, isDry: boolean): void {
    this.#follow(runId, testLimits, this.#tests);
    if (isDry) this.#dry.set(runId, this.clock.now());
  }

  /**
   * A run that is no test, of which less is kept, and never at the cost of one.
   * @param textLength - characters of a payload that may be kept
   */
  sample(runId: string, textLength: number): void {
    if (this.#traces.has(runId)) return;
    this.#follow(runId, { ...liveLimits, textLength: Math.min(liveLimits.textLength, textLength) }, this.#live);
  }

  /** In the order in which they got something; undefined of a run that is not followed node by node. */
  steps(runId: string): readonly TraceStep[] | undefined {
    return this.#traces.get(runId)?.steps;
  }

  isDry(runId: string): boolean {
    return this.#dry.has(runId);
  }

  /** Ends the dry runs that have had their time. @returns whether any may still be under way */
  expire(): boolean {
    const now = this.clock.now();
    for (const [id, beganAt] of this.#dry) if (now - beganAt >= DRY_MS) this.#dry.delete(id);
    return this.#dry.size > 0;
  }

  /** @param isHeld - it would have left here, and is done with that */
  received(runId: string, node: string, payload: unknown, isHeld = false): void {
    const trace = this.#traces.get(runId);
    if (!trace || trace.steps.length >= trace.limits.steps) return;
    trace.steps.push({
      node,
      receivedAt: this.clock.now(),
      beganMs: this.nowMs(),
      durationMs: isHeld ? 0 : null,
      error: null,
      isHeld,
      ...cutJson(payload, trace.limits.textLength),
    });
  }

  done(runId: string, node: string, error: string | null): void {
    const step = this.#traces.get(runId)?.steps.find((one) => one.node === node && one.durationMs === null);
    if (!step) return;
    step.durationMs = this.nowMs() - step.beganMs;
    step.error = error;
  }

  #follow(runId: string, limits: TraceLimits, ids: string[]): void {
    this.#traces.set(runId, { limits, steps: [] });
    ids.push(runId);
    const oldest = ids.length > limits.runs ? ids.shift() : undefined;
    if (oldest !== undefined) this.#traces.delete(oldest);
    this.until = Math.max(this.until, this.clock.now() + limits.followedMs);
  }
}

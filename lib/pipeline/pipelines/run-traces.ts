import type { Clock } from '../../clock';
import { cutJson } from './cut-text';

/** What a node did with a message of a test. */
export interface TraceStep {
  /** Runtime id. */
  readonly node: string;
  readonly receivedAt: number;
  doneAt: number | null;
  /** The beginning of what came, as JSON. */
  readonly text: string;
  readonly isCut: boolean;
  error: string | null;
  /** It would have left here. */
  readonly isHeld: boolean;
}

export interface Trace {
  readonly isDry: boolean;
  readonly steps: readonly TraceStep[];
}

/** Tests whose steps are kept. */
const TRACE_COUNT = 50;
const TRACE_STEPS = 200;
const TRACE_TEXT = 4_000;
/** Ten times as long as a run is followed. */
const TRACE_MS = 600_000;
/** A message of a dry run may wait in a node; so long nothing of it is published. */
const DRY_MS = 3_600_000;

/** The tests of all pipelines, node by node, and which of them nothing may leave of. */
export class RunTraces {
  /** Steps are noted before that time only: all other messages shall not pay for a test for good. */
  until = 0;
  /** By run id, the oldest first. */
  readonly #traces = new Map<string, { readonly isDry: boolean; readonly steps: TraceStep[] }>();
  /** Run ids of dry runs, and when they began. */
  readonly #dry = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  begin(runId: string, isDry: boolean): void {
    this.#traces.set(runId, { isDry, steps: [] });
    const [oldest] = this.#traces.keys();
    if (this.#traces.size > TRACE_COUNT && oldest !== undefined) this.#traces.delete(oldest);
    const now = this.clock.now();
    this.until = now + TRACE_MS;
    if (isDry) this.#dry.set(runId, now);
  }

  of(runId: string): Trace | undefined {
    return this.#traces.get(runId);
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
    if (!trace || trace.steps.length >= TRACE_STEPS) return;
    const receivedAt = this.clock.now();
    const doneAt = isHeld ? receivedAt : null;
    trace.steps.push({ node, receivedAt, doneAt, error: null, isHeld, ...cutJson(payload, TRACE_TEXT) });
  }

  done(runId: string, node: string, error: string | null): void {
    const step = this.#traces.get(runId)?.steps.find((one) => one.node === node && one.doneAt === null);
    if (!step) return;
    step.doneAt = this.clock.now();
    step.error = error;
  }
}

import { LatencyHistogram } from '../../inference/processes/latency-histogram';
import { cutJson } from './cut-text';
import { SecondCount } from './second-count';

export interface NodeTimesLimits {
  /** Messages of a node that are timed in a second; all are counted. */
  readonly timedPerSecond: number;
  /** Runs of the pipeline that are followed node by node, of those that begin in a second. */
  readonly runsPerSecond: number;
  /** Timed messages that a node has at once. */
  readonly open: number;
  /** Characters of a payload; one of a node is written out each second. */
  readonly textLength: number;
}

export const nodeTimesLimits: NodeTimesLimits = { timedPerSecond: 50, runsPerSecond: 2, open: 500, textLength: 500 };

/** What a node did since somebody looks. */
export interface NodeFigures {
  /** Runtime id. */
  readonly node: string;
  readonly received: number;
  readonly failed: number;
  /** From taking a message to being done with it, ms, of those that were timed; null = none was. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** More came than are timed in a second. */
  readonly isSampled: boolean;
  /** The beginning of what came last, or at most a second before that, as JSON. */
  readonly text: string;
  readonly isCut: boolean;
}

interface Measured {
  received: number;
  failed: number;
  isSampled: boolean;
  readonly inSecond: SecondCount;
  shown: { readonly text: string; readonly isCut: boolean };
  /** When each run came to the node, ms; the oldest first. */
  readonly open: Map<string, number>;
  readonly latency: LatencyHistogram;
}

/** How long the nodes of one pipeline take, while somebody looks at it. Bounded whatever comes. */
export class NodeTimes {
  readonly #nodes = new Map<string, Measured>();
  readonly #runsInSecond = new SecondCount();

  constructor(
    /** Milliseconds with fractions, from any beginning. */
    private readonly nowMs: () => number = () => performance.now(),
    private readonly limits: NodeTimesLimits = nodeTimesLimits,
  ) {}

  /** Whether a run that begins now is one of those that are followed node by node. */
  takesRun(): boolean {
    return this.#runsInSecond.next(this.nowMs()) <= this.limits.runsPerSecond;
  }

  received(runId: string, node: string, payload: unknown): void {
    const now = this.nowMs();
    const measured = this.#of(node);
    measured.received += 1;
    const place = measured.inSecond.next(now);
    if (place === 1) measured.shown = cutJson(payload, this.limits.textLength);
    if (place > this.limits.timedPerSecond) {
      measured.isSampled = true;
      return;
    }
    measured.open.set(runId, now);
    const [oldest] = measured.open.keys();
    if (measured.open.size > this.limits.open && oldest !== undefined) measured.open.delete(oldest);
  }

  completed(runId: string, node: string, hasFailed: boolean): void {
    const measured = this.#nodes.get(node);
    if (!measured) return;
    if (hasFailed) measured.failed += 1;
    const since = measured.open.get(runId);
    if (since === undefined) return;
    measured.open.delete(runId);
    measured.latency.add(this.nowMs() - since);
  }

  /** In the order in which they first had something. */
  figures(): readonly NodeFigures[] {
    return [...this.#nodes].map(([node, { received, failed, isSampled, shown, latency }]) => ({
      node,
      received,
      failed,
      isSampled,
      ...shown,
      p50Ms: latency.quantileMs(0.5),
      p99Ms: latency.quantileMs(0.99),
    }));
  }

  #of(node: string): Measured {
    const known = this.#nodes.get(node);
    if (known) return known;
    const measured: Measured = {
      received: 0,
      failed: 0,
      isSampled: false,
      inSecond: new SecondCount(),
      shown: { text: '', isCut: false },
      open: new Map(),
      latency: new LatencyHistogram(),
    };
    this.#nodes.set(node, measured);
    return measured;
  }
}

import type { Clock } from '../../clock';
import type { Log } from '../../log';
import type { FlowEntry } from '../flow-entry';
import { showValue } from '../library/shown-value';
import { findPipelines, outboundTypes, type Pipeline, type PipelineNode } from './pipelines';
import { type PipelineResult, type ResultLimits, ResultRing, resultLimits } from './result-ring';
import { type PipelineCounters, type PipelineRun, type PipelineRunError, RunTracker } from './run-tracker';

/** What is read of a message: it is the flow's, and never changed. */
export interface WatchedMessage {
  readonly _msgid?: string;
  readonly topic?: unknown;
  readonly payload?: unknown;
}

/** @see https://nodered.org/docs/api/hooks/messaging */
export interface ReceiveEvent {
  readonly msg: WatchedMessage;
  readonly destination: { readonly id: string };
}

export interface CompleteEvent {
  readonly msg: WatchedMessage;
  readonly node: { readonly id: string };
  readonly error?: unknown;
}

/** @see CompleteEvent */
export interface DeliverEvent {
  readonly msg: WatchedMessage;
  readonly destination: { readonly id: string; readonly node?: { readonly type: string; readonly topic?: unknown } };
}

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

/** What is kept of a pipeline over a restart. */
export interface StoredPipeline {
  readonly id: string;
  readonly results: readonly PipelineResult[];
}

export interface FreshResults extends StoredPipeline {
  /** Of the ring, when these were read. */
  readonly changes: number;
}

interface Watched {
  pipeline: Pipeline;
  readonly tracker: RunTracker;
  readonly results: ResultRing;
  /** Since when it runs, or does not, epoch ms. */
  since: number;
}

export interface WatchedPipeline {
  readonly pipeline: Pipeline;
  readonly since: number;
  readonly counters: PipelineCounters;
  readonly last: PipelineRun | undefined;
  readonly lastFailed: PipelineRun | undefined;
  readonly lastRunAt: number | undefined;
}

export interface PipelineWatchOptions {
  /** The active flow configuration; throws while no flows are loaded. */
  readonly readEntries: () => readonly FlowEntry[];
  readonly clock: Clock;
  readonly log: Log;
  /** Something is new about a pipeline, at most once a second. */
  readonly onChange: (id: string) => void;
}

/** Tests whose steps are kept. */
const TRACE_COUNT = 50;
const TRACE_STEPS = 200;
const TRACE_TEXT = 4_000;
/** A message of a dry run may wait in a node; so long nothing of it is published. */
const DRY_MS = 3_600_000;
const TICK_MS = 250;
const TOLD_EVERY_MS = 1_000;

/**
 * Follows every pipeline of the active flows by two of Node-RED's hooks, which are asked for every message of every flow:
 * a node that belongs to none costs one look into a map, and nothing here ever throws, since that would lose the message.
 */
export class PipelineWatch {
  #watched = new Map<string, Watched>();
  /** By runtime id of a node. */
  #nodes = new Map<string, { readonly watched: Watched; readonly node: PipelineNode }>();
  #timer: NodeJS.Timeout | undefined;
  #changed = new Set<string>();
  #toldAt = 0;
  #stored = new Map<string, readonly PipelineResult[]>();
  #limits: ResultLimits = resultLimits;
  /** By run id, the oldest first. */
  readonly #traces = new Map<string, { readonly isDry: boolean; readonly steps: TraceStep[] }>();
  /** Run ids of dry runs, and when they began. */
  readonly #dry = new Map<string, number>();

  constructor(private readonly options: PipelineWatchOptions) {}

  /** @param stored - results of an earlier process, for pipelines that have none yet */
  start(stored: readonly StoredPipeline[] = [], limits: Partial<ResultLimits> = {}): void {
    this.#limits = { ...resultLimits, ...limits };
    this.#stored = new Map(stored.map(({ id, results }) => [id, results]));
    for (const { id, results } of stored) this.#watched.get(id)?.results.precede(results);
    this.refresh();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The flows are others now. */
  refresh(): void {
    let entries: readonly FlowEntry[];
    try {
      entries = this.options.readEntries();
    } catch {
      // No flows are loaded yet.
      return;
    }
    const now = this.options.clock.now();
    const before = this.#watched;
    this.#watched = new Map(
      findPipelines(entries).map((pipeline) => [pipeline.id, this.#taken(before.get(pipeline.id), pipeline, now)]),
    );
    this.#nodes = new Map();
    for (const watched of this.#watched.values()) {
      if (watched.pipeline.isDisabled) continue;
      for (const node of watched.pipeline.nodes) this.#nodes.set(node.runtimeId, { watched, node });
    }
    for (const id of new Set([...before.keys(), ...this.#watched.keys()])) this.#changed.add(id);
  }

  /** In the order of the tabs. */
  list(): readonly WatchedPipeline[] {
    return [...this.#watched.values()].map(viewOf);
  }

  find(id: string): WatchedPipeline | undefined {
    const watched = this.#watched.get(id);
    return watched && viewOf(watched);
  }

  /** Newest first; none for a pipeline that is not there. */
  runs(id: string): readonly PipelineRun[] {
    return this.#watched.get(id)?.tracker.runs() ?? [];
  }

  run(id: string, runId: string): PipelineRun | undefined {
    return this.#watched.get(id)?.tracker.find(runId);
  }

  /** Follows a run that is about to begin node by node. @param isDry - nothing of it leaves, see `onDeliver` */
  trace(runId: string, isDry: boolean): void {
    this.#traces.set(runId, { isDry, steps: [] });
    const [oldest] = this.#traces.keys();
    if (this.#traces.size > TRACE_COUNT && oldest !== undefined) this.#traces.delete(oldest);
    if (isDry) this.#dry.set(runId, this.options.clock.now());
  }

  traceOf(runId: string): Trace | undefined {
    return this.#traces.get(runId);
  }

  /** Whether `onDeliver` has to be asked. */
  get hasDryRuns(): boolean {
    const now = this.options.clock.now();
    for (const [id, beganAt] of this.#dry) if (now - beganAt >= DRY_MS) this.#dry.delete(id);
    return this.#dry.size > 0;
  }

  /** Newest first. */
  results(id: string): readonly PipelineResult[] {
    return this.#watched.get(id)?.results.all.toReversed() ?? [];
  }

  /** For the disk: what changed since it was last asked. */
  toStore(isNew: (id: string, changes: number) => boolean): readonly FreshResults[] {
    return [...this.#watched].flatMap(([id, { results }]) =>
      isNew(id, results.changes) ? [{ id, results: results.all, changes: results.changes }] : [],
    );
  }

  /** Node-RED's hook `onReceive`. */
  readonly onReceive = (event: ReceiveEvent): undefined => {
    const found = this.#nodes.get(event.destination.id);
    if (!found) return;
    try {
      const { watched, node } = found;
      const { _msgid: runId, topic, payload } = event.msg;
      if (typeof runId !== 'string') return;
      const now = this.options.clock.now();
      watched.tracker.received(runId, node.runtimeId, now);
      if (this.#traces.size > 0) this.#note(runId, node.runtimeId, payload, now, false);
      if (node.kind === 'outbound') {
        watched.results.received(runId, node.runtimeId, node.topic || textOf(topic), payload, now);
      }
      this.#changed.add(watched.pipeline.id);
    } catch (error) {
      this.options.log.debug('message not followed', () => ({ error }));
    }
  };

  /** Node-RED's hook `onComplete`. */
  readonly onComplete = (event: CompleteEvent): undefined => {
    const found = this.#nodes.get(event.node.id);
    if (!found) return;
    try {
      const { watched, node } = found;
      const { _msgid: runId, topic, payload } = event.msg;
      if (typeof runId !== 'string') return;
      const isOutbound = node.kind === 'outbound';
      const error = event.error ? errorOf(event.error) : undefined;
      if (this.#traces.size > 0) this.#noteDone(runId, node.runtimeId, error?.message ?? null);
      watched.tracker.completed(runId, node.runtimeId, { isOutbound, error }, this.options.clock.now());
      if (isOutbound) watched.results.completed(runId, node.runtimeId, { topic: textOf(topic), payload }, !error);
      this.#changed.add(watched.pipeline.id);
    } catch (error) {
      this.options.log.debug('message not followed', () => ({ error }));
    }
  };

  /** Node-RED's hook `preDeliver`; `false` keeps the message from being delivered. */
  readonly onDeliver = ({ msg, destination }: DeliverEvent): false | undefined => {
    const { _msgid: runId } = msg;
    if (typeof runId !== 'string' || !this.#dry.has(runId)) return;
    const { id, node: target } = destination;
    if (!target || !outboundTypes.has(target.type)) return;
    try {
      const now = this.options.clock.now();
      const found = this.#nodes.get(id);
      found?.watched.tracker.received(runId, id, now);
      found?.watched.tracker.completed(runId, id, { isOutbound: true }, now);
      if (found) this.#changed.add(found.watched.pipeline.id);
      const topic = textOf(target.topic) || textOf(msg.topic);
      this.#note(runId, id, topic === '' ? msg.payload : { topic, payload: msg.payload }, now, true);
    } catch (error) {
      // Held back all the same.
      this.options.log.debug('message of a dry run not followed', () => ({ error }));
    }
    return false;
  };

  #note(runId: string, node: string, payload: unknown, now: number, isHeld: boolean): void {
    const trace = this.#traces.get(runId);
    if (!trace || trace.steps.length >= TRACE_STEPS) return;
    const shown = showValue(payload);
    const text = shown.text ?? '';
    const doneAt = isHeld ? now : null;
    const step = { node, receivedAt: now, doneAt, text: text.slice(0, TRACE_TEXT), error: null, isHeld };
    trace.steps.push({ ...step, isCut: text.length > TRACE_TEXT || shown.isCut });
  }

  #noteDone(runId: string, node: string, error: string | null): void {
    const step = this.#traces.get(runId)?.steps.find((one) => one.node === node && one.doneAt === null);
    if (!step) return;
    step.doneAt = this.options.clock.now();
    step.error = error;
  }

  #taken(before: Watched | undefined, pipeline: Pipeline, now: number): Watched {
    if (!before) {
      const results = new ResultRing(() => this.#limits, this.#stored.get(pipeline.id));
      return { pipeline, tracker: new RunTracker(), results, since: now };
    }
    if (before.pipeline.isDisabled !== pipeline.isDisabled) {
      before.since = now;
      before.tracker.restart();
    }
    before.pipeline = pipeline;
    return before;
  }

  #tick(): void {
    const now = this.options.clock.now();
    for (const [id, { tracker, results }] of this.#watched) {
      const before = results.changes;
      results.expire(now);
      if (tracker.expire(now).length > 0 || results.changes !== before) this.#changed.add(id);
    }
    if (now - this.#toldAt < TOLD_EVERY_MS || this.#changed.size === 0) return;
    this.#toldAt = now;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const id of changed) this.options.onChange(id);
  }
}

const viewOf = ({ pipeline, since, tracker }: Watched): WatchedPipeline => ({
  pipeline,
  since,
  counters: tracker.counters,
  last: tracker.last,
  lastFailed: tracker.lastFailed,
  lastRunAt: tracker.lastRunAt,
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const MAX_MESSAGE = 500;

/** A node may fail with anything: an error, a text, an object. */
function errorOf(error: unknown): Omit<PipelineRunError, 'node'> {
  const { message, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly message?: unknown;
    readonly code?: unknown;
  };
  const words = typeof message === 'string' ? message : String(error);
  return { message: words.slice(0, MAX_MESSAGE), ...(typeof code === 'string' ? { code } : {}) };
}

import type { Clock } from '../../clock';
import type { Log } from '../../log';
import type { FlowEntry } from '../flow-entry';
import { newIdTypes } from './dry-run';
import type { PipelineRun, PipelineRunError } from './followed-run';
import { type NodeFigures, NodeTimes } from './node-times';
import { findPipelines, outboundTypes, type Pipeline, type PipelineNode } from './pipelines';
import { type PipelineResult, type ResultLimits, ResultRing, resultLimits, unknownLimits } from './result-ring';
import { RunTraces } from './run-traces';
import { type Completion, type PipelineCounters, RunTracker } from './run-tracker';

/** What is read of a message: it is the flow's, and never changed. */
export interface WatchedMessage {
  readonly _msgid?: string;
  readonly topic?: unknown;
  readonly payload?: unknown;
  /** Of a message that a `catch` node hands on. */
  readonly error?: unknown;
}

/** @see https://nodered.org/docs/api/hooks/messaging */
export interface ReceiveEvent {
  readonly msg: WatchedMessage;
  readonly destination: {
    readonly id: string;
    /** Of Node-RED itself: how many of its listeners say that they are done with a message. */
    readonly node?: { readonly _expectedDoneCount?: number };
  };
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
  /** While somebody looks. */
  times: NodeTimes | undefined;
  lookedAt: number;
  /** Since `onChange` was last told of it. */
  isChanged: boolean;
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

/** Nodes are timed for so long after somebody last looked. */
const LOOK_MS = 15_000;
/** The usual ones, made once. */
const DONE: Completion = { isOutbound: false };
const PUBLISHED: Completion = { isOutbound: true };
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
  /** Of an earlier process, until their pipeline is there. */
  readonly #recalled = new Map<string, readonly PipelineResult[]>();
  #limits: ResultLimits = unknownLimits;
  /** Runs node by node. */
  readonly traces: RunTraces;
  /** Messages that lose their id in the node that has them, with what it was. */
  readonly #ids = new WeakMap<object, string>();
  /** An error that was told as the end of a message; Node-RED logs it in the same breath. */
  #told: { readonly node: string; readonly message: string } | undefined;

  constructor(private readonly options: PipelineWatchOptions) {
    this.traces = new RunTraces(options.clock);
  }

  start(): void {
    this.refresh();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** What is known once the data folder is open. @param stored - results of an earlier process */
  recall(stored: readonly StoredPipeline[], limits: Partial<ResultLimits>): void {
    this.#limits = { ...resultLimits, ...limits };
    for (const { id, results } of stored) this.#recalled.set(id, results);
    for (const [id, watched] of this.#watched) {
      watched.results.precede(this.#recalled.get(id) ?? []);
      this.#recalled.delete(id);
    }
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

  /** Some pipeline runs: the hooks have something to tell. */
  get isNeeded(): boolean {
    return this.#nodes.size > 0;
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

  /** Follows a test that is about to begin node by node. @param isDry - nothing of it leaves, see `onDeliver` */
  begin(id: string, runId: string, isDry: boolean): void {
    this.traces.begin(runId, isDry);
    this.#watched.get(id)?.tracker.begin(runId, this.options.clock.now(), isDry);
    this.#changed.add(id);
  }

  /**
   * What each node of it took and how long, since somebody looks; to ask is to look, and as long as somebody does some
   * runs are followed node by node, too, see {@link traces}. None of a pipeline that is not there.
   */
  figures(id: string): readonly NodeFigures[] {
    const watched = this.#watched.get(id);
    if (!watched) return [];
    watched.lookedAt = this.options.clock.now();
    watched.times ??= new NodeTimes();
    return watched.times.figures();
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
      // Nodes of the old kind never say that they are done: nothing is waited for.
      const saysDone = event.destination.node?._expectedDoneCount !== 0;
      const isNew = watched.tracker.received(runId, node.runtimeId, now, saysDone, this.traces.isDry(runId));
      if (isNew && watched.times?.takesRun()) {
        this.traces.sample(runId, this.#limits.textLength);
        watched.tracker.time(runId);
      }
      if (newIdTypes.has(node.type)) this.#ids.set(event.msg, runId);
      if (node.type === 'catch') this.#caught(watched, runId, event.msg.error);
      watched.times?.received(runId, node.runtimeId, payload);
      if (now < this.traces.until) this.traces.received(runId, node.runtimeId, payload);
      if (node.kind === 'outbound') {
        watched.results.received(runId, node.runtimeId, node.topic || textOf(topic), payload, now);
      }
      watched.isChanged = true;
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
      const { topic, payload } = event.msg;
      const runId = event.msg._msgid ?? this.#ids.get(event.msg);
      if (typeof runId !== 'string') return;
      const now = this.options.clock.now();
      // An `mqtt out` is done with a message without a payload, and sends nothing.
      const isOutbound = node.kind === 'outbound' && (node.type !== 'mqtt out' || 'payload' in event.msg);
      const error = event.error ? errorOf(event.error) : undefined;
      if (error) this.#told = { node: node.runtimeId, message: error.message };
      watched.times?.completed(runId, node.runtimeId, error !== undefined);
      if (now < this.traces.until) this.traces.done(runId, node.runtimeId, error?.message ?? null);
      const completion = error ? { isOutbound, error } : isOutbound ? PUBLISHED : DONE;
      watched.tracker.completed(runId, node.runtimeId, completion, now);
      if (node.kind === 'outbound') {
        watched.results.completed(runId, node.runtimeId, { topic: textOf(topic), payload }, isOutbound && !error);
      }
      watched.isChanged = true;
    } catch (error) {
      this.options.log.debug('message not followed', () => ({ error }));
    }
  };

  /** Node-RED's hook `preDeliver`; `false` keeps the message from being delivered. */
  readonly onDeliver = ({ msg, destination }: DeliverEvent): false | undefined => {
    const { _msgid: runId } = msg;
    if (typeof runId !== 'string' || !this.traces.isDry(runId)) return;
    const { id, node: target } = destination;
    if (!target || !outboundTypes.has(target.type)) return;
    try {
      const now = this.options.clock.now();
      const found = this.#nodes.get(id);
      found?.watched.tracker.received(runId, id, now, true, true);
      found?.watched.tracker.completed(runId, id, PUBLISHED, now);
      if (found) found.watched.isChanged = true;
      const topic = textOf(target.topic) || textOf(msg.topic);
      this.traces.received(runId, id, topic === '' ? msg.payload : { topic, payload: msg.payload }, true);
    } catch (error) {
      // Held back all the same.
      this.options.log.debug('message of a dry run not followed', () => ({ error }));
    }
    return false;
  };

  /**
   * An error that a node logged, for a message or not, as no `catch` took it. Nothing but the node is known of it, so it
   * counts for the message that the node most probably works on.
   */
  readonly onErrorLogged = (nodeId: string, error: unknown): void => {
    const found = this.#nodes.get(nodeId);
    if (!found) return;
    try {
      const { message, ...rest } = errorOf(error);
      const told = this.#told;
      this.#told = undefined;
      if (told?.node === nodeId && told.message === message) return;
      const { watched } = found;
      const runId = watched.tracker.newestAt(nodeId);
      if (runId === undefined) return;
      watched.tracker.failed(runId, { node: nodeId, message, ...rest }, this.options.clock.now());
      watched.isChanged = true;
    } catch (cause) {
      this.options.log.debug('error not followed', () => ({ error: cause }));
    }
  };

  /** The only sign of an error of a node that does not end its message with it. */
  #caught(watched: Watched, runId: string, error: unknown): void {
    const { source } = (typeof error === 'object' && error !== null ? error : {}) as {
      readonly source?: { readonly id?: unknown };
    };
    if (this.#told?.node === source?.id) this.#told = undefined;
    if (typeof source?.id !== 'string') return;
    watched.tracker.failed(runId, { node: source.id, ...errorOf(error) }, this.options.clock.now());
  }

  #taken(before: Watched | undefined, pipeline: Pipeline, now: number): Watched {
    if (!before) {
      const results = new ResultRing(() => this.#limits);
      results.precede(this.#recalled.get(pipeline.id) ?? []);
      this.#recalled.delete(pipeline.id);
      return {
        pipeline,
        tracker: new RunTracker(),
        results,
        since: now,
        times: undefined,
        lookedAt: 0,
        isChanged: true,
      };
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
    for (const [id, watched] of this.#watched) {
      const { tracker, results } = watched;
      if (now - watched.lookedAt >= LOOK_MS) watched.times = undefined;
      const before = results.changes;
      results.expire(now);
      const hasEnded = tracker.expire(now) > 0;
      if (watched.isChanged || hasEnded || results.changes !== before) this.#changed.add(id);
      watched.isChanged = false;
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

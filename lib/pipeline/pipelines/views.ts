import type { PipelineRun, PipelineRunError } from './followed-run';
import type { NodeFigures } from './node-times';
import type { WatchedPipeline } from './pipeline-watch';
import type { Pipeline, PipelineNode } from './pipelines';
import { type PipelineProblem, type PipelineSurroundings, problemsOf } from './problems';
import type { PipelineResult } from './result-ring';
import type { TraceStep } from './run-traces';
import type { PipelineCounters } from './run-tracker';

export type PipelineState = 'idle' | 'listening' | 'succeeded' | 'failed' | 'failed_initializing';

export interface PipelineView {
  readonly id: string;
  readonly name: string;
  readonly state: PipelineState;
  readonly since: string;
  /** Id of the node in the flow file. */
  readonly failedAt?: string;
  /** What stands for that node on the tab: itself, or the subflow instance it is in. */
  readonly failedOnTab?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly node: string; readonly runId: string };
  readonly counters: PipelineCounters;
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
  readonly models: readonly string[];
  readonly libraries: readonly string[];
  readonly lastRunAt: string | null;
  readonly problems: readonly PipelineProblem[];
}

/** A node that begins runs. */
export interface PipelineStart {
  /** At run time, as a test names it. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly topic: string;
}

/** The subscriptions first. */
export function startsOf({ nodes }: Pipeline): readonly PipelineStart[] {
  const some = (kind: PipelineNode['kind']): readonly PipelineNode[] => nodes.filter((node) => node.kind === kind);
  return [...some('inbound'), ...some('source')].map(({ runtimeId, name, type, topic = '' }) => ({
    id: runtimeId,
    name,
    type,
    topic,
  }));
}

export interface PipelineRunView {
  readonly id: string;
  readonly state: PipelineRun['state'];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly deliveries: number;
  /** Nodes on the tab that have something of it, subflow instances for what is in them. */
  readonly waitingIn: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly node: string };
  /** A test of which nothing left. */
  readonly dryRun: boolean;
  /** It is followed node by node: a test, or one of those that began while somebody looked. */
  readonly timed: boolean;
  /** Where it is asked for alone: of what is timed, in the order in which nodes got something. */
  readonly steps?: readonly PipelineStepView[];
}

export interface PipelineStepView {
  /** Id of the node in the flow file. */
  readonly node: string;
  readonly name: string;
  readonly type: string;
  readonly receivedAt: string;
  readonly durationMs: number | null;
  /** What came, as JSON; or its beginning. */
  readonly payload: string;
  readonly truncated: boolean;
  readonly error: string | null;
  /** It would have left here. */
  readonly held: boolean;
}

/** What a node did since somebody looks. */
export interface PipelineNodeView {
  /** In the flow file; inside a subflow there is one for each instance. */
  readonly node: string;
  readonly received: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Too many came to time each of them. */
  readonly sampled: boolean;
  /** The beginning of what came last, as JSON. */
  readonly payload: string;
  readonly truncated: boolean;
}

export interface PipelineResultView {
  readonly receivedAt: string;
  readonly topic: string;
  /** Parsed where it is JSON and whole; null where it is not kept. */
  readonly payload: unknown;
  readonly truncated: boolean;
  readonly state: PipelineResult['state'];
  readonly runId: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function toPipelineView(watched: WatchedPipeline, around: PipelineSurroundings): PipelineView {
  const { pipeline, counters, lastRunAt, lastFailed } = watched;
  const problems = problemsOf(pipeline, around);
  const fault = pipeline.isDisabled ? undefined : initialFault(pipeline, problems, around);
  const { state, since } = stateOf(watched, fault !== undefined);
  const failed = state === 'failed' ? lastFailed?.error : undefined;
  const node = failed && nodeOf(pipeline.nodes, failed.node);
  return {
    id: pipeline.id,
    name: pipeline.name,
    state,
    since: iso(since),
    ...(fault ? { error: fault } : {}),
    ...(failed && lastFailed ? { error: { ...errorView(failed, pipeline.nodes), runId: lastFailed.id } } : {}),
    ...(node ? { failedAt: node.id, failedOnTab: node.onTab } : {}),
    counters,
    inbound: pipeline.inbound,
    outbound: pipeline.outbound,
    models: pipeline.models,
    libraries: pipeline.libraries,
    lastRunAt: lastRunAt === undefined ? null : iso(lastRunAt),
    problems,
  };
}

function stateOf(
  { pipeline, since, last }: WatchedPipeline,
  hasFault: boolean,
): { readonly state: PipelineState; readonly since: number } {
  if (pipeline.isDisabled) return { state: 'idle', since };
  if (hasFault) return { state: 'failed_initializing', since };
  // What ran before it was stopped says nothing of it now.
  if (!last?.finishedAt || last.finishedAt < since) return { state: 'listening', since };
  if (last.state === 'failed') return { state: 'failed', since: last.finishedAt };
  return last.state === 'succeeded' ? { state: 'succeeded', since: last.finishedAt } : { state: 'listening', since };
}

/** Of what it needs to run. */
const NEEDED: ReadonlySet<PipelineProblem['code']> = new Set([
  'MODEL_MISSING',
  'VERSION_MISSING',
  'MODEL_NOT_LOADED',
  'LIBRARY_MISSING',
]);

/** Why it cannot run at all. */
function initialFault(
  { nodes }: Pipeline,
  problems: readonly PipelineProblem[],
  { flowsFault }: PipelineSurroundings,
): PipelineView['error'] {
  if (flowsFault !== undefined) return { code: 'FLOWS_NOT_RUNNING', message: flowsFault, node: '', runId: '' };
  const inbound = new Set(nodes.flatMap(({ kind, id }) => (kind === 'inbound' ? [id] : [])));
  const problem = problems.find(
    ({ code, node }) =>
      NEEDED.has(code) ||
      // Without that of a result it runs all the same.
      (code === 'BROKER_MISSING' && node !== undefined && inbound.has(node)),
  );
  return problem && { code: problem.code, message: problem.message, node: problem.node ?? '', runId: '' };
}

const nodeOf = (nodes: readonly PipelineNode[], runtimeId: string): PipelineNode | undefined =>
  nodes.find((node) => node.runtimeId === runtimeId);

/** The node may be gone by now: then it has no name. */
const errorView = ({ code, message, node }: PipelineRunError, nodes: readonly PipelineNode[]) => ({
  code: code ?? 'NODE_FAILED',
  message,
  node: nodeOf(nodes, node)?.id ?? '',
});

/** @param steps - undefined where it is not followed node by node */
export function toRunView(
  run: PipelineRun,
  nodes: readonly PipelineNode[],
  steps: readonly TraceStep[] | undefined,
): PipelineRunView {
  const { id, state, startedAt, finishedAt, deliveries, waitingIn, error, isDry } = run;
  return {
    id,
    state,
    startedAt: iso(startedAt),
    finishedAt: finishedAt === null ? null : iso(finishedAt),
    durationMs: finishedAt === null ? null : finishedAt - startedAt,
    deliveries,
    waitingIn: [...new Set(waitingIn.map((id) => nodeOf(nodes, id)?.onTab ?? id))],
    ...(error ? { error: errorView(error, nodes) } : {}),
    dryRun: isDry,
    timed: steps !== undefined,
  };
}

/** @see toRunView */
export const toRunDetails: typeof toRunView = (run, nodes, steps) => ({
  ...toRunView(run, nodes, steps),
  ...(steps && { steps: stepViews(steps, nodes) }),
});

function stepViews(steps: readonly TraceStep[], nodes: readonly PipelineNode[]): readonly PipelineStepView[] {
  return steps.map(({ node: runtimeId, receivedAt, durationMs, text, isCut, error, isHeld }) => {
    const node = nodes.find((one) => one.runtimeId === runtimeId);
    return {
      node: node?.id ?? runtimeId,
      name: node?.name ?? '',
      type: node?.type ?? '',
      receivedAt: iso(receivedAt),
      durationMs: durationMs === null ? null : Math.round(durationMs * 1_000) / 1_000,
      payload: text,
      truncated: isCut,
      error,
      held: isHeld,
    };
  });
}

export function toNodeView(figures: NodeFigures, nodes: readonly PipelineNode[]): PipelineNodeView {
  const { node, isSampled, text, isCut, ...counts } = figures;
  return { node: nodeOf(nodes, node)?.id ?? node, ...counts, sampled: isSampled, payload: text, truncated: isCut };
}

export function toResultView({ receivedAt, topic, text, isCut, state, runId }: PipelineResult): PipelineResultView {
  return { receivedAt: iso(receivedAt), topic, payload: isCut ? text : parsed(text), truncated: isCut, state, runId };
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

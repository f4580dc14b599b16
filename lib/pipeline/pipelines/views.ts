import type { Trace, WatchedPipeline } from './pipeline-watch';
import type { PipelineNode } from './pipelines';
import type { PipelineResult } from './result-ring';
import type { PipelineCounters, PipelineRun } from './run-tracker';

export type PipelineState = 'idle' | 'listening' | 'succeeded' | 'failed' | 'failed_initializing';

/** What keeps a pipeline from working, or will surprise. */
export interface PipelineProblem {
  readonly code:
    | 'NO_INBOUND'
    | 'NO_OUTBOUND'
    | 'NOT_CONNECTED'
    | 'MODEL_MISSING'
    | 'LIBRARY_MISSING'
    | 'INBOUND_SHARED';
  readonly message: string;
  /** Id of the node in the flow file. */
  readonly node?: string;
}

/** What is known beside the flows. */
export interface PipelineSurroundings {
  readonly hasModel: (name: string) => boolean;
  readonly hasLibrary: (name: string) => boolean;
  /** Other pipelines that run and subscribe to a topic, by name. */
  readonly othersOn: (topic: string) => readonly string[];
  /** Why no flows run, or undefined. */
  readonly flowsFault: string | undefined;
}

export interface PipelineView {
  readonly id: string;
  readonly name: string;
  readonly state: PipelineState;
  readonly since: string;
  /** Id of the node in the flow file. */
  readonly failedAt?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly node: string; readonly runId: string };
  readonly counters: PipelineCounters;
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
  readonly models: readonly string[];
  readonly libraries: readonly string[];
  readonly edges: readonly never[];
  readonly lastRunAt: string | null;
  readonly problems: readonly PipelineProblem[];
}

export interface PipelineRunView {
  readonly id: string;
  readonly state: PipelineRun['state'];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly deliveries: number;
  /** Ids of the nodes in the flow file. */
  readonly waitingIn: readonly string[];
  readonly error?: { readonly code: string; readonly message: string; readonly node: string };
  /** Of a test: nothing of it left. */
  readonly dryRun?: boolean;
  /** Of a test: what it did, node by node. */
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
  const problems = problemsOf(watched, around);
  const fault = pipeline.isDisabled ? undefined : initialFault(problems, around);
  const { state, since } = stateOf(watched, fault !== undefined);
  const failed = state === 'failed' ? lastFailed?.error : undefined;
  const node = failed && nodeIdOf(pipeline.nodes, failed.node);
  return {
    id: pipeline.id,
    name: pipeline.name,
    state,
    since: iso(since),
    ...(fault ? { error: fault } : {}),
    ...(failed && node && lastFailed
      ? {
          failedAt: node,
          error: { code: failed.code ?? 'NODE_FAILED', message: failed.message, node, runId: lastFailed.id },
        }
      : {}),
    counters,
    inbound: pipeline.inbound,
    outbound: pipeline.outbound,
    models: pipeline.models,
    libraries: pipeline.libraries,
    edges: [],
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

/** Why it cannot run at all. */
function initialFault(problems: readonly PipelineProblem[], { flowsFault }: PipelineSurroundings) {
  if (flowsFault !== undefined) return { code: 'FLOWS_NOT_RUNNING', message: flowsFault, node: '', runId: '' };
  const problem = problems.find(({ code }) => code === 'MODEL_MISSING' || code === 'LIBRARY_MISSING');
  return problem && { code: problem.code, message: problem.message, node: problem.node ?? '', runId: '' };
}

function problemsOf({ pipeline }: WatchedPipeline, around: PipelineSurroundings): readonly PipelineProblem[] {
  const { nodes, models, libraries } = pipeline;
  const problems: PipelineProblem[] = [];
  if (!nodes.some(({ kind }) => kind === 'inbound' || kind === 'source')) {
    problems.push({ code: 'NO_INBOUND', message: 'Nothing begins a run: there is no mqtt in, inject or the like.' });
  }
  if (!nodes.some(({ kind }) => kind === 'outbound')) {
    problems.push({ code: 'NO_OUTBOUND', message: 'No result leaves it: there is no mqtt out or the like.' });
  } else {
    for (const { id, name, topic, type } of nodes.filter(({ kind, leadsOut }) => kind === 'inbound' && !leadsOut)) {
      const message = `Nothing that comes to ${name || topic || type} can leave again: no wire leads to an mqtt out or the like.`;
      problems.push({ code: 'NOT_CONNECTED', message, node: id });
    }
  }
  const missing = (code: PipelineProblem['code'], key: 'model' | 'library', name: string): void => {
    const node = nodes.find((one) => one[key] === name)?.id;
    problems.push({ code, message: `There is no ${key} ${name}.`, ...(node ? { node } : {}) });
  };
  for (const name of models) if (!around.hasModel(name)) missing('MODEL_MISSING', 'model', name);
  for (const name of libraries) if (!around.hasLibrary(name)) missing('LIBRARY_MISSING', 'library', name);
  if (pipeline.isDisabled) return problems;
  for (const topic of pipeline.inbound) {
    const others = around.othersOn(topic);
    if (others.length === 0) continue;
    problems.push({ code: 'INBOUND_SHARED', message: `${others.join(', ')} also subscribes to ${topic}.` });
  }
  return problems;
}

const nodeIdOf = (nodes: readonly PipelineNode[], runtimeId: string): string | undefined =>
  nodes.find((node) => node.runtimeId === runtimeId)?.id;

export function toRunView(run: PipelineRun, nodes: readonly PipelineNode[], trace?: Trace): PipelineRunView {
  const { id, state, startedAt, finishedAt, deliveries, waitingIn, error } = run;
  return {
    id,
    state,
    startedAt: iso(startedAt),
    finishedAt: finishedAt === null ? null : iso(finishedAt),
    durationMs: finishedAt === null ? null : finishedAt - startedAt,
    deliveries,
    waitingIn: waitingIn.map((node) => nodeIdOf(nodes, node) ?? node),
    ...(error
      ? {
          error: { code: error.code ?? 'NODE_FAILED', message: error.message, node: nodeIdOf(nodes, error.node) ?? '' },
        }
      : {}),
    ...(trace ? { dryRun: trace.isDry, steps: stepsOf(trace, nodes) } : {}),
  };
}

function stepsOf({ steps }: Trace, nodes: readonly PipelineNode[]): readonly PipelineStepView[] {
  return steps.map(({ node: runtimeId, receivedAt, doneAt, text, isCut, error, isHeld }) => {
    const node = nodes.find((one) => one.runtimeId === runtimeId);
    return {
      node: node?.id ?? runtimeId,
      name: node?.name ?? '',
      type: node?.type ?? '',
      receivedAt: iso(receivedAt),
      durationMs: doneAt === null ? null : doneAt - receivedAt,
      payload: text,
      truncated: isCut,
      error,
      held: isHeld,
    };
  });
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

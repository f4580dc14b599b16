import { isFromEnvironment } from '../graph/stored-wiring';
import { doFiltersOverlap } from '../mqtt-topic';
import type { NodeFault } from './node-faults';
import type { Pipeline, PipelineNode } from './pipelines';

/** What keeps a pipeline from working, or will surprise. */
export interface PipelineProblem {
  readonly code:
    | NodeFault['code']
    | 'NO_INBOUND'
    | 'NO_OUTBOUND'
    | 'NOT_CONNECTED'
    | ModelFault['code']
    | 'LIBRARY_MISSING'
    | 'BROKER_MISSING'
    | 'INBOUND_SHARED';
  readonly message: string;
  /** Id of the node in the flow file. */
  readonly node?: string;
  /** What is missing, by name. */
  readonly name?: string;
}

/**
 * Why a model answers nothing:
 * - `MODEL_MISSING`, `VERSION_MISSING`: it is not there; the one that is there has nothing of that number or alias
 * - `MODEL_NOT_LOADED`: it is there and did not load
 */
export interface ModelFault {
  readonly code: 'MODEL_MISSING' | 'VERSION_MISSING' | 'MODEL_NOT_LOADED';
  /** Says what to do as well. */
  readonly message: string;
}

/** What is known beside the flows. */
export interface PipelineSurroundings {
  /** Undefined where it answers, or will in a moment. @param ref - a number in digits, or an alias */
  readonly modelFault: (model: string, ref: string) => ModelFault | undefined;
  /** As `modelFault`. @param path - of a model file, as its node names it */
  readonly fileFault: (path: string) => ModelFault | undefined;
  readonly hasLibrary: (name: string) => boolean;
  /** False of a broker that Node-RED could not start, as its log says. */
  readonly hasBroker: (id: string) => boolean;
  /** All pipelines of these flows. */
  readonly all: readonly Pipeline[];
  /** Why no flows run, or undefined. */
  readonly flowsFault: string | undefined;
}

/** In the order in which they should be mended. */
export function problemsOf(pipeline: Pipeline, around: PipelineSurroundings): readonly PipelineProblem[] {
  const running = pipeline.isDisabled ? [] : [...missingBrokers(pipeline, around), ...sharedTopics(pipeline, around)];
  return [...wiringProblems(pipeline), ...pipeline.faults, ...missingThings(pipeline, around), ...running];
}

function* wiringProblems({ nodes }: Pipeline): Iterable<PipelineProblem> {
  if (!nodes.some(({ isLedTo }) => isLedTo)) {
    yield { code: 'NO_INBOUND', message: 'Nothing begins a run: there is no mqtt in, inject or the like.' };
  }
  if (!nodes.some(({ leadsOut }) => leadsOut)) {
    yield { code: 'NO_OUTBOUND', message: 'No result leaves it: there is no mqtt out or the like.' };
    return;
  }
  for (const { id, name, topic, type } of nodes.filter(({ kind, leadsOut }) => kind === 'inbound' && !leadsOut)) {
    const message = `Nothing that comes to ${name || topic || type} can leave again: no wire leads to an mqtt out or the like.`;
    yield { code: 'NOT_CONNECTED', message, node: id };
  }
}

function* missingThings(
  { nodes }: Pipeline,
  { modelFault, fileFault, hasLibrary }: PipelineSurroundings,
): Iterable<PipelineProblem> {
  for (const { id, model: name = '', version = '' } of firstOf(nodes, ({ model, version }) => [model, version])) {
    const fault = modelFault(name, version);
    if (fault) yield { ...fault, name, node: id };
  }
  for (const { id, file: name = '' } of firstOf(nodes, ({ file }) => [file])) {
    const fault = fileFault(name);
    if (fault) yield { ...fault, name, node: id };
  }
  for (const { id, library: name = '' } of firstOf(nodes, ({ library }) => [library])) {
    if (hasLibrary(name)) continue;
    yield { code: 'LIBRARY_MISSING', message: `There is no library ${name}.`, name, node: id };
  }
}

/** The first node of each of these names; those that name nothing, or what only the environment tells, are left out. */
function firstOf(
  nodes: readonly PipelineNode[],
  namesOf: (node: PipelineNode) => readonly (string | undefined)[],
): readonly PipelineNode[] {
  const found = new Map<string, PipelineNode>();
  for (const node of nodes) {
    const names = namesOf(node);
    const key = JSON.stringify(names);
    if (names.every((name) => name && !isFromEnvironment(name)) && !found.has(key)) found.set(key, node);
  }
  return [...found.values()];
}

function* missingBrokers({ nodes }: Pipeline, { hasBroker }: PipelineSurroundings): Iterable<PipelineProblem> {
  for (const { id, name, topic, type, brokerId } of nodes) {
    if (brokerId === undefined || hasBroker(brokerId)) continue;
    const why = brokerId === '' ? 'none is chosen' : 'it did not start, as the log of Node-RED says';
    yield { code: 'BROKER_MISSING', message: `${name || topic || type} has no broker: ${why}.`, node: id };
  }
}

/** Each message would run both. What is shared on purpose, `$share/…`, goes to one of them. */
function* sharedTopics(pipeline: Pipeline, { all }: PipelineSurroundings): Iterable<PipelineProblem> {
  const others = all
    .filter(({ id, isDisabled }) => id !== pipeline.id && !isDisabled)
    .map((other) => ({ name: other.name, subscriptions: subscriptionsOf(other) }));
  for (const { id, topic, broker } of subscriptionsOf(pipeline)) {
    const sharing = others.filter(({ subscriptions }) =>
      subscriptions.some((one) => one.broker === broker && doFiltersOverlap(one.topic, topic)),
    );
    if (sharing.length === 0) continue;
    const names = sharing.map(({ name }) => name).join(', ');
    yield { code: 'INBOUND_SHARED', message: `${names} also hears what comes on ${topic}.`, node: id };
  }
}

/** Each topic of a broker once. */
function subscriptionsOf({
  nodes,
}: Pipeline): readonly { readonly id: string; readonly topic: string; readonly broker: string }[] {
  const found = nodes.flatMap(({ id, kind, topic, broker = '' }) =>
    kind === 'inbound' && topic && !topic.startsWith('$share/') ? [{ id, topic, broker }] : [],
  );
  return [...new Map(found.map((one) => [`${one.broker} ${one.topic}`, one])).values()];
}

import { doFiltersOverlap } from '../mqtt-topic';
import type { NodeFault } from './node-faults';
import type { Pipeline } from './pipelines';

/** What keeps a pipeline from working, or will surprise. */
export interface PipelineProblem {
  readonly code:
    | NodeFault['code']
    | 'NO_INBOUND'
    | 'NO_OUTBOUND'
    | 'NOT_CONNECTED'
    | 'MODEL_MISSING'
    | 'LIBRARY_MISSING'
    | 'BROKER_MISSING'
    | 'INBOUND_SHARED';
  readonly message: string;
  /** Id of the node in the flow file. */
  readonly node?: string;
  /** What is missing, by name. */
  readonly name?: string;
}

/** What is known beside the flows. */
export interface PipelineSurroundings {
  readonly hasModel: (name: string) => boolean;
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
  { nodes, models, libraries }: Pipeline,
  around: PipelineSurroundings,
): Iterable<PipelineProblem> {
  const missing = (code: PipelineProblem['code'], key: 'model' | 'library', name: string): PipelineProblem => {
    const node = nodes.find((one) => one[key] === name)?.id;
    return { code, message: `There is no ${key} ${name}.`, name, ...(node ? { node } : {}) };
  };
  for (const name of models) if (!around.hasModel(name)) yield missing('MODEL_MISSING', 'model', name);
  for (const name of libraries) if (!around.hasLibrary(name)) yield missing('LIBRARY_MISSING', 'library', name);
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

import { DEPLOYED } from '../../ids';
import type { FlowEntry } from '../flow-entry';
import { FlowGraph } from '../flow-graph';
import { watcherTypes } from '../graph/relation';
import { brokerAddress, isFromEnvironment, nameOf, textOf } from '../graph/stored-wiring';
import { reach, type Vertex } from '../graph/vertex';
import { waysOf } from '../graph/ways';
import { joiningTypes, type NodeFault, nodeFaults } from './node-faults';

const ownTypes = new Set([...joiningTypes, 'model-collection', 'retrain-trigger']);
/** Where the results of a flow leave Node-RED. */
export const outboundTypes: ReadonlySet<string> = new Set([
  'mqtt out',
  'http response',
  'websocket out',
  'tcp out',
  'udp out',
]);

/**
 * - `inbound`: a subscription; `source`: another node that begins runs, as inject; not one that watches other nodes
 * - `outbound`: what carries a result out of Node-RED
 */
export type PipelineNodeKind = 'inbound' | 'source' | 'outbound' | 'model' | 'library' | 'other';

/** A node of a pipeline as it runs; inside a subflow there is one for each instance. */
export interface PipelineNode {
  readonly runtimeId: string;
  /** In the flow file. */
  readonly id: string;
  readonly type: string;
  /** What a person calls it, or `''`. */
  readonly name: string;
  readonly kind: PipelineNodeKind;
  /** Of `mqtt in` and `mqtt out`; `''` = told by messages. */
  readonly topic: string | undefined;
  /** Address of the broker of these, or the id of its node where that has none. */
  readonly broker: string | undefined;
  /** Id of that node, or `''` where none is chosen; undefined also where the environment or a subflow instance gives it. */
  readonly brokerId: string | undefined;
  /** What stands for it on the tab: itself, or the subflow instance it is in. */
  readonly onTab: string;
  /** Of the registry, of an `onnx-model`. */
  readonly model: string | undefined;
  /** Number in digits or alias, of that model. */
  readonly version: string | undefined;
  /** Path of a model file, of an `onnx-model` that runs one. */
  readonly file: string | undefined;
  /** Of a `pipelib`. */
  readonly library: string | undefined;
  /** It is an outbound node, or a message from here can come to one, also on another tab. */
  readonly leadsOut: boolean;
  /** It begins runs, or a message of a node that does can come here, also from another tab. */
  readonly isLedTo: boolean;
}

/** A flow tab that holds at least one of our nodes, also inside of subflows. */
export interface Pipeline {
  /** Of the tab. */
  readonly id: string;
  readonly name: string;
  readonly isDisabled: boolean;
  readonly nodes: readonly PipelineNode[];
  /** Topics of its subscriptions, each once. */
  readonly inbound: readonly string[];
  /** Topics it publishes on, each once. */
  readonly outbound: readonly string[];
  /** Of the registry, by name. */
  readonly models: readonly string[];
  /** Paths of model files. */
  readonly files: readonly string[];
  readonly libraries: readonly string[];
  /** What is wrong with its nodes, each once. */
  readonly faults: readonly NodeFault[];
}

/** In the order of the tabs. @param entries - all of the flow file, what is disabled too */
export function findPipelines(entries: readonly FlowEntry[]): readonly Pipeline[] {
  const tabs = entries.filter(({ type }) => type === 'tab');
  // A stopped pipeline is one all the same.
  const enabled = entries.map((entry) => (entry.type === 'tab' ? { ...entry, disabled: false } : entry));
  const byTab = new Map<string, Vertex[]>(tabs.map(({ id }) => [id, []]));
  const graph = FlowGraph.of(enabled);
  const all = [...graph.vertices.values()];
  const { before, after } = waysOf(all);
  const leadingOut = reach(
    all.filter(({ entry }) => outboundTypes.has(entry.type)),
    before,
  );
  const ledTo = reach(all.filter(beginsRuns), after);
  const brokers = addressesOf(entries);
  for (const vertex of all) byTab.get(textOf(rootOf(vertex).entry, 'z'))?.push(vertex);
  return tabs.flatMap((tab) => {
    const vertices = byTab.get(tab.id) ?? [];
    if (!vertices.some(({ entry }) => ownTypes.has(entry.type))) return [];
    const nodes = vertices
      .filter(({ kind }) => kind === 'node')
      .map((vertex) => toNode(vertex, { leadsOut: leadingOut.has(vertex), isLedTo: ledTo.has(vertex) }, brokers));
    const distinct = (of: (node: PipelineNode) => string | undefined): readonly string[] => [
      ...new Set(nodes.flatMap((node) => of(node) || [])),
    ];
    return {
      id: tab.id,
      name: nameOf(tab) || tab.id,
      isDisabled: tab['disabled'] === true,
      nodes,
      inbound: distinct(({ type, topic }) => (type === 'mqtt in' ? topic : undefined)),
      outbound: distinct(({ type, topic }) => (type === 'mqtt out' ? topic : undefined)),
      models: distinct(({ model }) => model),
      files: distinct(({ file }) => file),
      libraries: distinct(({ library }) => library),
      faults: faultsOf(vertices, graph),
    };
  });
}

/** Of each `mqtt-broker`: several may stand for the same one. */
function addressesOf(entries: readonly FlowEntry[]): ReadonlyMap<string, string> {
  const brokers = entries.filter(({ type, broker }) => type === 'mqtt-broker' && typeof broker === 'string');
  return new Map(brokers.map((entry) => [entry.id, brokerAddress(entry)]));
}

/** Of each node of the flow file once, however many instances of its subflow there are. */
function faultsOf(vertices: readonly Vertex[], graph: FlowGraph): readonly NodeFault[] {
  const found = new Map<string, NodeFault>();
  for (const vertex of vertices.filter(({ entry: { type } }) => joiningTypes.has(type))) {
    for (const fault of nodeFaults(vertex, graph)) found.set(`${fault.code} ${fault.node}`, fault);
  }
  return [...found.values()];
}

function rootOf(vertex: Vertex): Vertex {
  let root = vertex;
  while (root.container) root = root.container;
  return root;
}

function toNode(
  vertex: Vertex,
  place: Pick<PipelineNode, 'leadsOut' | 'isLedTo'>,
  brokers: ReadonlyMap<string, string>,
): PipelineNode {
  const { entry, runtimeId } = vertex;
  const isFile = entry.type === 'onnx-model' && entry['source'] === 'file';
  const isModel = entry.type === 'onnx-model' && !isFile;
  const hasTopic = entry.type === 'mqtt in' || entry.type === 'mqtt out';
  return {
    runtimeId,
    id: entry.id,
    type: entry.type,
    name: nameOf(entry),
    kind: kindOf(vertex),
    topic: hasTopic ? textOf(entry, 'topic') : undefined,
    broker: hasTopic ? (brokers.get(textOf(entry, 'broker')) ?? textOf(entry, 'broker')) : undefined,
    brokerId: hasTopic ? brokerIdOf(vertex) : undefined,
    onTab: rootOf(vertex).entry.id,
    model: isModel ? textOf(entry, 'model') : undefined,
    // Hand-written flows have a number, or nothing.
    version: isModel ? String(entry['version'] ?? DEPLOYED) : undefined,
    file: isFile ? textOf(entry, 'file') : undefined,
    library: entry.type === 'pipelib' ? textOf(entry, 'library') : undefined,
    ...place,
  };
}

function brokerIdOf({ entry, container }: Vertex): string | undefined {
  const id = textOf(entry, 'broker');
  return container || isFromEnvironment(id) ? undefined : id;
}

function beginsRuns(vertex: Vertex): boolean {
  const kind = vertex.kind === 'node' ? kindOf(vertex) : 'other';
  return kind === 'inbound' || kind === 'source';
}

function kindOf({ entry: { type }, into, out }: Vertex): PipelineNodeKind {
  if (type === 'mqtt in') return 'inbound';
  if (outboundTypes.has(type)) return 'outbound';
  if (type === 'onnx-model') return 'model';
  if (type === 'pipelib') return 'library';
  if (watcherTypes.has(type)) return 'other';
  return into.length === 0 && out.length > 0 ? 'source' : 'other';
}

import type { FlowEntry } from '../flow-entry';
import { FlowGraph } from '../flow-graph';
import { handsOn, watcherTypes, watches } from '../graph/relation';
import { nameOf, textOf } from '../graph/stored-wiring';
import { reach, type Vertex } from '../graph/vertex';
import { type EffectOptions, hasEffect, replacesId } from './node-effects';
import { joiningTypes, planOf } from './node-faults';
import { outboundTypes } from './pipelines';
import { roundTripsIn } from './round-trips';

/** Give each message they send an id of its own, so that it is no longer known as that of the test. */
export const newIdTypes: ReadonlySet<string> = new Set(['split']);
/** Put what came in several messages, of whatever run, into one. */
const mixingTypes = new Set(['join', 'batch']);

export interface NamedNode {
  /** In the flow file. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

export interface DryRunFacts {
  /** Nodes on the way that may do something outside of Node-RED, or let live messages feel the test. */
  readonly effects: readonly NamedNode[];
  /** Nodes on the way after which a message is no longer known as one of the test. */
  readonly newIds: readonly NamedNode[];
  /** An `mqtt out` on the way, from where the pipeline itself goes on over the broker, with messages of new ids. */
  readonly roundTrips: readonly NamedNode[];
  /** Nodes on the way that would put something of the test into what is published for live messages. */
  readonly mixing: readonly NamedNode[];
}

/** What a message meets that begins at a node, over links, calls, subflows and `catch` nodes, also on other tabs. */
export function examineDryRun(
  entries: readonly FlowEntry[],
  runtimeId: string,
  options: EffectOptions = {},
): DryRunFacts {
  const graph = FlowGraph.of(entries);
  const start = graph.vertices.get(runtimeId);
  if (!start) return { effects: [], newIds: [], roundTrips: [], mixing: [] };
  const watchers = [...graph.vertices.values()].filter(({ entry: { type } }) => watcherTypes.has(type));
  const hearing = (vertex: Vertex, type: (type: string) => boolean): readonly Vertex[] =>
    [vertex, ...containersOf(vertex)].flatMap((heard) =>
      watchers.filter((watcher) => type(watcher.entry.type) && watches(watcher, heard)),
    );
  // What fails goes on to a catch, what is done to a complete node, with the id it has.
  const next = (vertex: Vertex): readonly Vertex[] => [...vertex.out, ...hearing(vertex, handsOn)];
  const met = [...reach(next(start), next)];
  const isEffect = (vertex: Vertex): boolean => hasEffect(vertex.entry, options);
  const behind = (vertex: Vertex): readonly Vertex[] => [...reach(next(vertex), next)];
  const leads = (vertex: Vertex): boolean =>
    behind(vertex).some((other) => outboundTypes.has(other.entry.type) || isEffect(other));
  // Another pipeline on the topic is not what is tested, and what is only shown there nobody misses.
  const isPart = (vertex: Vertex): boolean =>
    tabOf(vertex) === tabOf(start) &&
    (leads(vertex) || behind(vertex).some(({ entry: { type } }) => joiningTypes.has(type)));
  const takesBack = roundTripsIn(entries);
  const goesOn = (outbound: Vertex): boolean =>
    [...graph.vertices.values()].some((inbound) => takesBack(outbound, inbound) && isPart(inbound));
  const statuses = new Set([start, ...met].flatMap((vertex) => hearing(vertex, (type) => type === 'status')));
  return {
    effects: named(met.filter(isEffect)),
    newIds: named([
      ...met.filter(({ entry }) => newIdTypes.has(entry.type) || replacesId(entry)),
      ...[...statuses].filter(leads),
    ]),
    roundTrips: named(met.filter(goesOn)),
    mixing: named(met.filter((vertex) => mixes(vertex, graph))),
  };
}

function containersOf(vertex: Vertex): readonly Vertex[] {
  const all: Vertex[] = [];
  for (let around = vertex.container; around; around = around.container) all.push(around);
  return all;
}

/** The id of the tab that it is on, within however many subflows. */
const tabOf = (vertex: Vertex): string => textOf((containersOf(vertex).at(-1) ?? vertex).entry, 'z');

/** A joining node of ours keeps rounds apart where each parent is waited for and messages are told apart by their ids. */
function mixes(vertex: Vertex, graph: FlowGraph): boolean {
  const { entry } = vertex;
  if (mixingTypes.has(entry.type)) return true;
  if (!joiningTypes.has(entry.type)) return false;
  const { plan, config } = planOf(vertex, graph) ?? {};
  if (!plan || !config || plan.joined.length === 0) return false;
  return config.key !== 'msgid' || plan.joined.some(({ policy }) => policy !== 'each');
}

function named(vertices: readonly Vertex[]): readonly NamedNode[] {
  const nodes = vertices.filter(({ kind }) => kind === 'node').map(({ entry }) => entry);
  const distinct = new Map(nodes.map((entry) => [entry.id, entry]));
  return [...distinct.values()].map((entry) => ({ id: entry.id, name: nameOf(entry), type: entry.type }));
}

import type { FlowEntry } from './flow-entry';
import { findCycles, findReturns, type Returns } from './graph/cycles';
import { expandFlows } from './graph/expansion';
import { findParents, type SeenParent } from './graph/parents';
import { findUnrelated } from './graph/relation';
import { nameOf, templateIdOf } from './graph/stored-wiring';
import type { Vertex } from './graph/vertex';

export interface Parent {
  /** In the flow file, never the id of a running node. */
  readonly id: string;
  /** What it is called there, or `''`. */
  readonly name: string;
  readonly type: string;
}

export interface ParentCycle {
  readonly parentId: string;
  /** Names (or types) from the node over this parent back to the node. */
  readonly path: readonly string[];
}

/**
 * What the nodes of the active flows are wired to, as messages go at run time. The parents of a node are the nearest
 * nodes upstream: junctions, link nodes and, from inside, the border of a subflow are seen through; a subflow instance or
 * a link call seen from outside is a parent itself. What is disabled does not count.
 *
 * Nodes are asked for by their runtime id, because each instance of a subflow has other parents; answers name nodes as
 * the flow file does. Immutable and pure.
 */
export class FlowGraph {
  private readonly parents = new Map<Vertex, ReadonlyMap<string, SeenParent>>();
  private returns: Returns | undefined;

  private constructor(
    /** By runtime id: each node that runs, in each instance of its subflow. */
    readonly vertices: ReadonlyMap<string, Vertex>,
    private readonly templateNames: ReadonlyMap<string, string>,
  ) {}

  /** @param entries - all of the flow file, as `RED.nodes.eachNode` gives them: also what is disabled, groups, templates */
  static of(entries: readonly FlowEntry[]): FlowGraph {
    const templates = entries.filter(({ type }) => type === 'subflow');
    return new FlowGraph(expandFlows(entries), new Map(templates.map((entry) => [entry.id, nameOf(entry)])));
  }

  /** In the order of the flow file; none for a node that does not run. */
  parentsOf(runtimeId: string): readonly Parent[] {
    return [...this.seenBy(runtimeId).values()].map(({ vertex: { entry } }) => ({
      id: entry.id,
      name: nameOf(entry),
      type: entry.type,
    }));
  }

  /**
   * The parent a message came from whose last sender (see `message-origin.ts`) has the runtime id `origin`;
   * `undefined` when that was none of the parents.
   */
  parentOf(runtimeId: string, origin: string): string | undefined {
    const parents = this.seenBy(runtimeId);
    // A node inside a subflow instance sends for the instance, or for one around that.
    for (let sender = this.vertices.get(origin); sender; sender = sender.container) {
      if (parents.get(sender.entry.id)?.vertex === sender) return sender.entry.id;
    }
    return undefined;
  }

  /** The parents that lie downstream of the node itself. Two ways that part and meet again are no cycle. */
  cyclesOf(runtimeId: string): readonly ParentCycle[] {
    const node = this.vertices.get(runtimeId);
    if (!node) return [];
    this.returns ??= findReturns(this.vertices.values());
    return findCycles(node, this.seenBy(runtimeId), this.returns).map(({ parentId, path }) => ({
      parentId,
      path: path.map((vertex) => this.wordsFor(vertex)),
    }));
  }

  /**
   * Two of these parents with no common source upstream (a parent upstream of the other is its source): their messages
   * never are of the same run. Ids that are no parents are passed over.
   */
  unrelatedPair(runtimeId: string, parentIds: readonly string[]): readonly [string, string] | undefined {
    return findUnrelated(this.seenBy(runtimeId), parentIds, this.vertices.values());
  }

  /** The runtime ids of a node of the flow file: one on a tab, in a subflow template one for each of its instances. */
  runtimeIdsOf(id: string): readonly string[] {
    return [...this.vertices].flatMap(([runtimeId, { entry }]) => (entry.id === id ? [runtimeId] : []));
  }

  private seenBy(runtimeId: string): ReadonlyMap<string, SeenParent> {
    const node = this.vertices.get(runtimeId);
    if (!node) return new Map();
    const known = this.parents.get(node) ?? findParents(node);
    this.parents.set(node, known);
    return known;
  }

  private wordsFor({ entry }: Vertex): string {
    return nameOf(entry) || this.templateNames.get(templateIdOf(entry) ?? '') || entry.type;
  }
}

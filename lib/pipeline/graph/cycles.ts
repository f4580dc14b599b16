import type { SeenParent } from './parents';
import { isReturn, templateIdOf } from './stored-wiring';
import { reach, seenFrom, type Vertex } from './vertex';

/**
 * Where a message has come to. One that went into what a link call calls comes back to that call, and the call stands
 * for all of that; so only a message that began inside may come out at any caller.
 */
interface Step {
  readonly vertex: Vertex;
  readonly wentIntoCall: boolean;
  readonly before: Step | undefined;
}

/** For each `link out` that returns: the link calls it may return to. */
export type Returns = ReadonlyMap<Vertex, readonly Vertex[]>;

export function findReturns(vertices: Iterable<Vertex>): Returns {
  const returns = new Map<Vertex, Vertex[]>();
  for (const call of vertices) {
    if (!call.callEntry) continue;
    const inside = reach(call.callEntry.out, (vertex) => vertex.out.filter(({ isCallEntry }) => !isCallEntry));
    for (const vertex of inside) {
      if (isReturn(vertex.entry)) returns.set(vertex, [...(returns.get(vertex) ?? []), call]);
    }
  }
  return returns;
}

/** The shortest way to each place downstream of `node`. */
function walkFrom(node: Vertex, returns: Returns): ReadonlyMap<Vertex, Step> {
  const [outsideCalls, insideCalls] = [new Map<Vertex, Step>(), new Map<Vertex, Step>()];
  const steps: Step[] = [];
  const visit = (vertex: Vertex, wentIntoCall: boolean, before: Step | undefined): void => {
    const reached = wentIntoCall ? insideCalls : outsideCalls;
    if (reached.has(vertex)) return;
    const step = { vertex, wentIntoCall, before };
    reached.set(vertex, step);
    steps.push(step);
  };
  const goOn = (vertex: Vertex, wentIntoCall: boolean, before: Step | undefined): void => {
    for (const next of vertex.out) visit(next, wentIntoCall || next.isCallEntry, before);
    if (!wentIntoCall) for (const call of returns.get(vertex) ?? []) visit(call, false, before);
  };
  goOn(node, false, undefined);
  for (const step of steps) goOn(step.vertex, step.wentIntoCall, step);
  return new Map([...insideCalls, ...outsideCalls]);
}

/** What `node` sees on the way: passages left out, and for all that is inside of another instance that instance. */
function wayTo(last: Step, node: Vertex): readonly Vertex[] {
  const around = node.surroundings;
  const way: Vertex[] = [];
  for (let step: Step | undefined = last; step; step = step.before) {
    const { vertex } = step;
    const seen = seenFrom(around, vertex.isCallEntry && vertex.owner ? vertex.owner : vertex);
    const isInstance = templateIdOf(seen.entry) !== undefined;
    const isPassage = seen.kind === 'passage' && !(isInstance && (vertex.kind === 'exit' || !around.has(seen)));
    if (!isPassage && way[0] !== seen) way.unshift(seen);
  }
  return way;
}

export interface Cycle {
  readonly parentId: string;
  /** From the node over that parent back to the node. */
  readonly path: readonly Vertex[];
}

/** The parents that lie downstream of `node` itself. */
export function findCycles(node: Vertex, parents: ReadonlyMap<string, SeenParent>, returns: Returns): readonly Cycle[] {
  const reached = walkFrom(node, returns);
  return [...parents].flatMap(([parentId, { sources }]) => {
    if (sources.includes(node)) return [{ parentId, path: [node, node] }];
    const last = sources.flatMap((source) => reached.get(source) ?? [])[0];
    return last ? [{ parentId, path: [node, ...wayTo(last, node), node] }] : [];
  });
}

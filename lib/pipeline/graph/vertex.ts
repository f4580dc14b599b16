import type { FlowEntry } from '../flow-entry';

/**
 * - `node`: does something with messages, and is what a message is said to come from
 * - `passage`: hands messages on: junction, link in, link out, the way into a subflow instance or into what a link call calls
 * - `exit`: one output of a subflow instance; seen from outside, the instance is what the message comes from
 */
export type VertexKind = 'node' | 'passage' | 'exit';

/** One place a message passes at run time. */
export class Vertex {
  readonly into: Vertex[] = [];
  readonly out: Vertex[] = [];
  /** Of a subflow instance: its outputs. */
  readonly exits: Vertex[] = [];
  /** Of a `link call` with a fixed target: the way into what it calls. */
  callEntry: Vertex | undefined;
  /** Of an `exit` or the entry of a call: the node it belongs to. */
  owner: Vertex | undefined;

  constructor(
    readonly kind: VertexKind,
    /** Of an exit or the entry of a call, that of its owner. */
    readonly runtimeId: string,
    readonly entry: FlowEntry,
    /** Place of `entry` in the flow file. */
    readonly position: number,
    /** The subflow instance it runs in; none on a tab. */
    readonly container: Vertex | undefined,
  ) {}

  get isCallEntry(): boolean {
    return this.owner?.callEntry === this;
  }

  /** What runs around it, the innermost first; `undefined`, the last one, stands for the tabs. */
  get surroundings(): ReadonlySet<Vertex | undefined> {
    const all = new Set<Vertex | undefined>();
    for (let around = this.container; around; around = around.container) all.add(around);
    return all.add(undefined);
  }
}

export function connect(from: Vertex, to: Vertex): void {
  from.out.push(to);
  to.into.push(from);
  // What goes to a link call goes on into what it calls.
  if (to.callEntry) connect(from, to.callEntry);
}

/** What somebody at a place with these `surroundings` sees of `vertex`: itself, or the outermost instance that hides it. */
export function seenFrom(surroundings: ReadonlySet<Vertex | undefined>, vertex: Vertex): Vertex {
  let seen = vertex.kind === 'exit' ? (vertex.owner ?? vertex) : vertex;
  while (seen.container && !surroundings.has(seen.container)) seen = seen.container;
  return seen;
}

/** All that can be reached over `next`, the starts included. */
export function reach(starts: Iterable<Vertex>, next: (vertex: Vertex) => Iterable<Vertex>): ReadonlySet<Vertex> {
  const reached = new Set(starts);
  // A set is walked in order of insertion, what is added on the way too.
  for (const vertex of reached) for (const other of next(vertex)) reached.add(other);
  return reached;
}

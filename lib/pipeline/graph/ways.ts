import { findReturns } from './cycles';
import { isDynamicCall, isReturn } from './stored-wiring';
import type { Vertex } from './vertex';

/** Where a message may come from and go to in one step. */
export interface Ways {
  readonly before: (vertex: Vertex) => readonly Vertex[];
  readonly after: (vertex: Vertex) => readonly Vertex[];
}

/**
 * Wires and links, and the ways back to a `link call`. One that is told by each message what to call may call every
 * `link in`: what no way leads to here is certainly not reached.
 */
export function waysOf(all: readonly Vertex[]): Ways {
  const [before, after] = [new Map<Vertex, Vertex[]>(), new Map<Vertex, Vertex[]>()];
  const add = (from: Vertex, to: Vertex): void => {
    before.set(to, [...(before.get(to) ?? []), from]);
    after.set(from, [...(after.get(from) ?? []), to]);
  };
  for (const [returning, calls] of findReturns(all)) for (const call of calls) add(returning, call);
  const called = all.filter(({ entry: { type } }) => type === 'link in');
  const returning = all.filter(({ entry }) => isReturn(entry));
  for (const call of all.filter(({ entry }) => isDynamicCall(entry))) {
    for (const target of called) add(call, target);
    for (const back of returning) add(back, call);
  }
  return {
    before: (vertex) => [...vertex.into, ...(before.get(vertex) ?? [])],
    after: (vertex) => [...vertex.out, ...(after.get(vertex) ?? [])],
  };
}

import { templateIdOf } from './stored-wiring';
import { reach, seenFrom, type Vertex } from './vertex';

/** A parent as a node sees it, and the places its messages leave from: several when it has several outputs. */
export interface SeenParent {
  readonly vertex: Vertex;
  readonly sources: readonly Vertex[];
}

/** Messages begin here, or come in from outside of a subflow. */
function isSource({ kind, entry }: Vertex): boolean {
  return kind === 'node' || (kind === 'passage' && templateIdOf(entry) !== undefined);
}

/** An output that nothing inside leads to never gives a message. */
function isFed(exit: Vertex): boolean {
  return [...reach([exit], (vertex) => (isSource(vertex) ? [] : vertex.into))].some(isSource);
}

/** The nearest nodes upstream of `node`, by the ids of the flow file, in its order. */
export function findParents(node: Vertex): ReadonlyMap<string, SeenParent> {
  const around = node.surroundings;
  const found = new Map<Vertex, Vertex[]>();
  const upstream = reach(node.into, (vertex) => (vertex.kind === 'passage' ? vertex.into : []));
  for (const source of upstream) {
    if (source.kind === 'passage' || (source.kind === 'exit' && !isFed(source))) continue;
    const seen = seenFrom(around, source);
    const sources = found.get(seen);
    if (sources) sources.push(source);
    else found.set(seen, [source]);
  }
  const inOrder = [...found].sort(([a], [b]) => a.position - b.position);
  return new Map(inOrder.map(([vertex, sources]) => [vertex.entry.id, { vertex, sources }]));
}

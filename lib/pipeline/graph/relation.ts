import type { SeenParent } from './parents';
import { reach, type Vertex } from './vertex';

/** These nodes hand on a message of the nodes they watch, with its id. */
const watcherTypes = new Set(['catch', 'complete']);

/** All a message at `sources` may have come from, they included. */
function originsOf(sources: readonly Vertex[], vertices: Iterable<Vertex>): ReadonlySet<Vertex> {
  const all = [...vertices];
  const watchedBy = ({ entry, container }: Vertex): readonly Vertex[] => {
    const scope = Array.isArray(entry['scope']) ? new Set<unknown>(entry['scope']) : undefined;
    const isBeside = (other: Vertex): boolean => other.container === container && other.entry['z'] === entry['z'];
    return all.filter((other) => isBeside(other) && (scope?.has(other.entry.id) ?? true));
  };
  return reach(sources, (vertex) =>
    watcherTypes.has(vertex.entry.type) ? [...vertex.into, ...watchedBy(vertex)] : vertex.into,
  );
}

/**
 * The first two of `parentIds` that have nothing upstream in common, so that no message of one is of the same run as
 * one of the other.
 */
export function findUnrelated(
  parents: ReadonlyMap<string, SeenParent>,
  parentIds: readonly string[],
  vertices: Iterable<Vertex>,
): readonly [string, string] | undefined {
  const all = [...vertices];
  const known = parentIds.flatMap((id) => {
    const parent = parents.get(id);
    return parent ? [{ id, origins: originsOf(parent.sources, all) }] : [];
  });
  for (const [index, one] of known.entries()) {
    const other = known.slice(index + 1).find(({ origins }) => ![...origins].some((origin) => one.origins.has(origin)));
    if (other) return [one.id, other.id];
  }
  return undefined;
}

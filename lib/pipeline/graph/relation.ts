import type { SeenParent } from './parents';
import { reach, type Vertex } from './vertex';

/** Nodes that hear of others without a wire. */
export const watcherTypes: ReadonlySet<string> = new Set(['catch', 'complete', 'status']);

/** A watcher that hands on a message of the nodes it watches, with its id; a status is a message of its own. */
export const handsOn = (type: string): boolean => watcherTypes.has(type) && type !== 'status';

/** Whether a `catch`, `complete` or `status` node hears of another node, by its scope. */
export function watches({ entry: watcher, container }: Vertex, { entry, ...other }: Vertex): boolean {
  const { scope } = watcher;
  if (other.container !== container || entry['z'] !== watcher['z']) return false;
  return Array.isArray(scope) ? scope.includes(entry.id) : true;
}

/** All a message at `sources` may have come from, they included. */
function originsOf(sources: readonly Vertex[], vertices: Iterable<Vertex>): ReadonlySet<Vertex> {
  const all = [...vertices];
  const watchedBy = (watcher: Vertex): readonly Vertex[] => all.filter((other) => watches(watcher, other));
  return reach(sources, (vertex) =>
    handsOn(vertex.entry.type) ? [...vertex.into, ...watchedBy(vertex)] : vertex.into,
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

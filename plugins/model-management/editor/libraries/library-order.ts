import { byName, holdsWords } from '../list/search';
import type { Library } from './contract';

export type Order = 'name' | 'updated' | 'used';

const updatedMs = ({ updatedAt }: Library): number => (updatedAt ? Date.parse(updatedAt) : 0);

const COMPARE: Record<Order, (a: Library, b: Library) => number> = {
  name: byName,
  updated: (a, b) => updatedMs(b) - updatedMs(a) || byName(a, b),
  used: (a, b) => b.usedBy.length - a.usedBy.length || byName(a, b),
};

/**
 * The libraries whose name or description holds every word of `search`: one's own first, those that come with the
 * package after them, each in order: name upwards, newest or most used first.
 */
export function arrange(libraries: readonly Library[], search: string, order: Order): readonly Library[] {
  return libraries
    .filter((library) => holdsWords(library, search))
    .sort((a, b) => Number(a.builtIn) - Number(b.builtIn) || COMPARE[order](a, b));
}

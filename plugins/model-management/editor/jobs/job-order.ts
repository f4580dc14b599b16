import { byName, holdsWords } from '../list/search';
import type { JobView } from './contract';

export type Order = 'name' | 'next' | 'last';

const timeOf = (iso: string | null | undefined, fallback: number): number => (iso ? Date.parse(iso) : fallback);

/** The jobs that hold every word of the search, in the order asked for. */
export function arrange(jobs: readonly JobView[], search: string, order: Order): readonly JobView[] {
  const found = jobs.filter(({ name, baseModel }) => holdsWords({ name, description: baseModel }, search));
  if (order === 'name') return found.toSorted(byName);
  if (order === 'next') {
    const never = Number.POSITIVE_INFINITY;
    return found.toSorted((a, b) => timeOf(a.nextRunAt, never) - timeOf(b.nextRunAt, never) || byName(a, b));
  }
  return found.toSorted((a, b) => timeOf(b.lastRun?.createdAt, 0) - timeOf(a.lastRun?.createdAt, 0) || byName(a, b));
}

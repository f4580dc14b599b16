import type { Model } from '../contract';
import { shownMetric } from './model-state';

export const orders = ['name', 'updated', 'metric'] as const;
export type Order = (typeof orders)[number];

const byName = (a: Model, b: Model): number => a.name.localeCompare(b.name, undefined, { numeric: true });
/** Best first; a model without a metric comes last. */
const metricValue = (model: Model): number => shownMetric(model)?.value ?? Number.NEGATIVE_INFINITY;

const COMPARE: Record<Order, (a: Model, b: Model) => number> = {
  name: byName,
  updated: (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || byName(a, b),
  metric: (a, b) => (metricValue(a) === metricValue(b) ? byName(a, b) : metricValue(b) - metricValue(a)),
};

/** The models whose name or description holds every word of `search`, in order: name upwards, newest or best first. */
export function arrange(models: readonly Model[], search: string, order: Order): readonly Model[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = ({ name, description }: Model): boolean =>
    words.every((word) => `${name} ${description ?? ''}`.toLowerCase().includes(word));
  return models.filter(holds).sort(COMPARE[order]);
}

import type { Model } from '../contract';
import { byName, holdsWords } from '../list/search';
import { shownMetric } from './model-state';

export type Order = 'name' | 'updated' | 'metric';

/** Best first; a model without a metric comes last. */
const metricValue = (model: Model): number => shownMetric(model)?.value ?? Number.NEGATIVE_INFINITY;

const COMPARE: Record<Order, (a: Model, b: Model) => number> = {
  name: byName,
  updated: (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || byName(a, b),
  metric: (a, b) => (metricValue(a) === metricValue(b) ? byName(a, b) : metricValue(b) - metricValue(a)),
};

/** The models whose name or description holds every word of `search`, in order: name upwards, newest or best first. */
export function arrange(models: readonly Model[], search: string, order: Order): readonly Model[] {
  return models.filter((model) => holdsWords(model, search)).sort(COMPARE[order]);
}

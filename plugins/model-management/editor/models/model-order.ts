import type { Model } from '../contract';
import { byName, holdsWords } from '../list/search';
import { tagTexts } from '../tags';
import { shownMetric } from './model-state';

export type Order = 'name' | 'updated' | 'metric';

/** Best first; a model without a metric comes last. */
const metricValue = (model: Model): number => shownMetric(model)?.value ?? Number.NEGATIVE_INFINITY;

const COMPARE: Record<Order, (a: Model, b: Model) => number> = {
  name: byName,
  updated: (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || byName(a, b),
  metric: (a, b) => (metricValue(a) === metricValue(b) ? byName(a, b) : metricValue(b) - metricValue(a)),
};

/**
 * The models whose name, description, tags or aliases hold every word of `search`, in order: name upwards, newest or
 * best first.
 */
export function arrange(models: readonly Model[], search: string, order: Order): readonly Model[] {
  const textOf = ({ description, tags, aliases }: Model): string =>
    [description, ...tagTexts(tags), ...Object.keys(aliases)].join(' ');
  return models
    .filter((model) => holdsWords({ name: model.name, description: textOf(model) }, search))
    .sort(COMPARE[order]);
}

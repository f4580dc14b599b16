import type { JobMetric, PromotionRule } from '../job';

export type Metrics = Readonly<Record<string, number>>;

export interface PromotionFacts {
  readonly rule: PromotionRule;
  readonly metrics: readonly JobMetric[];
  /** Of the new version. */
  readonly candidate: Metrics;
  /** Of the version that is deployed; null = none is. */
  readonly deployed: { readonly version: number; readonly metrics: Metrics } | null;
}

export interface PromotionDecision {
  readonly shallPromote: boolean;
  readonly decision: 'promoted' | 'kept' | 'manual';
  readonly reason: string;
}

/** Whether a new version shall be deployed by itself, and why. Whatever is not known speaks against it. */
export function decidePromotion({ rule, metrics, candidate, deployed }: PromotionFacts): PromotionDecision {
  if (rule.mode === 'manual')
    return { shallPromote: false, decision: 'manual', reason: 'The job deploys nothing by itself.' };
  for (const { name, min, max } of metrics) {
    const value = candidate[name];
    if (min === undefined && max === undefined) continue;
    if (value === undefined) return kept(`${name} is not known.`);
    if (min !== undefined && value < min) return kept(`${name} is ${value}, below the least of ${min}.`);
    if (max !== undefined && value > max) return kept(`${name} is ${value}, above the most of ${max}.`);
  }
  if (rule.mode === 'always') return promoted('The job deploys every new version that is within its bounds.');
  const gate = metrics.find(({ name }) => name === rule.metric) ?? (rule.metric === undefined ? metrics[0] : undefined);
  if (!gate) return kept('The job has no metric to compare by.');
  const { name, direction } = gate;
  const value = candidate[name];
  if (value === undefined) return kept(`${name} is not known.`);
  if (!deployed) return promoted('Nothing was deployed.');
  const before = deployed.metrics[name];
  if (before === undefined)
    return kept(`Version ${deployed.version}, which is deployed, has no ${name} to compare with.`);
  const gain = direction === 'maximize' ? value - before : before - value;
  const words = `${name} is ${value}, and ${before} for version ${deployed.version}, which is deployed`;
  if (gain > 0 && gain >= rule.minImprovement) return promoted(`${words}.`);
  return kept(
    gain > 0 ? `${words}: better by ${gain}, and ${rule.minImprovement} is asked for.` : `${words}: not better.`,
  );
}

function kept(reason: string): PromotionDecision {
  return { shallPromote: false, decision: 'kept', reason };
}

function promoted(reason: string): PromotionDecision {
  return { shallPromote: true, decision: 'promoted', reason };
}

import { t } from '../i18n';
import type { Trend } from './model-state';

const SIGNS: Record<Trend, string> = { up: '↗', down: '↘', level: '→' };

/** The arrow behind a metric; named for those who do not see it. */
export function TrendSign({ trend }: { readonly trend: Trend }) {
  return (
    <span role="img" aria-label={t(`metric.${trend}`)}>
      {' '}
      {SIGNS[trend]}
    </span>
  );
}

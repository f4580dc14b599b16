import { t } from '../i18n';
import type { RolloutSummary } from './rollout-client';
import { edgeCount } from './rollout-words';

/** "4 of 12 run it", as a bar too. */
export function RolloutProgress({ counts }: { readonly counts: RolloutSummary['counts'] }) {
  const total = edgeCount(counts);
  const { running = 0 } = counts;
  const text = t('rollout.progress', { running, total });
  return (
    <span class="mm-edge-progress">
      <progress max={total} value={running} aria-label={text} /> <span>{text}</span>
    </span>
  );
}

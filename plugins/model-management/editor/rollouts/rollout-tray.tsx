import { t } from '../i18n';
import { openTray } from '../widgets/tray';
import type { RolloutSummary } from './rollout-client';
import { RolloutDetail } from './rollout-detail';

const WIDTH_PX = 760;

/** Everything about a rollout, in the platform's tray. */
export function openRollout({ id, model, version }: Pick<RolloutSummary, 'id' | 'model' | 'version'>): void {
  openTray({
    title: t('rollout.title', { name: model, version }),
    widthPx: WIDTH_PX,
    content: <RolloutDetail id={id} />,
  });
}

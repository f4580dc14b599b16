import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useEdgeChanges, useResource, useRolloutChanges } from '../live';
import { fetchActiveRollouts } from './rollout-client';
import { RolloutRow } from './rollout-row';
import { openRollout } from './rollout-tray';

/** What is on its way to edges now; nothing where nothing is. */
export function ActiveRollouts() {
  const { data = [], error, reload } = useResource(fetchActiveRollouts, []);
  useRolloutChanges(reload);
  useEdgeChanges(reload, () => data.length > 0);
  if (error) return <ErrorBox error={error} onRetry={reload} />;
  if (data.length === 0) return null;
  return (
    <section class="mm-under-way">
      <h3>{t('rollout.underWay')}</h3>
      <ul aria-label={t('rollout.underWay')}>
        {data.map((rollout) => (
          <li key={rollout.id}>
            <RolloutRow rollout={rollout} onOpen={() => openRollout(rollout)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

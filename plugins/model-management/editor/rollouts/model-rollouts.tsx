import { useState } from 'preact/hooks';
import { ErrorBox } from '../feedback';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import type { Resource } from '../live';
import type { RolloutSummary } from './rollout-client';
import { RolloutDetail } from './rollout-detail';
import { RolloutRow } from './rollout-row';
import { isActive } from './rollout-words';

/** The rollouts of one model; the one under way is open until it is closed. */
export function ModelRollouts({ rollouts }: { readonly rollouts: Resource<readonly RolloutSummary[]> }) {
  const { data = [], error, reload } = rollouts;
  const [wish, setWish] = useState<{ readonly id: string; readonly isOpen: boolean }>();
  const page = usePage(data);
  const current = data.find(isActive)?.id;
  const open = wish ? (wish.isOpen ? wish.id : undefined) : current;
  if (data.length === 0 && !error) return null;
  return (
    <section>
      <h4 class="mm-subtitle">{t('rollout.list')}</h4>
      {error && <ErrorBox error={error} onRetry={reload} />}
      <ul class="mm-rollouts" aria-label={t('rollout.list')}>
        {page.shown.map((rollout) => (
          <li key={rollout.id}>
            <RolloutRow
              rollout={rollout}
              isOpen={open === rollout.id}
              onOpen={() => setWish({ id: rollout.id, isOpen: open !== rollout.id })}
            />
            {open === rollout.id && <RolloutDetail id={rollout.id} isBelowRow />}
          </li>
        ))}
      </ul>
      <PagerOfMany page={page} />
    </section>
  );
}

import { useState } from 'preact/hooks';
import { announce } from '../announce';
import { Busy, ErrorBox, Question } from '../feedback';
import { t, tCount } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';
import { actOnRollout, type RolloutAction, type RolloutView } from './rollout-client';
import { exposedCount } from './rollout-words';

const ICONS: Record<RolloutAction, string> = {
  pause: 'fa-pause',
  resume: 'fa-play',
  stop: 'fa-ban',
  rollback: 'fa-undo',
};

/** What a rollout can be told in its state. */
export function actionsFor({ state, counts }: Pick<RolloutView, 'state' | 'counts'>): readonly RolloutAction[] {
  const back: readonly RolloutAction[] = exposedCount(counts) > 0 ? ['rollback'] : [];
  switch (state) {
    case 'running':
      return ['pause', 'stop', ...back];
    case 'paused':
      return ['resume', 'stop', ...back];
    case 'stopped':
    case 'succeeded':
      return back;
    case 'rolling_back':
    case 'rolled_back':
      return [];
  }
}

/** Going on and holding are done at once; what cannot be taken back is asked first. */
export function RolloutActions({
  rollout,
  onChanged,
}: {
  readonly rollout: RolloutView;
  readonly onChanged: () => void;
}) {
  const [asked, setAsked] = useState<'stop' | 'rollback'>();
  const { state, start } = useTask();
  const offered = actionsFor(rollout);
  const act = (action: RolloutAction): void => {
    setAsked(undefined);
    start(async (signal) => {
      const { state: reached } = await actOnRollout(rollout.id, action, signal);
      announce(t(`rollout.state.${reached}`));
      onChanged();
    });
  };
  const isBusy = state.status === 'busy';
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      {offered.length > 0 && (
        <div class="mm-buttons">
          {offered.map((action) => (
            <SteadyButton
              key={action}
              off={isBusy}
              onClick={() => (action === 'stop' || action === 'rollback' ? setAsked(action) : act(action))}
            >
              <i class={`fa ${ICONS[action]}`} aria-hidden="true" /> {t(`rollout.action.${action}`)}
            </SteadyButton>
          ))}
          {isBusy && <Busy text={t('edge.busy')} />}
        </div>
      )}
      {asked && offered.includes(asked) && (
        <Question
          key={asked}
          confirm={t(`rollout.confirm.${asked}`)}
          danger={asked === 'rollback'}
          onConfirm={() => act(asked)}
          onCancel={() => setAsked(undefined)}
        >
          <p>
            {asked === 'stop'
              ? t('rollout.effect.stop')
              : tCount('rollout.effect.rollback', exposedCount(rollout.counts))}
          </p>
        </Question>
      )}
    </>
  );
}

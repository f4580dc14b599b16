import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { SteadyButton } from '../steady-button';

/** Tries again, on an edge, what failed there. */
export function RetryButton({
  hint,
  retry,
}: {
  /** What it does. */
  readonly hint: string;
  readonly retry: (signal: AbortSignal) => Promise<void>;
}) {
  const { state, start } = useTask();
  const isBusy = state.status === 'busy';
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <SteadyButton off={isBusy} onClick={() => start(retry)}>
          <i class="fa fa-refresh" aria-hidden="true" /> {t('action.retry')}
        </SteadyButton>
        <span class="mm-hint">{hint}</span>
        {isBusy && <Busy text={t('edge.busy')} />}
      </div>
    </>
  );
}

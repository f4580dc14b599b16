import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';

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
  if (state.status === 'busy') return <Busy text={t('edge.busy')} />;
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <button type="button" class="red-ui-button" onClick={() => start(retry)}>
          <i class="fa fa-refresh" aria-hidden="true" /> {t('action.retry')}
        </button>
        <span class="mm-hint">{hint}</span>
      </div>
    </>
  );
}

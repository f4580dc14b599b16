import type { ComponentChildren } from 'preact';
import { Busy, ErrorBox } from './feedback';
import { t } from './i18n';
import type { TaskState } from './live';
import { SteadyButton } from './steady-button';

/** What a form ends with: the wait or the failure of what it does, and the buttons that do it or leave it. */
export function FormEnd({
  state,
  busy,
  onLeave,
  isReady,
  onSubmit,
  onCancel,
  children,
}: {
  readonly state: TaskState;
  /** What is waited for, in words; absent: it takes no time. */
  readonly busy?: string;
  /** For what goes on when the form is left. */
  readonly onLeave?: () => void;
  readonly isReady: boolean;
  readonly onSubmit: () => void;
  readonly onCancel: () => void;
  /** What its button says. */
  readonly children: ComponentChildren;
}) {
  return (
    <>
      {state.status === 'busy' && busy !== undefined && <Busy text={busy} {...(onLeave && { onLeave })} />}
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <div class="mm-buttons">
        <SteadyButton primary off={!isReady} onClick={onSubmit}>
          {children}
        </SteadyButton>
        <button type="button" class="red-ui-button" onClick={onCancel}>
          {t('action.cancel')}
        </button>
      </div>
    </>
  );
}

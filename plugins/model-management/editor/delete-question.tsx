import type { ComponentChildren } from 'preact';
import { Busy, ErrorBox, Question } from './feedback';
import { t } from './i18n';
import { useTask } from './live';
import { UsageList } from './model/usage-list';

/** Says what goes; what is in use asks a second time, with its users in sight. */
export function DeleteQuestion({
  confirm,
  inUse,
  canForce = true,
  remove,
  onGone,
  onClose,
  children,
}: {
  readonly confirm: string;
  /** What it means to the users listed below it. */
  readonly inUse: string;
  /** It may go all the same. */
  readonly canForce?: boolean;
  readonly remove: (force: boolean, signal: AbortSignal) => Promise<void>;
  readonly onGone: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const { state, start } = useTask();
  const run = (force: boolean): void =>
    start(async (signal) => {
      await remove(force, signal);
      onGone();
    });
  if (state.status === 'busy') return <Busy text={t('delete.busy')} />;
  if (state.status === 'failed' && state.error.code === 'IN_USE') {
    if (!canForce) {
      return (
        <ErrorBox error={state.error} intro={inUse}>
          <UsageList usedBy={state.error.usedBy} />
        </ErrorBox>
      );
    }
    return (
      <Question confirm={t('delete.force')} danger onConfirm={() => run(true)} onCancel={onClose}>
        <p>{inUse}</p>
        <UsageList usedBy={state.error.usedBy} />
      </Question>
    );
  }
  return (
    <>
      {state.status === 'failed' && <ErrorBox error={state.error} />}
      <Question confirm={confirm} danger onConfirm={() => run(false)} onCancel={onClose}>
        {children}
      </Question>
    </>
  );
}

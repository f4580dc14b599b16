import { followersText } from '../alias/alias-effect';
import { announce } from '../announce';
import type { ApiError } from '../api';
import type { Model } from '../contract';
import { Busy, ErrorBox, Question } from '../feedback';
import { t } from '../i18n';
import { useTask } from '../live';
import { rollBack, setAlias } from '../registry-client';
import { DEPLOYED } from './assignment';
import { Differences, differencesOf } from './differences';

export type DeployTarget = { readonly kind: 'deploy' | 'rollback'; readonly version: number };

/** One question, then the swap; a failure says which version is still in service. */
export function DeployPanel({
  model,
  target,
  onRollOut,
  onDone,
  onClose,
}: {
  readonly model: Model;
  readonly target: DeployTarget;
  /** Sends it to edges of choice instead; absent where there are none. */
  readonly onRollOut?: () => void;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const { state, start, reset } = useTask();
  const { version, kind } = target;
  const deployed = model.aliases.deployed ?? null;
  const confirm = t(kind === 'deploy' ? 'deploy.confirm' : 'rollback.confirm', { version });
  const run = (force: boolean): void =>
    start(async (signal) => {
      const { aliases } = await (kind === 'deploy'
        ? setAlias(model.name, 'deployed', { version, expectedVersion: deployed, force }, signal)
        : rollBack(model.name, force, signal));
      // A rollback goes to where the server stands by now.
      announce(t('deploy.done', { name: model.name, version: aliases.deployed ?? version }));
      onDone();
      onClose();
    });

  switch (state.status) {
    case 'busy':
      return <Busy text={t('deploy.busy', { version })} onLeave={onClose} />;
    case 'failed':
      return state.error.code === 'SIGNATURE_CHANGED' ? (
        <Question confirm={t('deploy.force', { version })} danger onConfirm={() => run(true)} onCancel={onClose}>
          <p>{t('deploy.signatureChanged', { version })}</p>
          <Differences differences={differencesOf(state.error)} />
        </Question>
      ) : (
        <Failure model={model} error={state.error} onRetry={reset} onClose={onClose} />
      );
    case 'idle':
      return (
        <Question confirm={confirm} onConfirm={() => run(false)} onCancel={onClose}>
          <p>{whatChanges(model, version)}</p>
          {onRollOut && (
            <p>
              {t('rollout.instead')}{' '}
              <button type="button" class="mm-link" onClick={onRollOut}>
                {t('rollout.form.title')}
              </button>
            </p>
          )}
        </Question>
      );
  }
}

function Failure({
  model,
  error,
  onRetry,
  onClose,
}: {
  readonly model: Model;
  readonly error: ApiError;
  readonly onRetry: () => void;
  readonly onClose: () => void;
}) {
  const { deployed } = model.aliases;
  return (
    <>
      <ErrorBox
        error={error}
        onRetry={onRetry}
        {...(deployed && { intro: t('deploy.stillInService', { version: deployed }) })}
      />
      <button type="button" class="red-ui-button red-ui-button-small" onClick={onClose}>
        {t('action.close')}
      </button>
    </>
  );
}

/** "3 nodes and 2 edges will answer with v5; v3 stays ready for rollback." */
function whatChanges(model: Model, version: number): string {
  const users = followersText(model, DEPLOYED);
  const effect = users ? t('deploy.effect', { users, version }) : t('deploy.noUsers', { version });
  const { deployed } = model.aliases;
  return deployed ? `${effect} ${t('deploy.keeps', { version: deployed })}` : effect;
}

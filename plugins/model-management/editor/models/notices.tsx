import type { Health } from '../contract';
import { t } from '../i18n';

/** What does not work or is not safe on this machine, one line each. */
export function Notices({ health }: { readonly health: Health }) {
  const { engine, auth } = health;
  return (
    <>
      {engine.kind === 'none' && <Notice icon="fa-exclamation-triangle" text={engine.reason ?? t('notice.noEngine')} />}
      {!auth.adminAuth && <Notice icon="fa-unlock" text={t('notice.noAuth')} />}
    </>
  );
}

function Notice({ icon, text }: { readonly icon: string; readonly text: string }) {
  return (
    <p class="mm-notice" role="note" title={text}>
      <i class={`fa ${icon}`} aria-hidden="true" /> {text}
    </p>
  );
}

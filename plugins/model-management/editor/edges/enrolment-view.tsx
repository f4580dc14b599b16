import { useEffect, useRef, useState } from 'preact/hooks';
import { isSameEdge } from '../../../../lib/edges/protocol/names';
import { announce } from '../announce';
import { copyTextOf } from '../copy-text';
import { ErrorBox } from '../feedback';
import { formatMoment } from '../format';
import { t } from '../i18n';
import { useEdgeChanges, useResource } from '../live';
import { type Enrolling, type Enrolment, fetchEdge } from './edge-client';
import { EdgeSign } from './edge-sign';
import { loopbackOf, settingsText } from './settings-text';

/** What to copy to the other Node-RED, this once; follows the edge until it is there. */
export function EnrolmentView({ enrolling: { edge, enrolment } }: { readonly enrolling: Enrolling }) {
  const title = useRef<HTMLHeadingElement>(null);
  // The form that had it is gone.
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <section>
      <h3 ref={title} tabIndex={-1} class="mm-plain-focus">
        {t('edge.enrol.title', { name: edge.name })}
      </h3>
      <p>{t('edge.enrol.steps')}</p>
      <Snippet name={edge.name} enrolment={enrolment} />
      {/* One that is there already answers with its old key until it has taken the new one: nothing to wait for is seen. */}
      {edge.state === 'online' ? <p>{t('edge.enrol.holds')}</p> : <Arrival name={edge.name} />}
    </section>
  );
}

function Snippet({ name, enrolment }: { readonly name: string; readonly enrolment: Enrolment }) {
  const { settings, token, expiresAt } = enrolment;
  const box = useRef<HTMLPreElement>(null);
  const host = loopbackOf(settings);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a section is no code */}
      <pre
        ref={box}
        class="mm-snippet"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        role="region"
        aria-label={t('edge.enrol.snippet', { name })}
      >
        {settingsText(settings)}
      </pre>
      <CopyButton box={box} />
      <p class="mm-hint">{t('edge.enrol.expires', { moment: formatMoment(expiresAt, RED.i18n.lang()) })}</p>
      {host && (
        <p class="mm-hint">
          <i class="fa fa-exclamation-triangle" aria-hidden="true" /> {t('edge.enrol.loopback', { host })}
        </p>
      )}
      <p class="mm-hint">{t('edge.enrol.login')}</p>
      <p class="mm-hint mm-token">
        {t('edge.enrol.token')} <code>{token}</code>
      </p>
    </>
  );
}

function CopyButton({ box }: { readonly box: { readonly current: HTMLElement | null } }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    const isCopied = box.current !== null && (await copyTextOf(box.current));
    setSaid(t(isCopied ? 'edge.enrol.copied' : 'edge.enrol.selected'));
  };
  return (
    <div class="mm-buttons">
      <button type="button" class="red-ui-button primary" onClick={() => void copy()}>
        <i class="fa fa-clipboard" aria-hidden="true" /> {t('run.logCopy')}
      </button>
      <span role="status">{said}</span>
    </div>
  );
}

/** Waits for the edge on the screen. */
function Arrival({ name }: { readonly name: string }) {
  const { data, error, reload } = useResource((signal) => fetchEdge(name, signal), [name]);
  useEdgeChanges(reload, (changed) => isSameEdge(changed, name));
  const isThere = data?.state === 'online';
  useEffect(() => {
    if (isThere) announce(t('edge.enrol.there', { name }));
  }, [isThere, name]);
  if (error) return <ErrorBox error={error} onRetry={reload} />;
  return (
    <p class="mm-box mm-arrival">
      {isThere ? <EdgeSign look="online" /> : <i class="fa fa-circle-o-notch fa-spin" aria-hidden="true" />}{' '}
      {t(isThere ? 'edge.enrol.there' : 'edge.enrol.waiting', { name })}
    </p>
  );
}

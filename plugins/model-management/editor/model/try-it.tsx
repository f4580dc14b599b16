import { useState } from 'preact/hooks';
import { effectiveSignature } from '../../../../lib/registry/signature-comparison';
import type { VersionSummary } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { useKept, useModelChanges, useResource } from '../live';
import { fetchVersion, type InferRequest } from '../registry-client';
import { samplePayloadOf } from './sample-payload';
import { TryItRun } from './try-it-run';

/** One message through a version, converted as the node converts it. */
export function TryIt({
  model,
  version,
  versions,
  options = {},
}: {
  readonly model: string;
  /** To start with; where there is nothing to choose from, it is followed. */
  readonly version: number;
  /** To choose from; absent: only the one given. */
  readonly versions?: readonly VersionSummary[];
  /** The node's own settings. */
  readonly options?: Omit<InferRequest, 'payload'>;
}) {
  const [chosen, setChosen] = useState(version);
  const ref = versions?.some((one) => one.version === chosen) ? chosen : version;
  const { data, error, reload, cancel } = useResource((signal) => fetchVersion(model, ref, signal), [model, ref]);
  // The payload stands while the facts of another version are loaded.
  const facts = useKept(data);
  useModelChanges(reload);
  return (
    <section class="mm-try" aria-label={t('try.title')}>
      <header class="mm-section-head">
        <h3>{t('try.title')}</h3>
        {versions && (
          <select
            aria-label={t('version.column.version')}
            value={String(ref)}
            onChange={(event) => setChosen(Number(event.currentTarget.value))}
          >
            {versions.map(({ version: number }) => (
              <option key={number} value={String(number)}>
                {t('version.short', { version: number })}
              </option>
            ))}
          </select>
        )}
      </header>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('signature.loading')} onCancel={cancel} />}
      {facts && (
        <TryItRun
          model={model}
          version={ref}
          sample={samplePayloadOf(facts, effectiveSignature(facts), options.features)}
          options={options}
        />
      )}
    </section>
  );
}

import { useState } from 'preact/hooks';
import { Age } from '../age';
import type { Version } from '../contract';
import { EditVersion } from '../edit/edit-version';
import { Busy, ErrorBox } from '../feedback';
import { formatBytes } from '../format';
import { t } from '../i18n';
import { useModelChanges, useResource } from '../live';
import { fetchVersion } from '../registry-client';
import { mayWrite } from '../rights';
import { TagList } from '../tags';
import { DownloadButton } from './download-button';
import { SignatureFacts } from './signature-facts';

/** One version in full: what it takes and gives, what is said of it, and where it comes from. */
export function VersionSection({
  model,
  version,
  onEdit,
  onChanged,
}: {
  readonly model: string;
  readonly version: number;
  /** From now on this version is to stay in sight, whatever is deployed meanwhile. */
  readonly onEdit: () => void;
  readonly onChanged: () => void;
}) {
  const { data, error, reload, cancel } = useResource(
    (signal) => fetchVersion(model, version, signal),
    [model, version],
  );
  const [isEditing, setEditing] = useState(false);
  useModelChanges(reload);
  return (
    <section>
      <header class="mm-section-head">
        <h3>{t('signature.of', { version })}</h3>
        <span class="mm-actions">
          {data && mayWrite() && (
            <button
              type="button"
              class="red-ui-button red-ui-button-small"
              aria-expanded={isEditing}
              aria-label={t('edit.version', { version })}
              onClick={() => {
                onEdit();
                setEditing(!isEditing);
              }}
            >
              <i class="fa fa-pencil" aria-hidden="true" /> {t('edit.button')}
            </button>
          )}
          <DownloadButton model={model} version={version} kind="archive" />
        </span>
      </header>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('signature.loading')} onCancel={cancel} />}
      {data && isEditing && (
        <EditVersion
          version={data}
          onDone={() => {
            reload();
            onChanged();
          }}
          onClose={() => setEditing(false)}
        />
      )}
      {data && <Facts version={data} />}
    </section>
  );
}

function Facts({ version }: { readonly version: Version }) {
  const { description, tags, additionalOutputs, preprocessing, lineage } = version;
  const language = RED.i18n.lang();
  const outputs = additionalOutputs.map(({ path, sizeBytes }) => `${path} (${formatBytes(sizeBytes, language)})`);
  return (
    <>
      {description && <p class="mm-description">{description}</p>}
      <TagList tags={tags} />
      <SignatureFacts version={version} />
      <Fact title={t('fact.preprocessing')} text={preprocessing?.digest.slice(0, 19)} />
      <Fact title={t('fact.outputs')} text={outputs.join(', ')} />
      <p class="mm-sub" title={version.digest}>
        {t('signature.facts', {
          opset: version.opset,
          producer: version.producer || t('metric.none'),
          digest: version.digest.slice(0, 19),
        })}
      </p>
      <Origin version={version} />
      {Object.entries(lineage ?? {}).map(([name, value]) => (
        <Fact key={name} title={name} text={typeof value === 'string' ? value : JSON.stringify(value)} />
      ))}
    </>
  );
}

/** "upload, 3 days ago · by Ada · after v2 · run 17" */
function Origin({ version: { source, createdAt, createdBy, parentVersion, runId } }: { readonly version: Version }) {
  const parts = [
    ...(createdBy === null ? [] : [t('fact.by', { user: createdBy })]),
    ...(parentVersion === undefined ? [] : [t('fact.after', { version: parentVersion })]),
    ...(runId === undefined ? [] : [`${t('fact.run')} ${runId}`]),
  ];
  return (
    <p class="mm-sub">
      {t(`version.source.${source}`)}, <Age at={createdAt} />
      {parts.map((part) => ` · ${part}`)}
    </p>
  );
}

function Fact({ title, text }: { readonly title: string; readonly text: string | undefined }) {
  return text ? (
    <p class="mm-sub">
      {title}: {text}
    </p>
  ) : null;
}

import { useState } from 'preact/hooks';
import { Age } from '../age';
import type { AuditEntry } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { useModelChanges, useResource } from '../live';
import { fetchAudit } from '../registry-client';
import { type AuditChange, auditSentence } from './audit-sentence';

const PAGE_COUNT = 20;

/** Fields that have a word of their own; others show their name. */
const FIELDS = new Set(['description', 'tags', 'metrics', 'labels', 'features', 'digest', 'aliases']);

/** Who changed what, the newest first, a page at a time. */
export function AuditLog({ model }: { readonly model: string }) {
  const [first, setFirst] = useState(0);
  const { data, error, reload, cancel } = useResource(
    (signal) => fetchAudit(model, first, PAGE_COUNT, signal),
    [model, first],
  );
  useModelChanges(reload);
  return (
    <section class="mm-audit" aria-label={t('audit.title')}>
      <h3>{t('audit.title')}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!data && !error && <Busy text={t('audit.loading')} onCancel={cancel} />}
      {data && (
        <>
          <ol>
            {data.items.map((entry, index) => (
              <Entry key={`${entry.at} ${data.total - first - index}`} entry={entry} />
            ))}
          </ol>
          {data.total > PAGE_COUNT && (
            <Pager
              page={{
                shown: data.items,
                first,
                total: data.total,
                ...(first > 0 && { onPrevious: () => setFirst(Math.max(0, first - PAGE_COUNT)) }),
                ...(first + PAGE_COUNT < data.total && { onNext: () => setFirst(first + PAGE_COUNT) }),
              }}
            />
          )}
        </>
      )}
    </section>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { key, values, changes } = auditSentence(entry);
  return (
    <li>
      <p>{t(key, values)}</p>
      <p class="mm-sub">
        <Age at={entry.at} /> · {entry.user ?? t('audit.noUser')}
      </p>
      {changes.length > 0 && (
        <ul>
          {changes.map((change) => (
            <Change key={`${change.field} ${change.name}`} change={change} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Change({ change: { field, name, before, after } }: { readonly change: AuditChange }) {
  return (
    <li>
      {FIELDS.has(field) ? t(`audit.field.${field}`) : field} {name}:{' '}
      {before && (
        <>
          <del>{before}</del>{' '}
          <span role="img" aria-label={t('audit.became')}>
            →
          </span>{' '}
        </>
      )}
      {after ? <ins>{after}</ins> : t('audit.nothing')}
    </li>
  );
}

import { useState } from 'preact/hooks';
import { Age } from '../age';
import type { AuditEntry } from '../contract';
import { Busy, ErrorBox } from '../feedback';
import { t } from '../i18n';
import { Pager } from '../list/pager';
import { useKept, useModelChanges, useResource } from '../live';
import { fetchAudit } from '../registry-client';
import { type AuditChange, auditSentence } from './audit-sentence';

const PAGE_COUNT = 20;

/** Fields that have a word of their own; others show their name. */
const FIELDS = new Set([
  'description',
  'tags',
  'metrics',
  'labels',
  'features',
  'digest',
  'aliases',
  'preprocessing',
  'original',
]);

/** Who changed what, the newest first, a page at a time. */
export function AuditLog({ model }: { readonly model: string }) {
  const [wanted, setWanted] = useState(0);
  const { data, error, reload, cancel } = useResource(
    async (signal) => ({ first: wanted, ...(await fetchAudit(model, wanted, PAGE_COUNT, signal)) }),
    [model, wanted],
  );
  // The page before, with the button that was pressed, stands until the next is there.
  const page = useKept(data);
  useModelChanges(reload);
  return (
    <section class="mm-audit" aria-label={t('audit.title')}>
      <h3>{t('audit.title')}</h3>
      {error && <ErrorBox error={error} onRetry={reload} />}
      {!page && !error && <Busy text={t('audit.loading')} onCancel={cancel} />}
      {page && (
        <>
          <ol>
            {page.items.map((entry, index) => (
              <Entry key={`${entry.at} ${page.total - page.first - index}`} entry={entry} />
            ))}
          </ol>
          {page.total > PAGE_COUNT && (
            <Pager
              page={{
                shown: page.items,
                first: page.first,
                total: page.total,
                ...(page.first > 0 && { onPrevious: () => setWanted(Math.max(0, page.first - PAGE_COUNT)) }),
                ...(page.first + PAGE_COUNT < page.total && { onNext: () => setWanted(page.first + PAGE_COUNT) }),
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
      {[FIELDS.has(field) ? t(`audit.field.${field}`) : field, name].filter(Boolean).join(' ')}:{' '}
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

import { useState } from 'preact/hooks';
import { Age } from '../age';
import { t } from '../i18n';
import { PagerOfMany } from '../list/pager';
import { usePage } from '../list/pages';
import { Toggle } from '../toggle';
import type { RolloutView } from './rollout-client';

type Entry = RolloutView['audit'][number];

/** Who did what, and what the hub did by itself; the newest first. */
export function RolloutAudit({ entries }: { readonly entries: readonly Entry[] }) {
  const [isOpen, setOpen] = useState(false);
  const page = usePage(entries.toReversed());
  return (
    <section class="mm-audit" aria-label={t('audit.title')}>
      <div class="mm-buttons">
        <Toggle open={isOpen} text={t('audit.title')} onClick={() => setOpen(!isOpen)} />
      </div>
      {isOpen && (
        <>
          <ol>
            {page.shown.map((entry, index) => (
              <li key={`${entry.at} ${page.total - page.first - index}`}>
                <p>{sentence(entry)}</p>
                <p class="mm-sub">
                  <Age at={entry.at} />
                  {entry.user !== null && ` · ${entry.user}`}
                </p>
              </li>
            ))}
          </ol>
          <PagerOfMany page={page} />
        </>
      )}
    </section>
  );
}

const LEFT = ['deleted', 'changed', 'refused'] as const;
const STOPPED = ['failures', 'version-gone', 'nothing-left'] as const;

function sentence({ action, wave, edge, reason }: Entry): string {
  const left = LEFT.find((one) => one === reason);
  const stopped = STOPPED.find((one) => one === reason);
  const why = left ? t(`rollout.left.${left}`) : stopped ? t(`rollout.reason.${stopped}`) : '';
  return [t(`rollout.audit.${action}`, { wave: wave ?? '', edge: edge ?? '' }), why].filter(Boolean).join(' ');
}

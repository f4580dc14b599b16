import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Health } from '../contract';
import { t, tCount } from '../i18n';
import { dismissedNotices, type Notice, noticesOf, storeDismissed } from './notice-list';

const ICONS: Record<Notice['key'], string> = {
  noEngine: 'fa-exclamation-triangle',
  slowEngine: 'fa-tachometer',
  noAuth: 'fa-unlock',
  brokerGone: 'fa-chain-broken',
  noBroker: 'fa-chain-broken',
  noDocker: 'fa-info-circle',
};

/** What does not work or is not safe on this machine: the gravest in full, the others on demand; each can be put away. */
export function Notices({ health }: { readonly health: Health }) {
  const [dismissed, setDismissed] = useState(dismissedNotices);
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLElement>(null);
  const pane = useRef<Element | null>(null);
  // The button went with its line: the next one gets the focus, after the last the search of the list.
  useLayoutEffect(() => {
    const next = pane.current?.querySelector<HTMLElement>('.mm-notices button') ?? pane.current?.querySelector('input');
    next?.focus({ preventScroll: true });
  }, [dismissed]);
  const [first, ...others] = noticesOf(health).filter(({ key }) => !dismissed.includes(key));
  if (!first) return null;
  const dismiss = (key: string): void => {
    const keys = [...dismissed, key];
    storeDismissed(keys);
    pane.current = box.current?.closest('.mm-pane') ?? null;
    setDismissed(keys);
  };
  return (
    <section ref={box} class="mm-notices" aria-label={t('notice.label')}>
      <ul>
        {[first, ...(isOpen ? others : [])].map((notice) => (
          <Line key={notice.key} notice={notice} onDismiss={dismiss} />
        ))}
      </ul>
      {others.length > 0 && (
        <button type="button" class="mm-link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? t('notice.fewer') : tCount('notice.more', others.length)}
        </button>
      )}
    </section>
  );
}

function Line({
  notice: { key, values, reason },
  onDismiss,
}: {
  readonly notice: Notice;
  readonly onDismiss: (key: string) => void;
}) {
  return (
    <li class="mm-notice">
      <i class={`fa ${ICONS[key]}`} aria-hidden="true" />
      <span title={reason ?? ''}>{t(`notice.${key}`, values)}</span>
      <button
        type="button"
        class="mm-chip-button"
        aria-label={t('notice.dismiss')}
        title={t('notice.dismiss')}
        onClick={() => onDismiss(key)}
      >
        <i class="fa fa-times" aria-hidden="true" />
      </button>
    </li>
  );
}

import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { type Tab, tabAfterKey, tabs } from './tabs';

export const panelId = (tab: Tab): string => `mm-panel-${tab}`;
export const tabId = (tab: Tab): string => `mm-tab-${tab}`;

/** One stop of the tab order; the arrow keys open the tab beside, as the platform's own tabs do. */
export function TabList({ current, onOpen }: { readonly current: Tab; readonly onOpen: (tab: Tab) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const openByKey = (event: KeyboardEvent): void => {
    const next = tabAfterKey(tabs, current, event.key);
    if (!next) return;
    event.preventDefault();
    onOpen(next);
    list.current?.querySelector<HTMLElement>(`#${tabId(next)}`)?.focus();
  };
  return (
    <div ref={list} class="mm-tabs" role="tablist" aria-label={t('tab.label')} onKeyDown={openByKey}>
      {tabs.map((tab) => (
        <button
          key={tab}
          id={tabId(tab)}
          type="button"
          class="mm-tab"
          role="tab"
          aria-selected={tab === current}
          aria-controls={panelId(tab)}
          tabIndex={tab === current ? 0 : -1}
          onClick={() => onOpen(tab)}
        >
          {t(`tab.${tab}`)}
        </button>
      ))}
    </div>
  );
}

/** The sub-tabs in the order in which they stand. */
export const tabs = ['models', 'jobs', 'pipelines', 'libraries', 'edges'] as const;
export type Tab = (typeof tabs)[number];

const KEY = 'model-management.tab';

/** The sub-tab that was open last in this browser; the first one when there is none. */
export function rememberedTab(): Tab {
  return tabs.find((tab) => tab === RED.settings.getLocal(KEY)) ?? tabs[0];
}

export function rememberTab(tab: Tab): void {
  RED.settings.setLocal(KEY, tab);
}

/** Where a key leads in a row of tabs: the arrows go round, Home and End to the ends; undefined = nowhere. */
export function tabAfterKey<T>(all: readonly T[], current: T, key: string): T | undefined {
  const last = all.length - 1;
  const at = all.indexOf(current);
  switch (key) {
    case 'ArrowRight':
      return all[at === last ? 0 : at + 1];
    case 'ArrowLeft':
      return all[at <= 0 ? last : at - 1];
    case 'Home':
      return all[0];
    case 'End':
      return all[last];
    default:
      return undefined;
  }
}

import { useState } from 'preact/hooks';
import { JobsPanel } from '../jobs/jobs-panel';
import { LibrariesPanel } from '../libraries/libraries-panel';
import { ModelsPanel } from '../models/models-panel';
import { PipelinesPanel } from '../pipelines/pipelines-panel';
import { panelId, TabList, tabId } from './tab-list';
import { rememberedTab, rememberTab, type Tab, tabs } from './tabs';

const PANELS = { models: ModelsPanel, jobs: JobsPanel, pipelines: PipelinesPanel, libraries: LibrariesPanel } as const;

/** The sub-tabs. One that was opened once stays as it is, out of sight: an upload goes on, a search is kept. */
export function Sidebar() {
  const [current, setCurrent] = useState(rememberedTab);
  const [opened, setOpened] = useState<readonly Tab[]>([current]);
  const open = (tab: Tab): void => {
    setCurrent(tab);
    setOpened((before) => (before.includes(tab) ? before : [...before, tab]));
    rememberTab(tab);
  };
  return (
    <>
      <TabList current={current} onOpen={open} />
      {tabs.map((tab) => {
        const Panel = PANELS[tab];
        return (
          <div
            key={tab}
            id={panelId(tab)}
            class="mm-tab-panel"
            role="tabpanel"
            aria-labelledby={tabId(tab)}
            hidden={tab !== current}
          >
            {opened.includes(tab) && <Panel />}
          </div>
        );
      })}
    </>
  );
}

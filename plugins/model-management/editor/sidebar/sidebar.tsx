import { useState } from 'preact/hooks';
import { EdgesPanel } from '../edges/edges-panel';
import { JobsPanel } from '../jobs/jobs-panel';
import { LibrariesPanel } from '../libraries/libraries-panel';
import { useReconnection, useResource } from '../live';
import { ModelsPanel } from '../models/models-panel';
import { OwnEdgeNotice } from '../own-edge/own-edge-notice';
import { OwnEdgeSource, useOwnEdge } from '../own-edge/use-own-edge';
import { PipelinesPanel } from '../pipelines/pipelines-panel';
import { fetchHealth } from '../registry-client';
import { noteRole } from '../rights';
import { panelId, TabList, tabId } from './tab-list';
import { rememberedTab, rememberTab, type Tab, tabs } from './tabs';

const PANELS = {
  models: ModelsPanel,
  jobs: JobsPanel,
  pipelines: PipelinesPanel,
  libraries: LibrariesPanel,
  edges: EdgesPanel,
} as const;

/** Told to the rights before anything is shown anew. */
async function fetchRole(signal: AbortSignal): Promise<'hub' | 'edge'> {
  const { role } = await fetchHealth(signal);
  noteRole(role);
  return role;
}

/** The sub-tabs. One that was opened once stays as it is, out of sight: an upload goes on, a search is kept. */
export function Sidebar() {
  const role = useResource(fetchRole, []);
  useReconnection(role.reload);
  const own = useOwnEdge(role.data === 'edge');
  const [current, setCurrent] = useState(rememberedTab);
  const [opened, setOpened] = useState<readonly Tab[]>([current]);
  const open = (tab: Tab): void => {
    setCurrent(tab);
    setOpened((before) => (before.includes(tab) ? before : [...before, tab]));
    rememberTab(tab);
  };
  return (
    <OwnEdgeSource.Provider value={own}>
      <TabList current={current} onOpen={open} />
      {role.data === 'edge' && <OwnEdgeNotice />}
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
    </OwnEdgeSource.Provider>
  );
}

import type { Deployed } from './pipeline-client';

/**
 * A deploy that the server makes for this editor. What it changed is changed here too, so that the platform neither tells
 * of somebody else's deploy nor finds a conflict at the next *Deploy*. An editor that was behind before stays so.
 */
export async function deployHere<T extends Deployed>(work: () => Promise<T>, change: () => void): Promise<T> {
  RED.deploy.setDeployInflight(true);
  try {
    const deployed = await work();
    const { revision, previousRevision } = deployed;
    if (revision !== undefined && RED.nodes.version() === previousRevision) {
      const isDirty = RED.nodes.dirty();
      change();
      RED.nodes.dirty(isDirty);
      RED.nodes.version(revision);
    }
    return deployed;
  } finally {
    RED.deploy.setDeployInflight(false);
  }
}

/** As the platform's own switch of a tab, which would leave something to deploy and does nothing to a locked one. */
export function showDisabled(tabId: string, isDisabled: boolean): void {
  const tab = RED.nodes.workspace(tabId);
  if (!tab) return;
  tab.disabled = isDisabled;
  const name = 'red-ui-workspace-disabled';
  document.getElementById(`red-ui-tab-${tabId.replace('.', '-')}`)?.classList.toggle(name, isDisabled);
  if (RED.workspaces.active() === tabId)
    document.getElementById('red-ui-workspace')?.classList.toggle(name, isDisabled);
  RED.events.emit('flows:change', tab);
}

export function removeTab(tabId: string): void {
  const tab = RED.nodes.workspace(tabId);
  if (tab) RED.workspaces.delete(tab);
}

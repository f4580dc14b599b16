import type { NodeAPI } from 'node-red';
import type { Log } from '../../../lib/log';
import { LiveGraph, liveGraphSlot } from '../../../lib/pipeline/live-graph';
import { originMarks } from '../../../lib/pipeline/message-origin';
import { flowEntries } from './flows/flow-entries';

const hook = 'onSend.model-management';

/**
 * Lets joins know the parents of their nodes and where messages come from, whether the data folder is open or not.
 *
 * @returns undoes all
 */
export function watchFlows(red: Pick<NodeAPI, 'nodes' | 'events' | 'hooks'>, log: Log): () => void {
  const live = new LiveGraph(() => flowEntries(red), log);
  const begin = (): void => {
    originMarks.prepare();
    live.invalidate();
  };
  const end = (): void => {
    originMarks.settle();
    live.announce();
  };
  red.events.on('flows:stopping', begin);
  red.events.on('flows:starting', begin);
  red.events.on('flows:started', end);
  // Registering a name twice throws.
  red.hooks.remove(hook);
  red.hooks.add(hook, originMarks.onSend);
  liveGraphSlot.provide(live);
  return () => {
    red.events.off('flows:stopping', begin);
    red.events.off('flows:starting', begin);
    red.events.off('flows:started', end);
    red.hooks.remove(hook);
    originMarks.settle();
    liveGraphSlot.clear();
  };
}

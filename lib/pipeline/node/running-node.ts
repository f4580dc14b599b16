import type { ModelManagementError } from '../../errors';
import type { Usage } from '../../registry/types';
import { lastWrites } from './last-writes';
import type { NodeStatus } from './node-status';

/** A message as Node-RED's types know it; it may hold anything else. */
export interface FlowMessage {
  payload?: unknown;
  topic?: string | undefined;
  _msgid?: string;
  [property: string]: unknown;
}

/** What is used of a node that Node-RED runs. */
export interface RunningNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string | undefined;
  /** The tab or subflow it stands on. */
  readonly z: string;
  status(status: NodeStatus): void;
  error(text: string): void;
  on(
    event: 'input',
    listener: (message: FlowMessage, send: (message: FlowMessage) => void, done: (error?: Error) => void) => void,
  ): unknown;
  on(event: 'close', listener: (removed: boolean, done: () => void) => void): unknown;
}

/** Has a node closed, and what is written down as the flows stop waited for. @param removed - it is gone from the flows */
export function onClose(node: RunningNode, close: (removed: boolean) => Promise<void> | void): void {
  node.on('close', (removed, done) => {
    const closing = (async () => close(removed))();
    Promise.all([closing, lastWrites.settled()]).then(
      () => done(),
      (error: unknown) => {
        node.error(`close failed: ${String(error)}`);
        done();
      },
    );
  });
}

type EachEntry = (callback: (entry: { readonly id: string; readonly type: string }) => void) => void;

/** The node as a user of a model or library. @param eachEntry - goes through the entries of the flow file */
export function usageOf(node: RunningNode, eachEntry: EachEntry): Usage {
  return {
    kind: 'node',
    id: node.id,
    name: node.name ?? '',
    // Read when somebody asks, because a tab may be renamed without a restart of its nodes.
    get tab() {
      return tabName(eachEntry, node.z);
    },
  };
}

/** A node inside a subflow stands on no tab. */
function tabName(eachEntry: EachEntry, tabId: string): string {
  let label = '';
  eachEntry((entry) => {
    if (entry.id === tabId && entry.type === 'tab') label = String(Reflect.get(entry, 'label') ?? '');
  });
  return label;
}

/** A node whose configuration cannot be read says so, to its author and to every message. */
export function refuseAll(node: RunningNode, error: ModelManagementError): void {
  node.status({ fill: 'red', shape: 'ring', text: 'bad configuration' });
  node.error(`${error.message}. ${error.hint}`);
  node.on('input', (_message, _send, done) => done(error));
}

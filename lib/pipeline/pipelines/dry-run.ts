import type { FlowEntry } from '../flow-entry';
import { expandFlows } from '../graph/expansion';
import { nameOf } from '../graph/stored-wiring';
import { reach } from '../graph/vertex';
import { outboundTypes } from './pipelines';

/** Hand messages on, change them or show them, and nothing outside of Node-RED hears of it. */
const harmlessTypes = new Set([
  ...['inject', 'debug', 'complete', 'catch', 'status', 'comment', 'link in', 'link out', 'link call', 'junction'],
  ...['function', 'switch', 'change', 'range', 'template', 'delay', 'trigger', 'rbe', 'filter', 'mqtt in'],
  ...['csv', 'html', 'json', 'xml', 'yaml', 'split', 'join', 'sort', 'batch', 'onnx-model', 'pipelib'],
]);
/** Give each message they send an id of its own, so that it is no longer known as that of the test. */
const newIdTypes = new Set(['split']);

export interface NamedNode {
  /** In the flow file. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

export interface DryRunFacts {
  /** Nodes on the way that may do something outside of Node-RED. */
  readonly effects: readonly NamedNode[];
  /** Nodes on the way after which a message is no longer known as one of the test. */
  readonly newIds: readonly NamedNode[];
}

/** What a message meets that begins at a node, over links, calls and subflows, also on other tabs. */
export function examineDryRun(entries: readonly FlowEntry[], runtimeId: string): DryRunFacts {
  const start = expandFlows(entries).get(runtimeId);
  if (!start) return { effects: [], newIds: [] };
  const met = [...reach(start.out, ({ out }) => out)].filter(({ kind }) => kind === 'node');
  const named = (types: (type: string) => boolean): readonly NamedNode[] => {
    const found = met.filter(({ entry }) => types(entry.type));
    return [...new Map(found.map(({ entry }) => [entry.id, entry])).values()].map((entry) => ({
      id: entry.id,
      name: nameOf(entry),
      type: entry.type,
    }));
  };
  return {
    effects: named((type) => !harmlessTypes.has(type) && !outboundTypes.has(type)),
    newIds: named((type) => newIdTypes.has(type)),
  };
}

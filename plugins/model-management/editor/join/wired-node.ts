import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { FlowGraph, type Parent, type ParentCycle } from '../../../../lib/pipeline/flow-graph';

/** What a node is wired to, as its dialog shows it. */
export interface WiredNode {
  readonly parents: readonly Parent[];
  readonly cycles: readonly ParentCycle[];
  /** Two of these parents whose messages never are of the same run. */
  readonly unrelatedPair: (parentIds: readonly string[]) => readonly [string, string] | undefined;
}

/**
 * The node as it will run once it is enabled. One inside of a subflow has the parents of all instances together; a
 * template without any is shown by what is in it.
 *
 * @param entries - all the editor holds, as it would be deployed
 */
export function wiredNode(entries: readonly FlowEntry[], nodeId: string): WiredNode {
  const node = entries.find(({ id }) => id === nodeId);
  const around = node?.['z'];
  const enabled = entries.map((entry): FlowEntry => {
    if (entry.id === nodeId) return { ...entry, d: false };
    return entry.id === around && entry.type === 'tab' ? { ...entry, disabled: false } : entry;
  });
  const running = FlowGraph.of(enabled);
  const isIdle = running.runtimeIdsOf(nodeId).length === 0;
  const graph = isIdle ? FlowGraph.of([...enabled, instanceOf(String(around))]) : running;
  const runtimeIds = graph.runtimeIdsOf(nodeId);
  const position = new Map(entries.map(({ id }, index) => [id, index]));
  return {
    parents: distinct(
      runtimeIds.flatMap((runtimeId) => graph.parentsOf(runtimeId)),
      ({ id }) => id,
    ).sort((a, b) => (position.get(a.id) ?? 0) - (position.get(b.id) ?? 0)),
    cycles: distinct(
      runtimeIds.flatMap((runtimeId) => graph.cyclesOf(runtimeId)),
      ({ parentId }) => parentId,
    ),
    unrelatedPair: (parentIds) =>
      runtimeIds.flatMap((runtimeId) => {
        const pair = graph.unrelatedPair(runtimeId, parentIds);
        return pair ? [pair] : [];
      })[0],
  };
}

function instanceOf(templateId: string): FlowEntry {
  return { id: 'preview', type: `subflow:${templateId}`, z: 'preview-tab', x: 0, y: 0, wires: [] };
}

function distinct<T>(values: readonly T[], kindOf: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [kindOf(value), value])).values()];
}

import type { NodeAPI } from 'node-red';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';

/** The active flow configuration, what is disabled too. Throws while no flows are loaded. */
export function flowEntries(red: Pick<NodeAPI, 'nodes'>): readonly FlowEntry[] {
  const entries: FlowEntry[] = [];
  red.nodes.eachNode((entry) => entries.push({ ...entry }));
  return entries;
}

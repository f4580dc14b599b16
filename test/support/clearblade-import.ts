import assert from 'node:assert/strict';
import {
  type ClearbladeImport,
  ImportRequest,
  type ImportSurroundings,
  importClearblade,
} from '../../lib/pipeline/clearblade';
import type { FlowEntry } from '../../lib/pipeline/flow-entry';
import { parseInput } from '../../lib/registry';

/** The whole way of a request's body, without the server, where every model and library is there. */
export function imported(body: unknown, here: Partial<ImportSurroundings> = {}): ClearbladeImport {
  return importClearblade(parseInput(ImportRequest, body, 'body'), {
    builtInLibraries: ['pipelib_merge', 'pipelib_pick', 'pipelib_softmax'],
    hasModel: () => true,
    hasLibrary: () => true,
    ...here,
  });
}

/** An imported flow by the names of its nodes. */
export class FlowView {
  constructor(readonly entries: readonly FlowEntry[]) {}

  ofType(type: string): readonly FlowEntry[] {
    return this.entries.filter((entry) => entry.type === type);
  }

  node(name: string, type?: string): FlowEntry {
    const found = this.entries.filter((entry) => entry['name'] === name && (type === undefined || entry.type === type));
    assert.equal(
      found.length,
      1,
      `one node ${name} among ${this.entries.map((entry) => `${entry.type} ${String(entry['name'])}`)}`,
    );
    return found[0] as FlowEntry;
  }

  /** Names of the nodes that get the messages of the node. */
  childrenOf(name: string, type?: string): readonly unknown[] {
    return (this.node(name, type)['wires'] as string[][]).flat().map((id) => this.byId(id)['name']);
  }

  /** `{name of the parent: [policy, key]}` as stored; undefined when the node does not join. */
  joinOf(name: string, type?: string): Readonly<Record<string, readonly unknown[]>> | undefined {
    const { parentIds, join } = this.node(name, type) as unknown as {
      parentIds: string[];
      join: { parents: { policy: string; key: string }[] };
    };
    assert.equal(parentIds.length, join.parents.length);
    if (parentIds.length === 0) return undefined;
    return Object.fromEntries(
      parentIds.map((id, index) => [this.byId(id)['name'], [join.parents[index]?.policy, join.parents[index]?.key]]),
    );
  }

  byId(id: string): FlowEntry {
    const found = this.entries.find((entry) => entry.id === id);
    assert.ok(found, `there is no node ${id}`);
    return found;
  }
}

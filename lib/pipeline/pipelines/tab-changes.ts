import { ModelManagementError } from '../../errors';
import type { FlowEntry } from '../flow-entry';
import { newFlowId } from '../flow-nodes';
import { isConfigNode, linksOf, nameOf, textOf } from '../graph/stored-wiring';

export const pipelineNotFound = (id: string): ModelManagementError =>
  new ModelManagementError(
    'PIPELINE_NOT_FOUND',
    `There is no pipeline with the id ${JSON.stringify(id.slice(0, 80))}.`,
    'A pipeline is a flow tab that holds a node of this package; its id is that of the tab.',
  );

function findTab(entries: readonly FlowEntry[], tabId: string): FlowEntry {
  const tab = entries.find(({ id, type }) => id === tabId && type === 'tab');
  if (!tab) throw pipelineNotFound(tabId);
  return tab;
}

/** A tab on or off; the same list where it is so already. @throws {ModelManagementError} `PIPELINE_NOT_FOUND` */
export function withTab(entries: readonly FlowEntry[], tabId: string, isDisabled: boolean): readonly FlowEntry[] {
  const tab = findTab(entries, tabId);
  if ((tab['disabled'] === true) === isDisabled) return entries;
  return entries.map((entry) => (entry === tab ? { ...entry, disabled: isDisabled } : entry));
}

/** The tab with all that is on it, groups and its own config nodes too; the tab first. @throws as {@link withTab} */
export function entriesOfTab(entries: readonly FlowEntry[], tabId: string): readonly FlowEntry[] {
  return [findTab(entries, tabId), ...entries.filter((entry) => textOf(entry, 'z') === tabId)];
}

/** @throws {ModelManagementError} `FLOW_LOCKED`: the editor deletes no locked tab either; as {@link withTab} */
export function withoutTab(entries: readonly FlowEntry[], tabId: string): readonly FlowEntry[] {
  const tab = findTab(entries, tabId);
  if (tab['locked'] === true) {
    throw new ModelManagementError(
      'FLOW_LOCKED',
      `The flow ${nameOf(tab)} is locked.`,
      'Unlock it in the editor first.',
    );
  }
  const gone = new Set(entriesOfTab(entries, tabId));
  return entries.filter((entry) => !gone.has(entry));
}

export interface DuplicateOptions {
  /** Of the new tab. */
  readonly name: string;
  /** Topics of `mqtt in` and `mqtt out` that are others in the copy, by what they are now. */
  readonly topics: Readonly<Record<string, string>>;
}

/** Properties that hold ids of other nodes: as text, in lists, or deeper. */
const REFERENCES = ['z', 'g', 'wires', 'links', 'scope', 'nodes', 'parentIds'];

/**
 * A copy of a tab, importable beside it: new ids for all that is on it, references among these follow, those to anything
 * else (a broker, a subflow, a link to another tab) stay. It is enabled and unlocked.
 *
 * @throws as {@link withTab}
 */
export function duplicateTab(
  entries: readonly FlowEntry[],
  tabId: string,
  { name, topics }: DuplicateOptions,
): readonly FlowEntry[] {
  const [tab, ...content] = entriesOfTab(entries, tabId);
  const ids = new Map([tab, ...content].flatMap((entry) => (entry ? [[entry.id, newFlowId()] as const] : [])));
  const follow = (value: unknown): unknown => {
    if (typeof value === 'string') return ids.get(value) ?? value;
    return Array.isArray(value) ? value.map(follow) : value;
  };
  // Any property may name a config node, by whatever name the node type gives it.
  const configIds = new Set(content.filter(isConfigNode).map(({ id }) => id));
  return [tab, ...content].flatMap((entry) => {
    if (!entry) return [];
    const copied = Object.entries(entry).map(([key, value]) => {
      const isReference = REFERENCES.includes(key) || (typeof value === 'string' && configIds.has(value));
      return [key, isReference ? follow(value) : value] as const;
    });
    const copy: FlowEntry = { ...(Object.fromEntries(copied) as FlowEntry), id: ids.get(entry.id) ?? entry.id };
    if (entry === tab) return [{ ...copy, label: name, disabled: false, locked: false }];
    // Nothing of another tab comes to the copy unless somebody wires it.
    if (entry.type === 'link in')
      return [{ ...copy, links: (linksOf(entry) ?? []).flatMap((link) => ids.get(link) ?? []) }];
    const topic = textOf(entry, 'topic');
    const isMqtt = entry.type === 'mqtt in' || entry.type === 'mqtt out';
    return [isMqtt && Object.hasOwn(topics, topic) ? { ...copy, topic: topics[topic] } : copy];
  });
}

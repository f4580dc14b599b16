import { z } from 'zod';
import { ModelManagementError } from '../../errors';
import type { FlowEntry } from '../flow-entry';
import { isConfigNode, linksOf, nameOf, templateIdOf, textOf } from '../graph/stored-wiring';
import { onnxModelDefaults } from '../onnx-model-defaults';
import { entriesOfTab } from '../pipelines/tab-changes';

/** A flow tab that travels: with the groups, subflows and config nodes it needs, and never with credentials. */
export const PipelineBundle = z.object({
  v: z.literal(1),
  /** Of the tab. */
  id: z.string().min(1).max(64),
  name: z.string().max(200),
  /** The tab first. */
  entries: z
    .array(z.looseObject({ id: z.string().min(1).max(64), type: z.string().min(1).max(128) }))
    .min(1)
    .max(20_000),
});
export type PipelineBundle = z.infer<typeof PipelineBundle>;

/** What a node asks of a model of the registry: `deployed`, `latest`, an alias, or a number in digits. */
export interface ModelNeed {
  readonly model: string;
  readonly ref: string;
}

/** Every text in a value, however deep. */
export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* textsIn(part);
}

/**
 * The tab and all that it needs to run elsewhere, in the order of the flow file. Any property may name a config node.
 *
 * @param entries - all of the flow file, what is disabled too
 * @throws {ModelManagementError} `PIPELINE_NOT_FOUND`; `PIPELINE_NOT_PORTABLE` with what would not run elsewhere
 */
export function bundleOf(entries: readonly FlowEntry[], tabId: string): PipelineBundle {
  const [tab, ...content] = entriesOfTab(entries, tabId);
  if (!tab) throw new Error('a tab is the first of its entries');
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const byContainer = Map.groupBy(entries, (entry) => textOf(entry, 'z'));
  const needed = new Set([tab, ...content]);
  // A set is walked on to what is added meanwhile.
  for (const entry of needed) {
    const template = byId.get(templateIdOf(entry) ?? '');
    if (template) for (const part of [template, ...(byContainer.get(template.id) ?? [])]) needed.add(part);
    for (const text of textsIn(entry)) {
      const named = byId.get(text);
      if (named && isConfigNode(named) && !textOf(named, 'z')) needed.add(named);
    }
  }
  const ids = new Set([...needed].map(({ id }) => id));
  const problems = [...[...needed].flatMap((entry) => problemOf(entry, ids) ?? []), ...brokerProblems([...needed])];
  if (problems.length > 0) throw notPortable(nameOf(tab) || tab.id, problems);
  const rest = entries.filter((entry) => needed.has(entry) && entry !== tab);
  return {
    v: 1,
    id: tab.id,
    name: (nameOf(tab) || tab.id).slice(0, 200),
    entries: [tab, ...rest].map((entry) => withoutOutside(entry, ids)),
  };
}

/** Nobody on another tab comes along, and what is secret stays where it is. */
function withoutOutside({ credentials: _, ...entry }: FlowEntry, ids: ReadonlySet<string>): FlowEntry {
  if (entry.type !== 'link in') return entry as FlowEntry;
  return { ...entry, links: linksOf(entry as FlowEntry)?.filter((id) => ids.has(id)) ?? [] } as FlowEntry;
}

/** On an edge all of them are one: what is read from one and written to another would go round in a circle. */
function brokerProblems(needed: readonly FlowEntry[]): readonly string[] {
  const used = needed.filter(({ type, d }) => d !== true && (type === 'mqtt in' || type === 'mqtt out'));
  const ids = new Set(used.map((entry) => textOf(entry, 'broker')));
  const brokers = needed.filter(({ id, type }) => type === 'mqtt-broker' && ids.has(id));
  const addresses = new Set(brokers.map((entry) => `${textOf(entry, 'broker')}:${entry['port']}`.toLowerCase()));
  return addresses.size > 1 ? [`it uses several brokers (${[...addresses].join(', ')}), and an edge has one`] : [];
}

function problemOf(entry: FlowEntry, ids: ReadonlySet<string>): string | undefined {
  if (entry['d'] === true) return undefined;
  const name = nameOf(entry) || entry.id;
  if (entry.type === 'onnx-model') {
    if (entry['source'] === 'file') return `${name} takes its model from a file; upload it and choose it in the node`;
    if (textOf(entry, 'model').includes('${')) return `${name} takes the name of its model from the environment`;
  }
  const isLink = entry.type === 'link out' || entry.type === 'link call';
  return isLink && linksOf(entry)?.some((id) => !ids.has(id)) ? `${name} leads to a node of another flow` : undefined;
}

function notPortable(name: string, problems: readonly string[]): ModelManagementError {
  return new ModelManagementError(
    'PIPELINE_NOT_PORTABLE',
    `The pipeline ${name} cannot run elsewhere: ${problems.slice(0, 5).join('; ')}.`,
    'Mend that on its tab, deploy, and try again.',
    { details: { problems } },
  );
}

/** What its nodes ask of the registry, each once; nodes that are disabled ask nothing. */
export function modelNeedsOf({ entries }: Pick<PipelineBundle, 'entries'>): readonly ModelNeed[] {
  const needs = entries.flatMap((entry) => {
    const model = isEnabled(entry, 'onnx-model') ? textOf(entry, 'model') : '';
    return model === '' ? [] : [{ model, ref: String(entry['version'] ?? '') || onnxModelDefaults.version }];
  });
  return [...new Map(needs.map((need) => [`${need.model.toLowerCase()} ${need.ref}`, need])).values()];
}

/** Names of the libraries its nodes call, each once. */
export function librariesOf({ entries }: Pick<PipelineBundle, 'entries'>): readonly string[] {
  const names = entries.map((entry) => (isEnabled(entry, 'pipelib') ? textOf(entry, 'library') : ''));
  return [...new Set(names)].filter((name) => name !== '');
}

const isEnabled = (entry: FlowEntry, type: string): boolean => entry.type === type && entry['d'] !== true;

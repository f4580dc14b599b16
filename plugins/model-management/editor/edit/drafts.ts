import { isMetricName, isReservedMetric } from '../../../../lib/registry/metric-name';
import type { Tags, Version, VersionPatch } from '../contract';
import type { Fault } from '../dialog/fault';

/** A name and its value as they are typed. */
export interface Entry {
  readonly name: string;
  readonly value: string;
}

export interface ModelDraft {
  readonly description: string;
  readonly tags: readonly Entry[];
}

export interface VersionDraft extends ModelDraft {
  readonly metrics: readonly Entry[];
  /** One name a line. */
  readonly labels: string;
  readonly features: string;
}

type Outcome<T> = { readonly patch: T } | { readonly fault: Fault };

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const entriesOf = (values: Readonly<Record<string, string | number>>): readonly Entry[] =>
  Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));

export function modelDraft({ description, tags }: { readonly description: string; readonly tags: Tags }): ModelDraft {
  return { description, tags: entriesOf(tags) };
}

export function versionDraft(version: Version): VersionDraft {
  return {
    ...modelDraft(version),
    metrics: entriesOf(version.metrics),
    labels: version.labels?.join('\n') ?? '',
    features: version.features?.join('\n') ?? '',
  };
}

/** What differs from `before`, or what is wrong first. */
export function modelChanges(
  before: ModelDraft,
  draft: ModelDraft,
): Outcome<Pick<VersionPatch, 'description' | 'tags'>> {
  const fault = tagFault(draft.tags);
  if (fault) return { fault };
  return {
    patch: {
      ...(draft.description !== before.description && { description: draft.description }),
      ...(!isSame(draft.tags, before.tags) && { tags: Object.fromEntries(textEntries(draft.tags)) }),
    },
  };
}

/** As `modelChanges`. */
export function versionChanges(before: VersionDraft, draft: VersionDraft): Outcome<VersionPatch> {
  const fault = metricFault(draft.metrics) ?? listFault(draft.labels) ?? listFault(draft.features);
  const rest = modelChanges(before, draft);
  if ('fault' in rest) return rest;
  if (fault) return { fault };
  const metrics = filled(draft.metrics).map(({ name, value }) => [name.trim(), Number(value.trim())] as const);
  return {
    patch: {
      ...rest.patch,
      ...(!isSame(draft.metrics, before.metrics) && { metrics: Object.fromEntries(metrics) }),
      ...(draft.labels !== before.labels && { labels: linesOf(draft.labels) }),
      ...(draft.features !== before.features && { features: linesOf(draft.features) }),
    },
  };
}

/** Rows that were added and left empty do not count. */
const filled = (entries: readonly Entry[]): readonly Entry[] =>
  entries.filter(({ name, value }) => name.trim() !== '' || value.trim() !== '');

const textEntries = (entries: readonly Entry[]) =>
  filled(entries).map(({ name, value }) => [name.trim(), value] as const);

const isSame = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  JSON.stringify(textEntries(a)) === JSON.stringify(textEntries(b));

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

function firstTwice(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

function tagFault(tags: readonly Entry[]): Fault | undefined {
  const entries = filled(tags);
  const nameless = entries.find(({ name }) => name.trim() === '');
  if (nameless) return { key: 'edit.noTagName', values: { value: nameless.value } };
  const twice = firstTwice(entries.map(({ name }) => name.trim()));
  return twice === undefined ? undefined : { key: 'edit.twice', values: { name: twice } };
}

function metricFault(metrics: readonly Entry[]): Fault | undefined {
  for (const { name, value } of filled(metrics)) {
    const values = { name: name.trim(), value };
    if (isReservedMetric(values.name)) return { key: 'edit.reservedMetric', values };
    if (!isMetricName(values.name)) return { key: 'edit.badMetric', values };
    if (!NUMBER.test(value.trim()) || !Number.isFinite(Number(value))) return { key: 'edit.badNumber', values };
  }
  const twice = firstTwice(filled(metrics).map(({ name }) => name.trim()));
  return twice === undefined ? undefined : { key: 'edit.twice', values: { name: twice } };
}

function listFault(text: string): Fault | undefined {
  const twice = firstTwice(linesOf(text));
  return twice === undefined ? undefined : { key: 'edit.twice', values: { name: twice } };
}

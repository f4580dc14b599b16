import type { VersionChanges } from './documents';
import type { Metrics, Tags } from './types';

/** What may be said of a version, and changed later. Lists of names are absent rather than empty. */
export interface Attributes {
  readonly description: string;
  readonly tags: Tags;
  readonly metrics: Metrics;
  readonly labels?: readonly string[];
  readonly features?: readonly string[];
}

export function attributesOf({ description, tags, metrics, labels, features }: Attributes): Attributes {
  return { description, tags, metrics, ...(labels ? { labels } : {}), ...(features ? { features } : {}) };
}

/** A field that is given replaces the old value as a whole; names that are null or empty go. */
export function withChanges(old: Attributes, changes: VersionChanges): Attributes {
  const { labels, features, ...plain } = { ...attributesOf(old), ...changes };
  return { ...plain, ...(labels?.length ? { labels } : {}), ...(features?.length ? { features } : {}) };
}

/** The values of the changed fields before and after, for the audit; undefined when nothing differs. */
export function changedFields(
  old: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): { readonly before: Record<string, unknown>; readonly after: Record<string, unknown> } | undefined {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(changes)) {
    if (JSON.stringify(value ?? null) === JSON.stringify(old[field] ?? null)) continue;
    before[field] = old[field] ?? null;
    after[field] = value;
  }
  return Object.keys(after).length > 0 ? { before, after } : undefined;
}

import type { AuditEntry } from '../contract';

/** One changed field with its value before and after, as text; empty: there was nothing, or nothing is left. */
export interface AuditChange {
  readonly field: string;
  /** Of the tag or metric, where the field holds several. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What an entry tells: a key of the catalogue with its values, and the fields that changed. */
export interface AuditSentence {
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
  readonly changes: readonly AuditChange[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads an entry of the audit trail; a field of a kind it does not know is shown as it is. */
export function auditSentence({
  action,
  before,
  after,
}: Pick<AuditEntry, 'action' | 'before' | 'after'>): AuditSentence {
  const values = { ...namesOf(before ?? {}, 'before'), ...namesOf(after ?? {}, 'after') };
  return { key: keyOf(action, before, after), values, changes: changesOf(action, before ?? {}, after ?? {}) };
}

/** An alias that is set reads differently when it is new, when it is moved, and when it is the one in service. */
function keyOf(action: AuditEntry['action'], before: Fields | null, after: Fields | null): string {
  const name = action.replace('.', '_');
  if (action !== 'alias.set') return `audit.action.${name}`;
  const kind = after?.['alias'] === 'deployed' ? 'deploy' : 'alias_set';
  return `audit.action.${kind}${before?.['version'] === undefined ? '_first' : ''}`;
}

function namesOf({ alias, version, name, versions }: Fields, side: 'before' | 'after'): Record<string, string> {
  return {
    ...(alias !== undefined && { alias: textOf(alias) }),
    ...(version !== undefined && { version: textOf(version), [side]: textOf(version) }),
    ...(name !== undefined && { name: textOf(name) }),
    ...(Array.isArray(versions) && { versions: versions.map((one) => `v${String(one)}`).join(', ') }),
  };
}

/** Told by the sentence itself. */
const NAMES = new Set(['alias', 'version', 'name', 'versions']);

function changesOf(action: AuditEntry['action'], before: Fields, after: Fields): readonly AuditChange[] {
  if (action.startsWith('alias') || action === 'rollback') return [];
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields]
    .filter((field) => !NAMES.has(field))
    .flatMap((field) => entryChanges(field, before[field] ?? null, after[field] ?? null))
    .filter((change) => change.before !== change.after);
}

/** Tags and metrics change one by one. */
function entryChanges(field: string, before: unknown, after: unknown): readonly AuditChange[] {
  if (!isFields(before) && !isFields(after)) return [{ field, name: '', before: textOf(before), after: textOf(after) }];
  const [old, now] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].map((name) => ({
    field,
    name,
    before: textOf(Object.hasOwn(old, name) ? old[name] : null),
    after: textOf(Object.hasOwn(now, name) ? now[name] : null),
  }));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

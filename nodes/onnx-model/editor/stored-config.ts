import { onnxModelDefaults } from '../../../lib/pipeline/onnx-model-defaults';
import type { OnnxModelConfig } from '../config';

/** What the dialog edits; `join`, `parentIds` and `configVersion` pass through untouched. */
export interface EditedConfig extends Omit<OnnxModelConfig, 'join' | 'parentIds' | 'configVersion'> {
  readonly name: string;
}

export type ConfigChanges = Partial<EditedConfig>;

/** The node as the editor holds it: a flow may leave any property out, or hold anything at all. */
export type StoredNode = RedEditorNode & Record<string, unknown>;

const { configVersion: _version, parentIds: _parents, join: _join, ...edited } = onnxModelDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

/** The stored configuration made complete for showing. Nothing of it is written back unless the user changes it. */
export function readConfig(node: Readonly<Record<string, unknown>>): EditedConfig {
  const entries = Object.entries(DEFAULTS).map(([key, fallback]) => [key, completed(node[key], fallback)]);
  return Object.fromEntries(entries) as EditedConfig;
}

function completed(stored: unknown, fallback: unknown): unknown {
  if (stored === undefined || stored === null) return fallback;
  if (typeof fallback === 'string') return String(stored);
  if (Array.isArray(fallback)) return Array.isArray(stored) ? stored : fallback;
  if (typeof fallback === 'object') return { ...fallback, ...Object(stored) };
  return typeof stored === typeof fallback ? stored : fallback;
}

/** Writes what the user changed, and only where it differs: an omitted property stays omitted. */
export function writeChanges(node: Record<string, unknown>, changes: ConfigChanges): void {
  const before: Readonly<Record<string, unknown>> = { ...readConfig(node) };
  for (const [key, value] of Object.entries(changes)) {
    if (JSON.stringify(value) !== JSON.stringify(before[key])) node[key] = value;
  }
}

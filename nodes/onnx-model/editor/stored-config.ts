import { onnxModelDefaults } from '../../../lib/pipeline/onnx-model-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { OnnxModelConfig } from '../config';

/** What the dialog edits; `join`, `parentIds` and `configVersion` pass through untouched. */
export interface EditedConfig extends Omit<OnnxModelConfig, 'join' | 'parentIds' | 'configVersion'> {
  readonly name: string;
}

export type ConfigChanges = Partial<EditedConfig>;

const { configVersion: _version, parentIds: _parents, join: _join, ...edited } = onnxModelDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig => completeConfig(node, DEFAULTS);

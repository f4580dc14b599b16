import { onnxModelDefaults } from '../../../lib/pipeline/onnx-model-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { StoredJoin } from '../../../plugins/model-management/editor/join/parent-list';
import { readJoin } from '../../../plugins/model-management/editor/join/stored-join';
import type { OnnxModelConfig } from '../config';

/** What the dialog edits; `configVersion` passes through untouched. */
export interface EditedConfig extends Omit<OnnxModelConfig, keyof StoredJoin | 'configVersion'>, StoredJoin {
  readonly name: string;
}

export type ConfigChanges = Partial<EditedConfig>;

const { configVersion: _version, ...edited } = onnxModelDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig => ({
  ...completeConfig<EditedConfig>(node, DEFAULTS),
  ...readJoin(node),
});

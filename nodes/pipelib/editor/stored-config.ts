import { pipelibDefaults } from '../../../lib/pipeline/pipelib-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { StoredJoin } from '../../../plugins/model-management/editor/join/parent-list';
import { readJoin } from '../../../plugins/model-management/editor/join/stored-join';
import type { PipelibConfig } from '../config';

/** What the dialog edits; `configVersion` passes through untouched. */
export interface EditedConfig extends Omit<PipelibConfig, keyof StoredJoin | 'configVersion'>, StoredJoin {
  readonly name: string;
}

const { configVersion: _version, ...edited } = pipelibDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig => ({
  ...completeConfig<EditedConfig>(node, DEFAULTS),
  ...readJoin(node),
});

import { pipelibDefaults } from '../../../lib/pipeline/pipelib-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { PipelibConfig } from '../config';

/** What the dialog edits; `join`, `parentIds` and `configVersion` pass through untouched. */
export interface EditedConfig extends Omit<PipelibConfig, 'join' | 'parentIds' | 'configVersion'> {
  readonly name: string;
}

const { configVersion: _version, parentIds: _parents, join: _join, ...edited } = pipelibDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig => completeConfig(node, DEFAULTS);

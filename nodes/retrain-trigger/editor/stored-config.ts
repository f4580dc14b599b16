import { triggerDefaults } from '../../../lib/training/trigger-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { TriggerConfig } from '../config';

/** What the dialog edits; `configVersion` passes through untouched. */
export interface EditedConfig extends Omit<TriggerConfig, 'configVersion'> {
  readonly name: string;
}

const { configVersion: _version, ...edited } = triggerDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig =>
  completeConfig<EditedConfig>(node, DEFAULTS);

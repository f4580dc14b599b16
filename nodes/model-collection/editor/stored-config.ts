import { collectionNodeDefaults } from '../../../lib/collections/node-defaults';
import { completeConfig } from '../../../plugins/model-management/editor/dialog/stored-config';
import type { CollectionConfig } from '../config';

/** What the dialog edits; `configVersion` passes through untouched. */
export interface EditedConfig extends Omit<CollectionConfig, 'configVersion'> {
  readonly name: string;
}

const { configVersion: _version, ...edited } = collectionNodeDefaults;
const DEFAULTS: Readonly<Record<keyof EditedConfig, unknown>> = { name: '', ...edited };

export const readConfig = (node: Readonly<Record<string, unknown>>): EditedConfig =>
  completeConfig<EditedConfig>(node, DEFAULTS);

import { validity } from '../../../plugins/model-management/editor/dialog/fault';
import { nodeDialog } from '../../../plugins/model-management/editor/dialog/node-dialog';
import type { StoredNode } from '../../../plugins/model-management/editor/dialog/stored-config';
import '../../../plugins/model-management/editor/base.css';
import '../../../plugins/model-management/editor/dialog/dialog.css';
import { Dialog } from './dialog';
import { readConfig } from './stored-config';
import { nodeText } from './texts';
import { findFault } from './validation';

/** The dialog, and what the canvas asks of the node. */
const collection = {
  ...nodeDialog(readConfig, Dialog),
  label(node: StoredNode): string {
    const { name, collection: stored } = readConfig(node);
    return name || stored || nodeText('paletteLabel');
  },
  /** True, or what is wrong in words. While a dialog is open the editor asks about the values in it, one by one. */
  validate(node: StoredNode, property: string, value: unknown): true | string {
    return validity(findFault(property, readConfig({ ...node, [property]: value })), nodeText);
  },
};

Object.assign(globalThis, { modelManagementCollection: collection });

import { render } from 'preact';
import { nodeText } from '../../../plugins/model-management/editor/i18n';
import '../../../plugins/model-management/editor/base.css';
import '../../../plugins/model-management/editor/upload/upload.css';
import '../../../plugins/model-management/editor/model/model.css';
import { Dialog } from './dialog';
import './dialog.css';
import { type ConfigChanges, readConfig, type StoredNode, writeChanges } from './stored-config';
import { findFault } from './validation';

let host: Element | undefined;
let changes: ConfigChanges = {};

function close(): void {
  if (host) render(null, host);
  host = undefined;
  changes = {};
}

/** What the registration in onnx-model.html calls: it has to be literal, so the work is here. */
const onnxModel = {
  open(node: StoredNode, element: Element): void {
    host = element;
    changes = {};
    render(
      <Dialog
        stored={readConfig(node)}
        onChange={(next) => {
          changes = next;
        }}
      />,
      element,
    );
  },
  save(node: StoredNode): void {
    writeChanges(node, changes);
    close();
  },
  close,
  label(node: StoredNode): string {
    const { name, source, model, file } = readConfig(node);
    return name || (source === 'file' ? file : model) || nodeText('paletteLabel');
  },
  /** True, or what is wrong in words. While a dialog is open the editor asks about the values in it, one by one. */
  validate(node: StoredNode, property: string, value: unknown): true | string {
    const fault = findFault(property, readConfig({ ...node, [property]: value }));
    return fault ? nodeText(`fault.${fault.key}`, fault.values) : true;
  },
};

Object.assign(globalThis, { modelManagementOnnxModel: onnxModel });

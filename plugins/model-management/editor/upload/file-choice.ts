import { modelNameFrom } from '../../../../lib/registry/model-name';

export { isModelName } from '../../../../lib/registry/model-name';

/** A model's name made from a file's: `My model (2).onnx` → `My-model-2`; empty when nothing of it can be used. */
export function nameFromFile(fileName: string): string {
  return modelNameFrom(fileName.replace(/\.onnx$/i, ''));
}

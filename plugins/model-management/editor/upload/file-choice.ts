import { modelNameFrom } from '../../../../lib/registry/model-name';

export { isModelName } from '../../../../lib/names';

/** A tar as a version is exported: files and all that is said of them. */
export function isArchive(fileName: string): boolean {
  return /\.tar$/i.test(fileName);
}

/**
 * A model's name made from a file's: `My model (2).onnx` → `My-model-2`; an archive is named after model and version, of
 * which the version goes. Empty when nothing of it can be used.
 */
export function nameFromFile(fileName: string): string {
  return modelNameFrom(fileName.replace(/(?:\.onnx|(?:-\d+)?\.tar)$/i, ''));
}

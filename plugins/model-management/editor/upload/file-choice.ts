const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** A model's name made from a file's: `My model (2).onnx` → `My-model-2`; empty when nothing of it can be used. */
export function nameFromFile(fileName: string): string {
  return fileName
    .replace(/\.onnx$/i, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63)
    .replace(/[-.]+$/, '');
}

export function isModelName(text: string): boolean {
  return NAME.test(text);
}

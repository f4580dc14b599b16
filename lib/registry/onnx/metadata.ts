/** Metadata keys that exporters use, the most specific first. */
const FEATURE_KEYS = ['features', 'feature_names'];
const LABEL_KEYS = ['labels', 'class_names', 'classes', 'names'];
export const MAX_NAME_COUNT = 10_000;
const MAX_NAME_LENGTH = 256;

/** The names of the input's columns, if the file carries them. */
export function featuresOf(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  return firstList(metadata, FEATURE_KEYS);
}

/** The names of the classes in the order of the scores, if the file carries them. */
export function labelsOf(metadata: ReadonlyMap<string, string>): readonly string[] | undefined {
  return firstList(metadata, LABEL_KEYS);
}

/** Metadata is a courtesy: what cannot be understood is as if it were not there. */
function firstList(metadata: ReadonlyMap<string, string>, keys: readonly string[]): readonly string[] | undefined {
  for (const key of keys) {
    const list = parseNames(metadata.get(key) ?? '');
    if (list) return list;
  }
  return undefined;
}

/** `["a","b"]`, `a, b`, or the Python dictionary `{0: 'a', 1: 'b'}` that Ultralytics writes. */
function parseNames(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  const names = trimmed.startsWith('[')
    ? parseJsonList(trimmed)
    : trimmed.startsWith('{')
      ? parseIndexed(trimmed)
      : trimmed.split(',').map((name) => name.trim());
  return names && isNameList(names) ? names : undefined;
}

export function isNameList(names: readonly string[]): boolean {
  return (
    names.length > 0 &&
    names.length <= MAX_NAME_COUNT &&
    names.every((name) => name !== '' && name.length <= MAX_NAME_LENGTH) &&
    new Set(names).size === names.length
  );
}

function parseJsonList(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    return value.every((item) => typeof item === 'string' || typeof item === 'number') ? value.map(String) : undefined;
  } catch {
    return parsePythonList(text);
  }
}

const PYTHON_TEXT = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;

/** `['a', 'b']`, as `str(list)` writes it. */
function parsePythonList(text: string): readonly string[] | undefined {
  const whole = new RegExp(`^\\[\\s*(?:${PYTHON_TEXT})(?:\\s*,\\s*(?:${PYTHON_TEXT}))*\\s*(?:,\\s*)?\\]$`);
  if (!whole.test(text)) return undefined;
  return [...text.matchAll(new RegExp(PYTHON_TEXT, 'g'))].map(([name]) => unquote(name));
}

/** `{0: 'a', 1: 'b'}` or `{"0": "a", "1": "b"}`; the keys must be 0, 1, 2 … */
function parseIndexed(text: string): readonly string[] | undefined {
  const entry = String.raw`["']?(\d{1,6})["']?\s*:\s*(${PYTHON_TEXT})`;
  const plain = entry.replaceAll(/\((?!\?)/g, '(?:');
  if (!new RegExp(`^\\{\\s*${plain}(?:\\s*,\\s*${plain})*\\s*(?:,\\s*)?\\}$`).test(text)) return undefined;
  const names: string[] = [];
  for (const [, index, name = ''] of text.matchAll(new RegExp(entry, 'g'))) names[Number(index)] = unquote(name);
  return Object.keys(names).length === names.length ? names : undefined;
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

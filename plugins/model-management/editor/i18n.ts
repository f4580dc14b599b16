const MODULE = '@edge-models/node-red-model-management';

type Values = Readonly<Record<string, string | number>>;

/** The text of `key` in the editor's language. The result is text: it is never read as HTML. */
export function t(key: string, values: Values = {}): string {
  return RED._(`${MODULE}/model-management:${key}`, values);
}

/** The same from the catalogue of the node `type`. */
export function nodeTexts(type: string): typeof t {
  return (key, values = {}) => RED._(`${MODULE}/${type}:${type}.${key}`, values);
}

/** The text of `key.one`, `key.other`, … as the language counts; `__count__` in it is the number. */
export function tCount(key: string, count: number, values: Values = {}): string {
  const form = new Intl.PluralRules(RED.i18n.lang()).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}`, { count: new Intl.NumberFormat(RED.i18n.lang()).format(count), ...values });
}

/** "a, b and c", as the language puts a list together. */
export const tList = (words: readonly string[]): string => new Intl.ListFormat(RED.i18n.lang()).format(words);

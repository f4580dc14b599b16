import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const languages = ['en-US', 'fr', 'de'];
const catalogues = [
  {
    folder: 'plugins/model-management/runtime/locales',
    name: 'model-management',
    sources: ['plugins/model-management/editor'],
    call: 't',
  },
  {
    folder: 'nodes/onnx-model/locales',
    name: 'onnx-model',
    sources: ['nodes/onnx-model/editor', 'plugins/model-management/editor/dialog'],
    call: 'nodeText',
  },
  {
    folder: 'nodes/pipelib/locales',
    name: 'pipelib',
    sources: ['nodes/pipelib/editor', 'plugins/model-management/editor/dialog'],
    call: 'nodeText',
  },
  {
    folder: 'nodes/model-collection/locales',
    name: 'model-collection',
    sources: ['nodes/model-collection/editor', 'plugins/model-management/editor/dialog'],
    call: 'nodeText',
  },
  {
    folder: 'nodes/retrain-trigger/locales',
    name: 'retrain-trigger',
    sources: ['nodes/retrain-trigger/editor', 'plugins/model-management/editor/dialog'],
    call: 'nodeText',
  },
];

type Catalogue = { readonly [key: string]: string | Catalogue };

function flatten(catalogue: Catalogue, prefix = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([key, value]): readonly (readonly [string, string])[] =>
      typeof value === 'string' ? [[`${prefix}${key}`, value]] : [...flatten(value, `${prefix}${key}.`)],
    ),
  );
}

/** What a call of the sources hands over: the key, and the names of the values where the whole call could be read. */
function callsIn(code: string, call: string): readonly { key: string; isCount: boolean; values?: readonly string[] }[] {
  const pattern = new RegExp(
    `\\b${call}(Count)?\\(\\s*'([^']+)'(,\\s*[^,{}()\\s][^,{}()]*)?(?:,\\s*\\{([^{}]*)\\})?\\s*(\\))?`,
    'g',
  );
  return [...code.matchAll(pattern)].map(([, count, key = '', plain, values, end]) => ({
    key,
    isCount: count !== undefined,
    // The second of a count is the number; elsewhere it is an object made somewhere else.
    ...(end && !(plain && !count) && { values: namesOf(values ?? '') }),
  }));
}

/** `a, b: c(1)` → a, b; undefined where another object is spread into it. */
function namesOf(literal: string): readonly string[] {
  return literal
    .split(/,(?![^(]*\))/)
    .map((part) => part.split(':')[0]?.trim() ?? '')
    .filter(Boolean);
}

function load(folder: string, language: string, name: string): ReadonlyMap<string, string> {
  return flatten(JSON.parse(readFileSync(join(folder, language, `${name}.json`), 'utf8')) as Catalogue);
}

function codeOf(sources: readonly string[]): string {
  return sources
    .flatMap((source) => readdirSync(source, { recursive: true, encoding: 'utf8' }).map((file) => join(source, file)))
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

const valuesOf = (text: string): readonly string[] => [...new Set(text.match(/__\w+?__/g) ?? [])].sort();

describe('the reading of calls', () => {
  it('sees keys, counts and the names of values', () =>
    assert.deepEqual(callsIn("t('a.b') t('c', { x, y: f(1, 2) }) tCount('d', n, { z: 1 }) t('e') t('f', more)", 't'), [
      { key: 'a.b', isCount: false, values: [] },
      { key: 'c', isCount: false, values: ['x', 'y'] },
      { key: 'd', isCount: true, values: ['z'] },
      { key: 'e', isCount: false, values: [] },
      { key: 'f', isCount: false },
    ]));
});

for (const { folder, name, sources, call } of catalogues) {
  describe(`the catalogue of ${name}`, () => {
    const english = load(folder, 'en-US', name);

    for (const language of languages) {
      it(`${language} holds every key, filled, with the same values`, () => {
        const texts = load(folder, language, name);
        assert.deepEqual([...texts.keys()].sort(), [...english.keys()].sort());
        for (const [key, text] of texts) {
          assert.ok(text.trim() !== '', key);
          assert.deepEqual(valuesOf(text), valuesOf(english.get(key) ?? ''), key);
        }
      });
    }

    it('holds a number in both forms of what is counted', () => {
      for (const language of languages) {
        const texts = load(folder, language, name);
        for (const key of texts.keys()) {
          const [, base, form] = /^(.*)\.(one|other)$/.exec(key) ?? [];
          // A word may also be called so, among others that are no numbers.
          const siblings = [...texts.keys()].filter((one) => one.startsWith(`${base}.`));
          if (!form || siblings.length > 2) continue;
          assert.ok(texts.has(`${base}.one`) && texts.has(`${base}.other`), `${language} ${base}: one and other`);
          assert.match(texts.get(`${base}.other`) ?? '', /__count__/, `${language} ${key}`);
        }
      }
    });

    it('speaks the language it is for', () => {
      for (const language of languages.filter((one) => one !== 'en-US')) {
        const same = [...load(folder, language, name)].filter(
          ([key, text]) => text.replace(/__\w+__/g, '').length > 20 && text === english.get(key),
        );
        assert.deepEqual(same, [], language);
      }
    });

    it('gets the values that its texts ask for', () => {
      const calls = callsIn(codeOf(sources), call);
      assert.ok(calls.filter(({ values }) => values).length > 2, 'calls with values are found');
      for (const { key, isCount, values } of calls) {
        if (!values || values.some((value) => value.startsWith('...'))) continue;
        const full = `${name === 'model-management' ? '' : `${name}.`}${key}${isCount ? '.other' : ''}`;
        const text = english.get(full);
        assert.ok(text !== undefined, `${full} is no text`);
        const given = [...values, ...(isCount ? ['count'] : [])].map((value) => `__${value}__`);
        assert.deepEqual(
          valuesOf(text).filter((value) => !given.includes(value)),
          [],
          `${full}: ${text}`,
        );
      }
    });

    it('holds every key that the sources name, and no key that nothing names', () => {
      const code = codeOf(sources);
      const prefix = name === 'model-management' ? '' : `${name}.`;
      const named = [...code.matchAll(new RegExp(`\\b${call}(?:Count)?\\(\\s*'([^']+)'`, 'g'))].map(
        ([, key = '']) => key,
      );
      for (const key of named) {
        const full = `${prefix}${key}`;
        assert.ok(english.has(full) || english.has(`${full}.other`), full);
      }
      // A key may also end in a value, or be handed on as a word.
      const beginnings = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(
        ([, beginning = '']) => `${prefix}${beginning}`,
      );
      for (const beginning of beginnings.filter((one) => one.includes('.'))) {
        const isSection = [...english.keys()].some((key) => key.startsWith(beginning));
        const isElsewhere = !new RegExp(`\\b${call}\\(\`${beginning.slice(prefix.length)}`).test(code);
        assert.ok(isSection || isElsewhere, `nothing begins with ${beginning}`);
      }
      for (const key of english.keys()) {
        const whole = key.slice(prefix.length).replace(/\.(?:one|other)$/, '');
        const isNamed = code.includes(`'${whole}'`) || beginnings.some((beginning) => key.startsWith(beginning));
        assert.ok(isNamed, `${key} is not used`);
      }
    });
  });
}

describe('the folders of the languages', () => {
  const folders = ['nodes', 'plugins']
    .flatMap((top) => readdirSync(top, { recursive: true, encoding: 'utf8' }).map((path) => join(top, path)))
    .filter((path) => /[\\/]locales$/.test(path));
  it('are all known to these tests', () =>
    assert.deepEqual(
      folders.map((folder) => folder.replaceAll('\\', '/')).sort(),
      catalogues.map(({ folder }) => folder).sort(),
    ));
  for (const folder of folders) {
    it(`${folder}: each language has the same files`, () => {
      assert.deepEqual(readdirSync(folder).sort(), [...languages].sort());
      const files = languages.map((language) => readdirSync(join(folder, language)).sort());
      for (const one of files) assert.deepEqual(one, files[0]);
    });
  }
});

for (const node of ['onnx-model', 'pipelib']) {
  const helpOf = (language: string): string => readFileSync(`nodes/${node}/locales/${language}/${node}.html`, 'utf8');
  const tags = (html: string): readonly string[] => html.match(/<(?:h[1-6]|dl|dt|ul|ol|table|tr|pre)\b/g) ?? [];
  describe(`the help of ${node}`, () => {
    for (const language of languages) {
      it(`is there in ${language}, with the same sections`, () => {
        assert.match(helpOf(language), new RegExp(`data-help-name="${node}"[\\s\\S]{1000}`));
        assert.deepEqual(tags(helpOf(language)), tags(helpOf('en-US')));
      });
    }
  });
}

describe('the words of the nodes', () => {
  const read = (node: string, language: string, file: string): string =>
    readFileSync(join('nodes', node, 'locales', language, file), 'utf8');

  for (const node of ['onnx-model', 'pipelib']) {
    for (const language of languages) {
      it(`the help of ${node} tells of its join, ${language}`, () => {
        const help = read(node, language, `${node}.html`);
        for (const word of ['JOIN_TIMEOUT', 'JOIN_FULL', 'msg.reset', '*each*', '*latest*', '*next*', '*optional*'])
          assert.ok(help.includes(word), word);
      });
    }
  }

  for (const [language, key] of [
    ['de', 'Zeitlimit'],
    ['fr', 'Délai'],
  ] as const) {
    it(`a time limit has one word in ${language}`, () => {
      const labels = ['onnx-model', 'pipelib'].map((node) =>
        load(join('nodes', node, 'locales'), language, node).get(`${node}.timeout.label`),
      );
      assert.deepEqual(labels, [key, key]);
    });
  }

  it('a node is a Node in German, as in Node-RED', () => {
    for (const node of ['onnx-model', 'pipelib'])
      for (const file of [`${node}.json`, `${node}.html`]) assert.doesNotMatch(read(node, 'de', file), /Knoten/);
  });
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
];

type Catalogue = { readonly [key: string]: string | Catalogue };

function flatten(catalogue: Catalogue, prefix = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([key, value]): readonly (readonly [string, string])[] =>
      typeof value === 'string' ? [[`${prefix}${key}`, value]] : [...flatten(value, `${prefix}${key}.`)],
    ),
  );
}

function load(folder: string, language: string, name: string): ReadonlyMap<string, string> {
  return flatten(JSON.parse(readFileSync(join(folder, language, `${name}.json`), 'utf8')) as Catalogue);
}

const valuesOf = (text: string): readonly string[] => [...new Set(text.match(/__\w+?__/g) ?? [])].sort();

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

    it('holds every key that the sources name, and no key that nothing names', () => {
      const code = sources
        .flatMap((source) =>
          readdirSync(source, { recursive: true, encoding: 'utf8' }).map((file) => join(source, file)),
        )
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => readFileSync(file, 'utf8'))
        .join('\n');
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
      for (const key of english.keys()) {
        const whole = key.slice(prefix.length).replace(/\.(?:one|other)$/, '');
        const isNamed = code.includes(`'${whole}'`) || beginnings.some((beginning) => key.startsWith(beginning));
        assert.ok(isNamed, `${key} is not used`);
      }
    });
  });
}

for (const node of ['onnx-model', 'pipelib']) {
  describe(`the help of ${node}`, () => {
    for (const language of languages) {
      it(`is there in ${language}`, () => {
        const file = `nodes/${node}/locales/${language}/${node}.html`;
        assert.ok(existsSync(file));
        assert.match(readFileSync(file, 'utf8'), new RegExp(`data-help-name="${node}"[\\s\\S]{1000}`));
      });
    }
  });
}

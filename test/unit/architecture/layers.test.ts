import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const root = join(__dirname, '..', '..', '..');

/** The architecture: which folders of lib a folder of lib may import. Changing a row needs a decision record. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  store: [],
  registry: ['store'],
  collections: ['store'],
  inference: ['registry'],
  training: ['registry', 'collections', 'store'],
  pipeline: ['registry', 'inference', 'store'],
  edges: ['store', 'registry', 'collections', 'inference', 'training', 'pipeline'],
};

/** Files that stand beside the folders of lib: the vocabulary, which everybody may import. */
const VOCABULARY = [
  'admission.ts',
  'clock.ts',
  'errors.ts',
  'files.ts',
  'ids.ts',
  'list-parameters.ts',
  'log.ts',
  'names.ts',
  'parse-input.ts',
  'service-slot.ts',
];

const SOURCE = /\.tsx?$/;
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g;

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => SOURCE.test(file))
    .map((file) => join(folder, file))
    .sort();
}

/** What a file imports: packages by name, own files relative to the root. */
function importsOf(file: string): string[] {
  return [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map(([, specifier = '']) =>
    specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier,
  );
}

describe('lib keeps its layers', () => {
  for (const file of sourcesUnder('lib')) {
    it(`${file} imports only what its layer may`, () => {
      const [, layer = '', ...below] = file.split(sep);
      const isVocabulary = below.length === 0;
      const allowed = isVocabulary ? [] : MAY_IMPORT[layer];
      assert.ok(allowed !== undefined, `lib/${layer} has no row in the table`);
      assert.ok(!isVocabulary || VOCABULARY.includes(layer), `${file} is neither in a layer nor vocabulary`);
      for (const imported of importsOf(file)) {
        assert.doesNotMatch(imported, /^@?node-red/, `${file} imports ${imported}`);
        const [top = '', folder = '', ...inside] = imported.split(sep);
        if (top === 'nodes' || top === 'plugins' || top === '..') assert.fail(`${file} imports ${imported}`);
        if (top !== 'lib') continue;
        const isFree = inside.length === 0 && VOCABULARY.includes(`${folder}.ts`);
        assert.ok(isFree || folder === layer || allowed.includes(folder), `${file} imports ${imported}`);
      }
    });
  }
});

describe('nobody builds on an adapter', () => {
  // The dialogs are bundled for the browser, where they share the sidebar's components: docs/decisions/0004.
  const sharedEditor = ['plugins', 'model-management', 'editor', ''].join(sep);
  const isSharedEditor = (file: string, imported: string): boolean =>
    file.split(sep)[0] === 'nodes' && file.split(sep)[2] === 'editor' && imported.startsWith(sharedEditor);
  const adapterOf = (path: string): string => path.split(sep).slice(0, 2).join('/');

  for (const file of [...sourcesUnder('nodes'), ...sourcesUnder('plugins')]) {
    it(`${file} imports no other node or plugin`, () => {
      for (const imported of importsOf(file)) {
        const isAdapter = imported.startsWith(`nodes${sep}`) || imported.startsWith(`plugins${sep}`);
        const isOwn = adapterOf(imported) === adapterOf(file);
        assert.ok(!isAdapter || isOwn || isSharedEditor(file, imported), `${file} imports ${imported}`);
      }
    });
  }
});

describe('native code stays in engine processes', () => {
  const child = ['lib', 'inference', 'child', ''].join(sep);
  const outside = sourcesUnder('lib').filter((file) => !file.startsWith(child));
  for (const file of outside) {
    it(`${file} imports nothing that runs in an engine process`, () => {
      for (const imported of importsOf(file)) assert.ok(!imported.startsWith(child), `${file} imports ${imported}`);
    });
  }
});

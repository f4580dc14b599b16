import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readBuiltInLibraries } from '../../../lib/pipeline/library/built-in-libraries';
import { parseConfig as parseCollectionConfig } from '../../../nodes/model-collection/config';
import { parseConfig as parseModelConfig } from '../../../nodes/onnx-model/config';
import { parseConfig as parseLibraryConfig } from '../../../nodes/pipelib/config';
import { parseConfig as parseTriggerConfig } from '../../../nodes/retrain-trigger/config';
import { EXAMPLE_MODELS } from '../../../scripts/make-example-models';
import {
  exampleLibraries,
  exampleModels,
  exampleModelsFolder,
  examplesFolder,
  exampleTitles,
  readExample,
  readExampleLibrary,
  readExampleModel,
} from '../../support/examples';
import { buildModel } from '../../support/onnx-models';

const MAX_MODEL_BYTES = 100_000;

const parsers: Readonly<Record<string, (node: unknown) => unknown>> = {
  'onnx-model': parseModelConfig,
  pipelib: parseLibraryConfig,
  'model-collection': parseCollectionConfig,
  'retrain-trigger': parseTriggerConfig,
};

describe('the examples', () => {
  it('lie in no folders: Node-RED would show each under Import → Examples', () => {
    const folders = readdirSync(examplesFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(
      folders.map(({ name }) => name),
      [],
    );
  });

  it('all have a number and a title, and ids of their own', () => {
    assert.equal(exampleTitles.length, 15);
    for (const title of exampleTitles) assert.match(title, /^\d\d - [A-Z][A-Za-z -]+$/);
    const ids = exampleTitles.flatMap((title) => readExample(title).map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const title of exampleTitles) {
    const flow = readExample(title);
    const ofType = (type: string) => flow.filter((node) => node.type === type);

    it(`${title}: a comment says in three sentences what it shows, what to publish where, and what it needs`, () => {
      const [comment, second] = ofType('comment');
      assert.equal(second, undefined);
      const [text = ''] = String(comment?.['info']).split('\n\n');
      const prose = text.replace(/`[^`]*`/g, 'x');
      assert.equal(prose.match(/[.!](?: |$)/g)?.length, 3, prose);
      for (const { topic } of [...ofType('mqtt in'), ...ofType('mqtt out')])
        assert.ok(text.includes(`\`${topic}\``), String(topic));
      for (const { model } of ofType('onnx-model')) {
        const file = exampleModels[String(model)] ?? '';
        assert.ok(text.includes(`*${model}*`) && text.includes(file), `${model} and ${file}`);
      }
    });

    it(`${title}: stores every property of our nodes, so that opening and closing a dialog changes nothing`, () => {
      for (const node of flow) {
        const parse = parsers[node.type];
        if (!parse) continue;
        const { id, type, z, g, name, x, y, wires, ...stored } = node;
        assert.deepEqual(parse(node), stored);
      }
    });

    it(`${title}: joins the nodes that are wired to it`, () => {
      for (const { id, parentIds } of flow) {
        if (!Array.isArray(parentIds)) continue;
        const wired = flow.filter(({ wires }) => ((wires as string[][] | undefined) ?? []).flat().includes(id));
        const parents = wired.length > 1 ? wired.map((node) => node.id).sort() : [];
        assert.deepEqual([...(parentIds as string[])].sort(), parents);
      }
    });

    it(`${title}: names only libraries that are built in, or whose file its comment names and shows`, () => {
      const builtIn = new Set<string>(readBuiltInLibraries().map(({ name }) => name));
      for (const { library } of ofType('pipelib')) {
        const name = String(library);
        if (builtIn.has(name)) continue;
        const text = String(ofType('comment')[0]?.['info']);
        assert.ok(text.includes(`${name}.js\``) && text.includes('`example-libraries/'), `the file of ${name}`);
        assert.ok(text.includes(`\`\`\`js\n${readExampleLibrary(name)}\`\`\``), `the source of ${name}`);
      }
    });

    it(`${title}: groups hold what lies in them`, () => {
      for (const group of ofType('group')) {
        const members = flow.filter(({ g }) => g === group.id).map(({ id }) => id);
        assert.deepEqual(members, group['nodes']);
        assert.ok(members.length > 0);
      }
    });

    it(`${title}: shows or tells what goes wrong`, () => {
      assert.equal(ofType('catch').length, 1);
    });
  }
});

describe('the models of the examples', () => {
  for (const [name, spec] of Object.entries(EXAMPLE_MODELS)) {
    it(`example-models/${name}.onnx is what the script makes`, () => {
      assert.deepEqual(readExampleModel(`${name}.onnx`), buildModel(spec));
    });
  }

  it('are all used, and small', () => {
    const files = readdirSync(exampleModelsFolder);
    // Version 2 of iris is for the reader of the README to deploy.
    assert.deepEqual(files.filter((file) => file !== 'iris-2.onnx').sort(), Object.values(exampleModels).sort());
    const sizeBytes = files.reduce((sum, file) => sum + statSync(join(exampleModelsFolder, file)).size, 0);
    assert.ok(sizeBytes < MAX_MODEL_BYTES);
  });
});

describe('the libraries of the examples', () => {
  it('are all used', () => {
    const builtIn = new Set<string>(readBuiltInLibraries().map(({ name }) => name));
    const used = exampleTitles.flatMap((title) => readExample(title).flatMap(({ library }) => library ?? []));
    const own = new Set(used.map(String).filter((name) => !builtIn.has(name)));
    assert.deepEqual([...own].sort(), exampleLibraries.toSorted());
  });
});

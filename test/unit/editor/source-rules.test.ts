import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['plugins/model-management/editor', 'nodes/onnx-model/editor', 'nodes/pipelib/editor'];
const htmlFiles = [
  'plugins/model-management/runtime/model-management.html',
  'nodes/onnx-model/onnx-model.html',
  'nodes/pipelib/pipelib.html',
];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

const sources = folders.flatMap(filesBelow);
const scripts = sources.filter((file) => /\.tsx?$/.test(file));
const styles = sources.filter((file) => file.endsWith('.css'));
const read = (file: string): string => readFileSync(file, 'utf8');

/** Text between tags and the words of attributes that a person reads or hears. */
function rawTexts(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const between = [...code.matchAll(/(?:<\/?[A-Za-z][^<>{}=]*|["'}/])>([^<>{}()=;]*[A-Za-zÀ-ÿ]{2}[^<>{}()=;]*)<\//g)];
  const attributes = [...code.matchAll(/\b(?:title|placeholder|aria-label|alt)="([^"]+)"/g)];
  return [...between, ...attributes].map(([, text = '']) => text.trim());
}

describe('the sources of the editor', () => {
  it('are found', () => {
    assert.ok(scripts.length > 30, `${scripts.length} scripts`);
    assert.ok(styles.length > 3, `${styles.length} styles`);
  });

  it('the rule against raw text sees it', () => {
    assert.deepEqual(rawTexts('<p class="a">Hello there</p>'), ['Hello there']);
    assert.deepEqual(rawTexts('<input placeholder="type here" />'), ['type here']);
    assert.deepEqual(rawTexts('<p>{t(\'key\')}</p><i class="fa" />'), []);
  });

  for (const file of scripts) {
    it(`${file}: no HTML from data, no raw words, no colours of its own, short enough`, () => {
      const source = read(file);
      assert.doesNotMatch(
        source,
        /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|\.html\(|document\.write/,
      );
      assert.doesNotMatch(source, /#[0-9a-fA-F]{3,8}\b(?!-)|\brgba?\(|\bhsla?\(/);
      assert.doesNotMatch(source, /\bon[a-z]+="/);
      assert.deepEqual(rawTexts(source), []);
      assert.ok(source.split('\n').length <= 300);
    });

    it(`${file}: each component stays under 80 lines`, () => {
      for (const [body] of read(file).matchAll(/^(?:export )?function [A-Z][\s\S]*?^}/gm)) {
        assert.ok(body.split('\n').length < 80, body.split('\n')[0]);
      }
    });
  }

  for (const file of styles) {
    it(`${file}: only colours of the platform's theme`, () => {
      const source = read(file);
      assert.doesNotMatch(source, /#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(/);
      for (const [, property = '', value = ''] of source.matchAll(
        /([a-z-]*(?:color|background|border|outline)[a-z-]*):([^;]+);/g,
      )) {
        if (/-(?:radius|width|offset|collapse)$/.test(property)) continue;
        assert.match(value, /var\(--red-ui-|^\s*(?:0|none|inherit|collapse)\s*$/, `${property}:${value}`);
      }
    });
  }

  for (const file of htmlFiles) {
    it(`${file}: addresses are relative, so that an admin root and a proxy work, and nothing runs from attributes`, () => {
      const source = read(file);
      for (const [, address = ''] of source.matchAll(/(?:src|href)="([^"]+)"/g)) assert.match(address, /^resources\/@/);
      assert.doesNotMatch(source, /\son[a-z]+=/);
    });
  }
});

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { settingsText } from '../../../plugins/model-management/editor/edges/settings-text';
import { LiteralError, readSettings } from '../../../plugins/model-management/editor/own-edge/settings-literal';

describe('settings that are pasted', () => {
  it('are read as they were written, whatever stands in them', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (settings) => {
        // `__proto__` would be a prototype, not an entry.
        fc.pre(!JSON.stringify(settings).includes('__proto__') && !Object.hasOwn(settings, 'modelManagement'));
        const plain = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
        assert.deepEqual(readSettings(settingsText(plain)), plain);
      }),
    ));

  const edge = { role: 'edge', edge: { name: 'e', maxBytes: 10 } };
  for (const text of [
    "modelManagement: { role: 'edge', edge: { name: 'e', maxBytes: 10 } },",
    "{ modelManagement: { role: 'edge', edge: { name: 'e', maxBytes: 10, }, } }",
    "{ role: 'edge', edge: { name: 'e', maxBytes: 10 } };",
    "role: 'edge', edge: { name: 'e', maxBytes: 1e1 }",
    '{"role":"edge","edge":{"name":"e","maxBytes":10}}',
    "\n// of the hub\n{ role: 'edge', /* this one */ edge: { name: 'e', // here\n maxBytes: 10 } }",
  ]) {
    it(`are read in the form ${text}`, () => assert.deepEqual(readSettings(text), edge));
  }

  it('keep a text with quotes, backslashes and letters beyond', () =>
    assert.deepEqual(readSettings("{ a: 'it\\'s \\\\ \\u00e9 \\n', b: \"'\" }"), { a: "it's \\ é \n", b: "'" }));

  for (const text of [
    '',
    'a token',
    '[1]',
    '{ role: edge }',
    "{ role: 'edge'",
    "{ role 'edge' }",
    '{ a: process.exit() }',
    "{ a: require('fs') }",
    '{ a: `b` }',
    '{ a: 1 } { b: 2 }',
    '{ , }',
    "{ a: 'open }",
  ]) {
    it(`refuse ${JSON.stringify(text)}`, () => assert.throws(() => readSettings(text), LiteralError));
  }
});

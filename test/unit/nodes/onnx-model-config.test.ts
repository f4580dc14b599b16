import assert from 'node:assert/strict';
import { onnxModelDefaults } from '../../../lib/pipeline/onnx-model-defaults';
import { parseConfig } from '../../../nodes/onnx-model/config';

/** The stored configuration as documented, complete with defaults. */
const complete = {
  configVersion: 1,
  source: 'registry',
  model: 'iris',
  file: '',
  version: 'deployed',
  features: [],
  inputMap: [],
  result: { mode: 'first', names: [] },
  format: 'nested',
  label: { topK: 1, softmax: false },
  timeoutMs: 30_000,
  queue: { max: 1_000, overflow: 'error' },
  parentIds: [],
  join: {
    mode: 'all',
    key: 'msgid',
    property: '',
    parentKeys: 'id',
    parents: [],
    timeoutMs: 30_000,
    optionalWaitMs: 1_000,
    maxWaiting: 1_000,
    keepParents: false,
  },
};

describe('the stored configuration of an onnx-model', () => {
  it('has the same defaults for dialog, generated flows and the running node', () => {
    assert.deepEqual(parseConfig({}), onnxModelDefaults);
  });

  it('takes the documented default for every key that is left out', () => {
    assert.deepEqual(parseConfig({ configVersion: 1, model: 'iris' }), complete);
  });

  it('passes over what Node-RED adds', () => {
    const stored = { ...complete, id: 'a', type: 'onnx-model', z: 'b', x: 1, y: 2, wires: [[]], name: 'n' };
    assert.deepEqual(parseConfig(stored), complete);
  });

  it('migrates a configuration without configVersion, whose version may be a number', () => {
    assert.deepEqual(parseConfig({ model: 'iris', version: 3 }), { ...complete, version: '3' });
  });

  for (const { name, stored, field } of [
    { name: 'a time limit below zero', stored: { timeoutMs: -1 }, field: 'timeoutMs' },
    { name: 'a time limit no timer can hold', stored: { timeoutMs: 3_000_000_000 }, field: 'timeoutMs' },
    { name: 'a path with a NUL', stored: { source: 'file', file: 'a\u0000b' }, field: 'file' },
    { name: 'an unknown overflow rule', stored: { queue: { overflow: 'explode' } }, field: 'queue.overflow' },
    { name: 'features that are not text', stored: { features: [1] }, field: 'features.0' },
    { name: 'a form of a newer release', stored: { configVersion: 2 }, field: 'configVersion' },
    { name: 'no configuration at all', stored: null, field: 'configuration' },
  ]) {
    it(`refuses ${name}, naming the property`, () => {
      assert.throws(() => parseConfig(stored), { code: 'INVALID_INPUT', details: { field } });
    });
  }
});

import assert from 'node:assert/strict';
import { pipelibDefaults } from '../../../lib/pipeline/pipelib-defaults';
import { parseConfig } from '../../../nodes/pipelib/config';

describe('the stored configuration of a pipelib', () => {
  it('has the same defaults for dialog, generated flows and the running node', () => {
    assert.deepEqual(parseConfig({}), pipelibDefaults);
  });

  it('keeps what is stored, and passes over what Node-RED adds', () => {
    const join = { ...pipelibDefaults.join, parentKeys: 'name', parents: [{ policy: 'next', key: 'k' }] };
    const own = { configVersion: 1, library: 'pipelib_x', timeoutMs: 0, parentIds: ['a'], join };
    assert.deepEqual(
      parseConfig({ ...own, id: 'a', type: 'pipelib', z: 'b', x: 1, y: 2, wires: [[]], name: 'n' }),
      own,
    );
  });

  for (const { name, stored, field } of [
    { name: 'a time limit below zero', stored: { timeoutMs: -1 }, field: 'timeoutMs' },
    { name: 'a time limit no timer can hold', stored: { timeoutMs: 3_000_000_000 }, field: 'timeoutMs' },
    { name: 'a library that is no text', stored: { library: 5 }, field: 'library' },
    { name: 'an unknown policy', stored: { join: { parents: [{ policy: 'x' }] } }, field: 'join.parents.0.policy' },
    { name: 'a form of a newer release', stored: { configVersion: 2 }, field: 'configVersion' },
    { name: 'no configuration at all', stored: null, field: 'configuration' },
  ]) {
    it(`refuses ${name}, naming the property`, () => {
      assert.throws(() => parseConfig(stored), { code: 'INVALID_INPUT', details: { field } });
    });
  }
});

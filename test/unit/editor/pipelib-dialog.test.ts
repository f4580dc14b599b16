import assert from 'node:assert/strict';
import { parseConfig } from '../../../nodes/pipelib/config';
import { readConfig } from '../../../nodes/pipelib/editor/stored-config';
import { findFault } from '../../../nodes/pipelib/editor/validation';
import { writeChanges } from '../../../plugins/model-management/editor/dialog/stored-config';

describe('the stored configuration of pipelib in the dialog', () => {
  it('has the same defaults as the runtime', () => {
    const { name, ...edited } = readConfig({});
    const { configVersion, ...runtime } = parseConfig({});
    assert.deepEqual(edited, runtime);
    assert.deepEqual([name, configVersion], ['', 1]);
  });

  it('is written only where it changed', () => {
    const node = { library: 'pipelib_a', join: 'whatever', x: 1 };
    writeChanges(node, readConfig(node), { library: 'pipelib_a', timeoutMs: 5_000, name: '' });
    assert.deepEqual(node, { library: 'pipelib_a', join: 'whatever', x: 1 });
    writeChanges(node, readConfig(node), { library: 'pipelib_b', timeoutMs: 7 });
    assert.deepEqual(node, { library: 'pipelib_b', join: 'whatever', x: 1, timeoutMs: 7 });
  });
});

describe('what the dialog of pipelib finds wrong', () => {
  for (const [property, node, key] of [
    ['library', {}, 'noLibrary'],
    ['library', { library: 'pipelib_merge' }, undefined],
    ['library', { library: 'merge' }, 'badLibrary'],
    ['library', { library: 'pipelib_' }, 'badLibrary'],
    ['library', { library: 'pipelib_a b' }, 'badLibrary'],
    ['library', { library: '${LIBRARY}' }, undefined],
    ['timeoutMs', { timeoutMs: 0 }, undefined],
    ['timeoutMs', { timeoutMs: -1 }, 'badCount'],
    ['timeoutMs', { timeoutMs: 1.5 }, 'badCount'],
    ['join', { join: 'whatever' }, undefined],
    ['join', { join: { key: 'property', property: 'payload.id' } }, undefined],
    ['join', { join: { key: 'property' } }, 'noProperty'],
    ['join', { join: { timeoutMs: -1 } }, 'badCount'],
  ] as const) {
    it(`${property} of ${JSON.stringify(node)}: ${key ?? 'nothing'}`, () => {
      assert.equal(findFault(property, readConfig(node))?.key, key);
    });
  }
});

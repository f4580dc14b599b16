import assert from 'node:assert/strict';
import {
  type DuplicateOptions,
  duplicateTab,
  entriesOfTab,
  withoutTab,
  withTab,
} from '../../../../lib/pipeline/pipelines/tab-changes';
import { aLinkIn, aLinkOut, aNode, aTab } from '../../../support/flow-entries';

const broker = { id: 'b', type: 'mqtt-broker', broker: 'localhost' };
const entries = [
  aTab('t', { label: 'Read', locked: false, disabled: true }),
  aTab('u'),
  { id: 'g', type: 'group', z: 't', nodes: ['in', 'm'], x: 0, y: 0, w: 10, h: 10 },
  aNode('in', 'm', { type: 'mqtt in', topic: 'a/read', broker: 'b', g: 'g' }),
  aNode('m', 'out lo', { type: 'pipelib', library: 'pipelib_a', parentIds: ['in'], g: 'g', conf: 'c', name: 'in' }),
  aNode('out', '', { type: 'mqtt out', topic: 'a/write', broker: 'b' }),
  aNode('catch', '', { type: 'catch', scope: ['m'] }),
  aLinkOut('lo', 'li far'),
  aLinkIn('li', 'm', { links: ['lo', 'away'] }),
  { id: 'c', type: 'own-config', z: 't', name: 'of the tab' },
  aLinkIn('far', '', { z: 'u', links: ['lo'] }),
  aLinkOut('away', 'li', { z: 'u' }),
  broker,
];
const options: DuplicateOptions = { name: 'Read 2', topics: { 'a/read': 'b/read' } };

describe('changes of a tab', () => {
  it('switch it off and on, and leave all else as it is', () => {
    const on = withTab(entries, 't', false);
    assert.equal(on[0]?.['disabled'], false);
    assert.deepEqual(on.slice(1), entries.slice(1));
    assert.equal(withTab(on, 't', false), on, 'nothing to do');
    assert.throws(() => withTab(entries, 'm', true), { code: 'PIPELINE_NOT_FOUND' });
  });

  it('delete it with all that is on it', () => {
    assert.deepEqual(
      withoutTab(entries, 't').map(({ id }) => id),
      ['u', 'far', 'away', 'b'],
    );
    assert.throws(() => withoutTab([aTab('t', { locked: true })], 't'), { code: 'FLOW_LOCKED' });
    assert.throws(() => withoutTab(entries, 'x'), { code: 'PIPELINE_NOT_FOUND' });
  });

  describe('duplicate it', () => {
    const copy = duplicateTab(entries, 't', options);
    const own = entriesOfTab(entries, 't');
    const newId = (id: string) => copy[own.findIndex((entry) => entry.id === id)]?.id ?? '';
    const at = (id: string) => copy[own.findIndex((entry) => entry.id === id)] ?? {};
    const part = (id: string, ...keys: string[]) => {
      const entry: Record<string, unknown> = at(id);
      return keys.map((key) => entry[key]);
    };

    it('with new ids for all that is on it, each its own', () => {
      const ids = copy.map(({ id }) => id);
      assert.equal(new Set(ids).size, own.length);
      assert.ok(!ids.some((id) => entries.some((entry) => entry.id === id)));
    });

    it('as an enabled, unlocked tab of the new name', () => {
      assert.deepEqual(part('t', 'type', 'label', 'disabled', 'locked'), ['tab', 'Read 2', false, false]);
    });

    it('with references that follow, and those to what is elsewhere as they were', () => {
      assert.deepEqual(part('in', 'z', 'g', 'wires', 'broker'), [newId('t'), newId('g'), [[newId('m')]], 'b']);
      assert.deepEqual(part('g', 'nodes'), [[newId('in'), newId('m')]]);
      assert.deepEqual(part('m', 'parentIds', 'conf', 'name'), [[newId('in')], newId('c'), 'in']);
      assert.deepEqual(part('catch', 'scope'), [[newId('m')]]);
      assert.deepEqual(part('lo', 'links'), [[newId('li'), 'far']]);
      assert.deepEqual(part('li', 'links'), [[newId('lo')]], 'nothing comes from another tab');
    });

    it('with the topics that are asked for', () => {
      assert.deepEqual([part('in', 'topic'), part('out', 'topic')], [['b/read'], ['a/write']]);
    });

    it('and leaves the tab itself alone', () => {
      assert.equal(JSON.stringify(own), JSON.stringify(entriesOfTab(entries, 't')));
      assert.throws(() => duplicateTab(entries, 'x', options), { code: 'PIPELINE_NOT_FOUND' });
    });
  });
});

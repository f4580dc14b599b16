import assert from 'node:assert/strict';
import { silentLog } from '../../../lib/log';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { LiveGraph } from '../../../lib/pipeline/live-graph';
import { aNode, aTab } from '../../support/flow-entries';

describe('the graph of the running flows', () => {
  const flow = (parent: string): FlowEntry[] => [aTab('t'), aNode(parent, 'j'), aNode('j')];
  const parentOfJ = (live: LiveGraph): string | undefined => live.get()?.parentsOf('j')[0]?.id;

  it('is not there before flows are loaded, and is asked for again', () => {
    let entries: readonly FlowEntry[] | undefined;
    const live = new LiveGraph(() => {
      if (!entries) throw new TypeError('no flows yet');
      return entries;
    }, silentLog);
    assert.equal(live.get(), undefined);
    entries = flow('a');
    assert.equal(parentOfJ(live), 'a');
  });

  it('is built once for each generation, when somebody asks', () => {
    let reads = 0;
    let parent = 'a';
    const live = new LiveGraph(() => {
      reads += 1;
      return flow(parent);
    }, silentLog);
    assert.equal(reads, 0);
    const before = live.generation;
    assert.deepEqual([parentOfJ(live), parentOfJ(live), reads], ['a', 'a', 1]);
    parent = 'b';
    assert.equal(parentOfJ(live), 'a');
    live.invalidate();
    assert.notEqual(live.generation, before);
    assert.deepEqual([parentOfJ(live), reads], ['b', 2]);
  });

  it('tells listeners when a deploy is over, also when one of them fails, until they leave', () => {
    const errors: string[] = [];
    const live = new LiveGraph(() => flow('a'), { ...silentLog, error: (event) => errors.push(event) });
    const heard: string[] = [];
    live.onChange(() => {
      throw new Error('not today');
    });
    const leave = live.onChange(() => heard.push(`generation ${live.generation}`));
    live.invalidate();
    assert.deepEqual(heard, []);
    live.announce();
    leave();
    leave();
    live.announce();
    assert.deepEqual(heard, ['generation 2']);
    assert.equal(errors.length, 2);
  });
});

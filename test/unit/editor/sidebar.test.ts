import assert from 'node:assert/strict';
import { tabAfterKey } from '../../../plugins/model-management/editor/sidebar/tabs';

describe('the keys of a row of tabs', () => {
  const all = ['a', 'b', 'c'];
  for (const [current, key, next] of [
    ['a', 'ArrowRight', 'b'],
    ['c', 'ArrowRight', 'a'],
    ['b', 'ArrowLeft', 'a'],
    ['a', 'ArrowLeft', 'c'],
    ['c', 'Home', 'a'],
    ['a', 'End', 'c'],
    ['a', 'Enter', undefined],
    ['a', 'ArrowDown', undefined],
  ] as const) {
    it(`${key} on ${current} leads to ${next ?? 'nowhere'}`, () => assert.equal(tabAfterKey(all, current, key), next));
  }
});

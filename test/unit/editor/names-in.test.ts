import assert from 'node:assert/strict';
import { namesIn } from '../../../plugins/model-management/editor/names-in';

describe('names as they are typed', () => {
  for (const { text, names } of [
    { text: '', names: [] },
    { text: 'public.a', names: ['public.a'] },
    { text: 'public.a,', names: ['public.a'] },
    { text: 'public.a, ', names: ['public.a'] },
    { text: 'public.a, b', names: ['public.a', 'b'] },
    { text: ' , a,,b ', names: ['a', 'b'] },
    { text: ' line-1 ,press,, press', names: ['line-1', 'press'] },
    { text: 'site=north, old hall', names: ['site=north', 'old hall'] },
  ]) {
    it(JSON.stringify(text), () => assert.deepEqual(namesIn(text), names));
  }
});

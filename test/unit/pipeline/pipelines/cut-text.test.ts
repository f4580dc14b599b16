import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { showValue } from '../../../../lib/pipeline/library/shown-value';
import { cutJson, cutPayload } from '../../../../lib/pipeline/pipelines/cut-text';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('the beginning of a payload', () => {
  it('is that of its JSON, and said to be cut only when something is missing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 60 }), (value, length) => {
        const whole = showValue(value).text ?? '';
        const { text, isCut } = cutJson(value, length);
        assert.equal(isCut, whole.length > length);
        if (!isCut) assert.equal(text, whole);
        else assert.ok(text.length <= length);
      }),
    );
  });

  for (const [what, value, length, expected] of [
    ['a long list', [1, 2, 3, 4, 5, 6, 7, 8, 9], 5, { text: '[1,2,', isCut: true }],
    ['a long text', 'abcdef', 3, { text: '"ab', isCut: true }],
    ['bytes', Buffer.from([1, 2]), 10, { text: '[1,2]', isCut: false }],
    ['a typed array', new Float32Array([0.5]), 10, { text: '[0.5]', isCut: false }],
    ['what has no JSON', { a: Number.NaN }, 20, { text: '{"a":"NaN"}', isCut: false }],
    [
      'a key that means something else',
      JSON.parse('{"__proto__":null}'),
      18,
      { text: '{"__proto__":null}', isCut: false },
    ],
    ['nothing', undefined, 20, { text: '', isCut: false }],
  ] as const) {
    it(`of ${what}`, () => assert.deepEqual(cutJson(value, length), expected));
  }

  it('of something that holds itself', () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular['self'] = circular;
    assert.deepEqual(cutJson(circular, 100), { text: '{"a":1,"self":"[Circular]"}', isCut: false });
  });

  it('as text where it is text or bytes of one', () => {
    assert.deepEqual(cutPayload('abcdef', 3), { text: 'abc', isCut: true });
    assert.deepEqual(cutPayload(Buffer.from('€uro'), 4), { text: '€uro', isCut: false });
    assert.deepEqual(cutPayload(Buffer.from('€'.repeat(9)), 2), { text: '€€', isCut: true });
    assert.deepEqual(cutPayload({ a: 1 }, 20), { text: '{"a":1}', isCut: false });
  });

  it('does not look at the rest', () => {
    let looked = 0;
    const large = Array.from({ length: 1_000_000 }, () => 0);
    const watched = new Proxy(large, {
      get: (target, key) => {
        looked += 1;
        return Reflect.get(target, key);
      },
    });
    cutJson(watched, 100);
    assert.ok(looked < 1_000, `${looked} looks`);
  });

  it('does not keep the whole in memory', () => {
    const kept: string[] = [];
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 20; index++) {
      kept.push(cutPayload(`${index}${'x'.repeat(4_000_000)}`.split('').join(''), 2_000).text);
    }
    collectGarbage();
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 10e6, `${Math.round(grown / 1e6)} MB for ${kept.length} texts`);
  });
});

import assert from 'node:assert/strict';
import { showValue } from '../../../../lib/pipeline/library/shown-value';

const circular: Record<string, unknown> = { a: 1 };
circular['self'] = circular;
const shared = [1];

describe('the output of a test', () => {
  for (const value of [
    null,
    true,
    'text',
    0,
    -1.5,
    [],
    [[1], [2]],
    {},
    { a: { b: [null] } },
    { twice: [shared, shared] },
  ]) {
    it(`${JSON.stringify(value)} is shown as it is`, () => {
      assert.deepEqual(showValue(value), { text: JSON.stringify(value), isCut: false, isInexact: false });
    });
  }

  for (const [what, value, shown] of [
    ['numbers that JSON lacks', [NaN, Number.POSITIVE_INFINITY, -0, 5n], ['NaN', 'Infinity', '-0', '5n']],
    ['what is not there', { a: undefined, b: [undefined] }, { a: 'undefined', b: ['undefined'] }],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a map', { m: new Map([['a', 1]]) }, { m: "Map(1) { 'a' => 1 }" }],
    ['an object that holds itself', circular, { a: 1, self: "'[Circular]'" }],
  ] as const) {
    it(`${what} stands as text`, () => {
      const { text = '', ...rest } = showValue(value);
      assert.deepEqual([JSON.parse(text), rest], [shown, { isCut: false, isInexact: true }]);
    });
  }

  it('bytes and typed arrays are lists', () => {
    const { text = '', isInexact } = showValue({ b: Buffer.from([1]), f: new Float32Array([0.5, NaN]) });
    assert.deepEqual([JSON.parse(text), isInexact], [{ b: [1], f: [0.5, 'NaN'] }, true]);
  });

  it('an error shows its words, and no path of this machine', () => {
    const { text = '' } = showValue({ e: new TypeError('bad') });
    assert.deepEqual(JSON.parse(text), { e: 'TypeError: bad' });
  });

  it('no output has no text', () => {
    assert.deepEqual(showValue(undefined), { isCut: false, isInexact: false });
  });

  it('is cut where it gets long, and says so', () => {
    const { text = '', isCut } = showValue('x'.repeat(1_000_000));
    assert.deepEqual([text.length, isCut], [200_000, true]);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readExampleLibrary } from '../../support/examples';
import { aLibrary, type TestLibrary } from '../../support/libraries';

interface Case {
  readonly what: string;
  readonly input: unknown;
  readonly gives?: unknown;
  readonly refuses?: RegExp;
}

const tables: Readonly<Record<string, readonly Case[]>> = {
  sum: [
    { what: 'fields', input: { a: 7, b: 3 }, gives: 10 },
    { what: 'results of parents', input: { sum: -1, product: 0.5, roots: 2 }, gives: 1.5 },
    { what: 'one number', input: { a: 7 }, gives: 7 },
    { what: 'nothing', input: {}, gives: 0 },
    { what: 'a text', input: { a: 7, b: '3' }, refuses: /not all numbers: \{"a":7,"b":"3"\}/ },
    { what: 'a missing number', input: { a: 7, b: null }, refuses: /not all numbers/ },
  ],
  product: [
    { what: 'fields', input: { a: 7, b: 3 }, gives: 21 },
    { what: 'results of parents', input: { sum: -2, product: 0.5, roots: 2 }, gives: -2 },
    { what: 'nothing', input: {}, gives: 1 },
    { what: 'a text', input: { a: 7, b: '3' }, refuses: /not all numbers: \{"a":7,"b":"3"\}/ },
  ],
  roots: [
    { what: 'two numbers', input: { sum: 10, product: 21 }, gives: [7, 3] },
    { what: 'the larger in size first', input: { sum: -4, product: -21 }, gives: [-7, 3] },
    { what: 'opposites', input: { sum: 0, product: -4 }, gives: [2, -2] },
    { what: 'twice the same', input: { sum: 6, product: 9 }, gives: [3, 3] },
    { what: 'zeros', input: { sum: 0, product: 0 }, gives: [0, 0] },
    { what: 'no real numbers', input: { sum: 2, product: 5 }, refuses: /no numbers have sum 2, product 5/ },
    { what: 'no real numbers of sum 0', input: { sum: 0, product: 1 }, refuses: /no numbers have sum 0, product 1/ },
    { what: 'a missing parent', input: { sum: 2 }, refuses: /sum 2, product undefined/ },
    { what: 'too large a product', input: { sum: 2e200, product: Infinity }, refuses: /product Infinity/ },
  ],
  wait: [
    { what: 'a text', input: { seconds: '5' }, refuses: /0 to 3600, not "5"/ },
    { what: 'no time', input: {}, refuses: /0 to 3600, not undefined/ },
    { what: 'a time before', input: { seconds: -1 }, refuses: /0 to 3600, not -1/ },
    { what: 'what no timer can count', input: { seconds: 1e9 }, refuses: /0 to 3600, not 1000000000/ },
  ],
};

const load = (name: string): TestLibrary =>
  aLibrary(readExampleLibrary(`pipelib_${name}`), { name: `pipelib_${name}` });

describe('the libraries of the examples, loaded', () => {
  for (const [name, cases] of Object.entries(tables)) {
    for (const { what, input, gives, refuses } of cases) {
      it(`pipelib_${name}: ${what}`, async () => {
        const { exec } = load(name);
        if (refuses) await assert.rejects(exec(input), refuses);
        else assert.deepEqual(await exec(input), gives);
      });
    }
  }

  it('pipelib_roots finds two numbers again, whatever their signs and sizes', async () => {
    const [sum, product, roots] = ['sum', 'product', 'roots'].map(load) as [TestLibrary, TestLibrary, TestLibrary];
    const size = fc.tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -50, max: 50 }));
    const number = fc.tuple(size, fc.constantFrom(-1, 1)).map(([[digits, power], sign]) => sign * digits * 10 ** power);
    await fc.assert(
      fc.asyncProperty(number, number, async (a, b) => {
        const given = { a, b };
        const found = (await roots.exec({
          sum: await sum.exec(given),
          product: await product.exec(given),
        })) as number[];
        const [larger = 0, smaller = 0] = Math.abs(a) >= Math.abs(b) ? [a, b] : [b, a];
        // Numbers that differ little are badly conditioned: half of the digits are lost, in any formula.
        const isNear = (actual = 0, expected = 0) => Math.abs(actual - expected) <= 1e-7 * Math.abs(expected);
        const isFound = isNear(found[0], larger) && isNear(found[1], smaller);
        // Which is the larger one rounding may turn around.
        assert.ok(isFound || (isNear(found[0], smaller) && isNear(found[1], larger)), `${a}, ${b}: ${found}`);
      }),
      { numRuns: 500 },
    );
  });

  it('pipelib_wait answers when it began and ended', async () => {
    const { began, ended } = (await load('wait').exec({ seconds: 0.05 })) as { began: string; ended: string };
    assert.ok(Date.parse(ended) - Date.parse(began) >= 45, `${began} to ${ended}`);
  });
});

import assert from 'node:assert/strict';
import { readBuiltInLibraries } from '../../../../lib/pipeline/library/built-in-libraries';
import type { LibraryParent } from '../../../../lib/pipeline/library/types';
import { aLibrary, type TestLibrary } from '../../../support/libraries';

interface Case {
  readonly what: string;
  readonly input: unknown;
  readonly msg?: Readonly<Record<string, unknown>>;
  readonly parents?: readonly LibraryParent[];
  readonly gives?: unknown;
  readonly refuses?: RegExp;
}

const parent = (id: string, policy: LibraryParent['policy'] = 'each'): LibraryParent => ({
  id,
  key: `key ${id}`,
  name: `name ${id}`,
  policy,
});
const joined = { 'key a': 1, 'key b': [2], 'key c': { x: 3 } };
const close = (numbers: readonly number[]): readonly number[] => numbers.map((number) => Number(number.toFixed(6)));

const tables: Readonly<Record<string, readonly Case[]>> = {
  merge: [
    { what: 'a joined object', input: joined, gives: joined },
    { what: 'a list', input: [1, [2]], gives: [1, [2]] },
    { what: 'nothing', input: undefined, gives: undefined },
    { what: 'bytes', input: Buffer.from('abc'), gives: Buffer.from('abc') },
  ],
  pick: [
    { what: 'one parent: its result', input: joined, parents: [parent('a')], gives: joined },
    { what: 'a message of unknown origin', input: 5, gives: 5 },
    {
      what: 'the one that waits for the next message',
      input: joined,
      parents: [parent('a'), parent('b'), parent('c', 'next')],
      gives: { x: 3 },
    },
    { what: 'else the first of the list', input: joined, parents: [parent('b'), parent('a')], gives: [2] },
    { what: 'a key', input: joined, parents: [parent('a'), parent('b')], msg: { pick: 'key b' }, gives: [2] },
    { what: 'a name', input: joined, parents: [parent('a', 'next'), parent('b')], msg: { pick: 'name b' }, gives: [2] },
    { what: 'an id', input: joined, parents: [parent('a'), parent('c')], msg: { pick: 'c' }, gives: { x: 3 } },
    {
      what: 'an unknown parent',
      input: joined,
      parents: [parent('a'), parent('b')],
      msg: { pick: 'z' },
      refuses: /"z".*key a, key b/,
    },
  ],
  features: [
    { what: 'an object', input: { b: 2, a: 1, c: 9 }, msg: { features: ['a', 'b'] }, gives: [1, 2] },
    {
      what: 'a list of objects',
      input: [
        { a: 1, b: 2, c: 3 },
        { a: 4, b: 5, c: 6 },
      ],
      msg: { features: ['a', 'b', 'c'] },
      gives: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    },
    { what: 'no objects', input: [], msg: { features: ['a'] }, gives: [] },
    { what: 'zero and text', input: { a: 0, b: '' }, msg: { features: ['a', 'b'] }, gives: [0, ''] },
    {
      what: 'a missing feature',
      input: [{ a: 1 }, { b: 1 }],
      msg: { features: ['a'] },
      refuses: /feature "a" is missing in row 1/,
    },
    { what: 'a null feature', input: { a: null }, msg: { features: ['a'] }, refuses: /feature "a" is missing/ },
    { what: 'an inherited name', input: {}, msg: { features: ['toString'] }, refuses: /"toString" is missing/ },
    { what: 'a number', input: 5, msg: { features: ['a'] }, refuses: /object was expected, got 5/ },
    { what: 'a row of numbers', input: [[1]], msg: { features: ['a'] }, refuses: /object was expected in row 0/ },
    { what: 'no list of names', input: { a: 1 }, refuses: /msg\.features/ },
    { what: 'an empty list of names', input: { a: 1 }, msg: { features: [] }, refuses: /msg\.features/ },
  ],
  normalize: [
    { what: 'a number', input: 5, msg: { normalize: { mean: 3, std: 2 } }, gives: 1 },
    { what: 'a row', input: [1, 10], msg: { normalize: { mean: [0, 5], std: [1, 5] } }, gives: [1, 1] },
    {
      what: 'rows',
      input: [
        [0, 10],
        [5, 20],
      ],
      msg: { normalize: { min: [0, 10], max: [10, 20] } },
      gives: [
        [0, 0],
        [0.5, 1],
      ],
    },
    { what: 'one scale for all', input: [[0], [255]], msg: { normalize: { min: 0, max: 255 } }, gives: [[0], [1]] },
    { what: 'a typed array', input: new Float32Array([1, 2]), msg: { normalize: { mean: 1, std: 1 } }, gives: [0, 1] },
    { what: 'nothing to normalize', input: [], msg: { normalize: { mean: 1, std: 1 } }, gives: [] },
    { what: 'no options', input: [1], refuses: /msg\.normalize/ },
    { what: 'half of the options', input: [1], msg: { normalize: { min: 1 } }, refuses: /msg\.normalize\.max/ },
    { what: 'a std of 0', input: [1], msg: { normalize: { mean: 0, std: 0 } }, refuses: /std must be greater/ },
    { what: 'an empty range', input: [1], msg: { normalize: { min: 2, max: 2 } }, refuses: /max must be greater/ },
    {
      what: 'another number of columns',
      input: [1, 2, 3],
      msg: { normalize: { mean: [1, 2], std: 1 } },
      refuses: /mean has 2 values, but a row has 3/,
    },
    { what: 'text', input: ['x'], msg: { normalize: { mean: 0, std: 1 } }, refuses: /finite number, got "x"/ },
  ],
  softmax: [
    { what: 'scores', input: [1, 2, 3], gives: close([0.0900306, 0.2447285, 0.665241]) },
    { what: 'great scores', input: [1_000, 1_000], gives: [0.5, 0.5] },
    {
      what: 'rows',
      input: [
        [0, 0],
        [3, 3],
      ],
      gives: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    },
    { what: 'a typed array', input: new Float64Array([7]), gives: [1] },
    { what: 'no scores', input: [], gives: [] },
    { what: 'a number', input: 5, refuses: /list of scores/ },
    { what: 'NaN', input: [NaN, 1], refuses: /finite number/ },
    { what: 'null', input: [null, 1], refuses: /finite number, got null/ },
  ],
  argmax: [
    { what: 'scores', input: [0.1, 0.7, 0.2], gives: 1 },
    { what: 'equal scores', input: [1, 2, 2], gives: 1 },
    { what: 'one below 0', input: [-5], gives: 0 },
    { what: 'infinities', input: [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY], gives: 2 },
    {
      what: 'rows',
      input: [
        [1, 0],
        [0, 1],
      ],
      gives: [0, 1],
    },
    { what: 'rows of typed arrays', input: [new Float32Array([1, 5])], gives: [1] },
    { what: 'no rows', input: [], gives: [] },
    { what: 'an empty row', input: [[]], refuses: /empty list/ },
    { what: 'a number', input: 5, refuses: /list of numbers/ },
    { what: 'NaN', input: [1, NaN], refuses: /must be a number/ },
    { what: 'text', input: ['a', 1], refuses: /must be a number, got "a"/ },
  ],
  labels: [
    { what: 'a number', input: 1, msg: { labels: ['no', 'yes'] }, gives: 'yes' },
    { what: 'a list', input: [1, 0], msg: { labels: ['no', 'yes'] }, gives: ['yes', 'no'] },
    { what: 'a typed array', input: new Int32Array([0]), msg: { labels: ['no'] }, gives: ['no'] },
    { what: 'a class number as text', input: ['1'], msg: { labels: ['no', 'yes'] }, gives: ['yes'] },
    { what: 'no such class', input: 2, msg: { labels: ['no', 'yes'] }, refuses: /from 0 to 1, got 2/ },
    { what: 'a fraction', input: 0.5, msg: { labels: ['no', 'yes'] }, refuses: /whole number/ },
    { what: 'a negative number', input: -1, msg: { labels: ['no'] }, refuses: /whole number/ },
    { what: 'no names', input: 0, refuses: /msg\.labels/ },
  ],
  threshold: [
    { what: 'the limit of 0.5', input: [0.4, 0.5, 0.6], gives: [false, true, true] },
    { what: 'a limit', input: 7, msg: { threshold: 8 }, gives: false },
    {
      what: 'words',
      input: [[1], [9]],
      msg: { threshold: { limit: 5, above: 'high', below: 'low' } },
      gives: [['low'], ['high']],
    },
    { what: 'words alone', input: 0.9, msg: { threshold: { above: 'on' } }, gives: 'on' },
    { what: 'NaN', input: NaN, refuses: /must be a number/ },
    { what: 'text as limit', input: 1, msg: { threshold: 'x' }, refuses: /msg\.threshold/ },
  ],
};

describe('the built-in libraries', () => {
  const builtIns = readBuiltInLibraries();

  it('are all in the tables, each with words about it', () => {
    assert.deepEqual(
      builtIns.map(({ name }) => name),
      Object.keys(tables)
        .map((name) => `pipelib_${name}`)
        .sort(),
    );
    for (const { name, description } of builtIns) assert.match(description, /^[A-Z][^*]{40,}\.$/, name);
  });

  for (const [short, cases] of Object.entries(tables)) {
    const name = `pipelib_${short}`;
    describe(name, () => {
      let built: TestLibrary;
      before(() => {
        built = aLibrary(builtIns.find((library) => library.name === name)?.source ?? '', { name });
      });

      for (const { what, input, msg = {}, parents = [], gives, refuses } of cases) {
        if (refuses) {
          it(`refuses ${what}`, async () => {
            await assert.rejects(
              async () => built.exec(input, { msg, parents }),
              (error: Error & { code?: string }) => {
                assert.equal(error.code, 'LIBRARY_FAILED');
                assert.match(error.message, refuses);
                return true;
              },
            );
          });
          continue;
        }
        it(what, async () => {
          const output = await built.exec(input, { msg, parents });
          const isRounded = short === 'softmax' && Array.isArray(output) && typeof output[0] === 'number';
          assert.deepEqual(isRounded ? close(output as number[]) : output, gives);
        });
      }
    });
  }
});

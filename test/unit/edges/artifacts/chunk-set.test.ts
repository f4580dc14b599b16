import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ChunkSet, numbersOf, type Range } from '../../../../lib/edges/artifacts/chunk-set';

const setOf = (size: number, members: Iterable<number>): ChunkSet => {
  const set = new ChunkSet(size);
  for (const n of members) set.add(n);
  return set;
};
const NO_LIMITS = { maxCount: Number.POSITIVE_INFINITY, maxRangeCount: Number.POSITIVE_INFINITY };

describe('chunk set', () => {
  it('is a set of numbers below its size', () => {
    const calls = fc.array(fc.tuple(fc.constantFrom('add', 'delete'), fc.integer({ min: -2, max: 80 })));
    fc.assert(
      fc.property(fc.nat(70), calls, fc.nat(75), (size, steps, from) => {
        const set = new ChunkSet(size);
        const model = new Set<number>();
        for (const [kind, n] of steps) {
          const isOfSet = n >= 0 && n < size;
          const isChange = isOfSet && (kind === 'add' ? !model.has(n) : model.has(n));
          assert.equal(kind === 'add' ? set.add(n) : set.delete(n), isChange);
          if (isChange && kind === 'add') model.add(n);
          if (isChange && kind === 'delete') model.delete(n);
        }
        const sorted = [...model].sort((a, b) => a - b);
        assert.equal(set.count, model.size);
        assert.equal(set.isFull, model.size === size);
        assert.equal(
          set.firstFrom(from),
          sorted.find((n) => n >= from),
        );
        const missing = [...numbersOf(set.missingRanges(NO_LIMITS), size, size)];
        assert.deepEqual(
          missing,
          Array.from({ length: size }, (_, n) => n).filter((n) => !model.has(n)),
        );
        assert.deepEqual(new ChunkSet(size, set.toBytes()).toBytes(), set.toBytes());
      }),
    );
  });

  const limited: readonly {
    name: string;
    maxCount?: number;
    maxRangeCount?: number;
    except?: number[];
    is: Range[];
  }[] = [
    {
      name: 'all of them',
      is: [
        [0, 1],
        [3, 5],
        [7, 9],
      ],
    },
    {
      name: 'no more than so many',
      maxCount: 4,
      is: [
        [0, 1],
        [3, 4],
      ],
    },
    {
      name: 'in no more than so many ranges',
      maxRangeCount: 2,
      is: [
        [0, 1],
        [3, 5],
      ],
    },
    {
      name: 'without others',
      except: [0, 4, 8],
      is: [
        [1, 1],
        [3, 3],
        [5, 5],
        [7, 7],
        [9, 9],
      ],
    },
  ];
  for (const { name, is, except, ...limits } of limited) {
    it(`tells what is missing: ${name}`, () => {
      assert.deepEqual(setOf(10, [2, 6]).missingRanges({ ...NO_LIMITS, ...limits }, setOf(10, except ?? [])), is);
    });
  }

  it('is read from bytes that are too many or too few, and empty where they say nothing', () => {
    assert.deepEqual([new ChunkSet(9, Buffer.from([0xff, 0xff, 0xff])).count, new ChunkSet(9).count], [9, 0]);
    assert.equal(new ChunkSet(20, Buffer.from([0xff])).count, 8);
  });

  it('gives the numbers of hostile ranges at a bounded cost', () => {
    const ranges = Array.from({ length: 100 }, (): Range => [0, 4_000_000]);
    assert.equal([...numbersOf(ranges, 4_000_000, 1_024)].length, 1_024);
    assert.deepEqual(
      [
        ...numbersOf(
          [
            [9, 4_000_000],
            [2, 1],
            [3, 4],
          ],
          5,
          10,
        ),
      ],
      [3, 4],
    );
  });
});

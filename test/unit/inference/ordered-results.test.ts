import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderedResults } from '../../../lib/inference/ordered-results';

describe('results in order', () => {
  it('runs an emitter at once when it is the first in the row', () => {
    const ordered = new OrderedResults();
    const out: string[] = [];
    ordered.open().settle(() => out.push('a'));
    assert.deepEqual(out, ['a']);
    assert.equal(ordered.openCount, 0);
  });

  it('holds a result until all before it have left', () => {
    const ordered = new OrderedResults();
    const out: string[] = [];
    const [a, b, c] = [ordered.open(), ordered.open(), ordered.open()];
    b.settle(() => out.push('b'));
    c.settle(() => out.push('c'));
    assert.equal(out.length, 0);
    assert.equal(ordered.openCount, 3);
    a.settle(() => out.push('a'));
    assert.deepEqual(out, ['a', 'b', 'c']);
    assert.equal(ordered.openCount, 0);
  });

  it('counts only the first result of a slot', () => {
    const ordered = new OrderedResults();
    const out: string[] = [];
    const first = ordered.open();
    const slot = ordered.open();
    slot.settle(() => out.push('once'));
    slot.settle(() => out.push('twice'));
    first.settle(() => out.push('first'));
    slot.settle(() => out.push('late'));
    assert.deepEqual(out, ['first', 'once']);
  });

  it('lets the others leave when an emitter throws, then throws its error', () => {
    const ordered = new OrderedResults();
    const out: string[] = [];
    const [a, b, c] = [ordered.open(), ordered.open(), ordered.open()];
    b.settle(() => {
      throw new Error('no wire');
    });
    c.settle(() => out.push('c'));
    assert.throws(() => a.settle(() => out.push('a')), /no wire/);
    assert.deepEqual(out, ['a', 'c']);
    ordered.open().settle(() => out.push('d'));
    assert.deepEqual(out, ['a', 'c', 'd']);
  });

  it('throws all errors together when several emitters throw', () => {
    const ordered = new OrderedResults();
    const fail = (): never => {
      throw new Error('no wire');
    };
    const [a, b] = [ordered.open(), ordered.open()];
    b.settle(fail);
    assert.throws(
      () => a.settle(fail),
      (error) => error instanceof AggregateError && error.errors.length === 2,
    );
  });

  it('keeps the order when an emitter opens and settles slots itself', () => {
    const ordered = new OrderedResults();
    const out: string[] = [];
    const [a, b] = [ordered.open(), ordered.open()];
    a.settle(() => {
      ordered.open().settle(() => out.push('c'));
      b.settle(() => out.push('b'));
      out.push('a');
    });
    assert.deepEqual(out, ['a', 'b', 'c']);
  });

  it('holds for any order of settling, with emitters that throw among them', () => {
    const plan = fc.nat(40).chain((count) => {
      const all = Array.from({ length: count }, (_, index) => index);
      return fc.tuple(fc.shuffledSubarray(all, { minLength: count }), fc.subarray(all));
    });
    fc.assert(
      fc.property(plan, ([order, throwing]) => {
        const ordered = new OrderedResults();
        const slots = order.map(() => ordered.open());
        const out: number[] = [];
        const settled = new Set<number>();
        for (const index of order) {
          settled.add(index);
          try {
            slots[index]?.settle(() => {
              out.push(index);
              if (throwing.includes(index)) throw new Error('no wire');
            });
          } catch {
            assert.ok(throwing.length > 0);
          }
          // All up to the first gap have left, nothing behind it.
          let gap = 0;
          while (settled.has(gap)) gap += 1;
          assert.deepEqual(
            out,
            Array.from({ length: gap }, (_, position) => position),
          );
          assert.equal(ordered.openCount, order.length - gap);
        }
      }),
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { doFiltersOverlap } from '../../../lib/pipeline/mqtt-topic';

/** As the specification words it, level by level. */
function matches(filter: string, topic: string): boolean {
  const [filters, levels] = [filter.split('/'), topic.split('/')];
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [index, level] of filters.entries()) {
    if (level === '#') return true;
    if (levels[index] === undefined || (level !== '+' && level !== levels[index])) return false;
  }
  return filters.length === levels.length;
}

describe('two filters', () => {
  for (const [a, b, expected] of [
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/+', '+/b', true],
    ['a/+', 'a', false],
    ['a/#', 'a', true],
    ['#', '$SYS/x', false],
    ['$SYS/#', '$SYS/+', true],
    ['$share/g/a/+', 'a/b', true],
    ['', '+', true],
  ] as const) {
    it(`${a} and ${b} ${expected ? 'meet' : 'never meet'}`, () => {
      assert.equal(doFiltersOverlap(a, b), expected);
      assert.equal(doFiltersOverlap(b, a), expected);
    });
  }

  it('meet wherever some topic matches both', () => {
    const levels = fc.array(fc.constantFrom('a', 'b', '+'), { minLength: 1, maxLength: 3 });
    const filter = fc.tuple(levels, fc.boolean()).map(([all, isOpen]) => [...all, ...(isOpen ? ['#'] : [])].join('/'));
    const topics = [1, 2, 3, 4].flatMap((length) =>
      Array.from({ length: 2 ** length }, (_, bits) =>
        Array.from({ length }, (_one, index) => (bits & (1 << index) ? 'a' : 'b')).join('/'),
      ),
    );
    fc.assert(
      fc.property(filter, filter, (a, b) => {
        assert.equal(
          doFiltersOverlap(a, b),
          topics.some((topic) => matches(a, topic) && matches(b, topic)),
        );
      }),
    );
  });
});

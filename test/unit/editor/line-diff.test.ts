import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  countChanges,
  type DiffBlock,
  diffBlocks,
  isSameText,
  linesOf,
} from '../../../plugins/model-management/editor/libraries/line-diff';

/** One word per line of the unified view: ` 1:1 text`, `-1 text`, `+1 text`, `…count`. */
function written(blocks: readonly DiffBlock[]): readonly string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'gap') return [`…${block.count}`];
    if (block.kind === 'same')
      return block.lines.map(({ before, after }) => ` ${before}:${after.number} ${after.text}`);
    return [
      ...block.removed.map(({ number, text }) => `-${number} ${text}`),
      ...block.added.map(({ number, text }) => `+${number} ${text}`),
    ];
  });
}

const numbers = (count: number): string => Array.from({ length: count }, (_, at) => `l${at + 1}`).join('\n');

describe('the difference of two texts', () => {
  for (const { name, before, after, lines } of [
    { name: 'is nothing for equal texts', before: 'a\nb', after: 'a\nb', lines: ['…2'] },
    { name: 'holds a line that came', before: 'a\nc', after: 'a\nb\nc', lines: [' 1:1 a', '+2 b', ' 2:3 c'] },
    { name: 'holds a line that went', before: 'a\nb\nc', after: 'a\nc', lines: [' 1:1 a', '-2 b', ' 3:2 c'] },
    { name: 'holds a line that changed', before: 'a\nb', after: 'a\nx', lines: [' 1:1 a', '-2 b', '+2 x'] },
    { name: 'does not see the ends of lines', before: 'a\r\nb', after: 'a\nb', lines: ['…2'] },
    { name: 'sees that the last line has no end', before: 'a', after: 'a\n', lines: [' 1:1 a', '+2 '] },
    {
      name: 'leaves out equal lines far from any change',
      before: numbers(12),
      after: `${numbers(12)}\nend`,
      lines: ['…9', ' 10:10 l10', ' 11:11 l11', ' 12:12 l12', '+13 end'],
    },
    {
      name: 'leaves out no single line',
      before: numbers(4),
      after: `${numbers(4)}\nend`,
      lines: [' 1:1 l1', ' 2:2 l2', ' 3:3 l3', ' 4:4 l4', '+5 end'],
    },
    {
      name: 'keeps three lines on both sides of a gap',
      before: `x\n${numbers(8)}\ny`,
      after: `X\n${numbers(8)}\nY`,
      lines: ['-1 x', '+1 X', ' 2:2 l1', ' 3:3 l2', ' 4:4 l3', '…2', ' 7:7 l6', ' 8:8 l7', ' 9:9 l8', '-10 y', '+10 Y'],
    },
  ]) {
    it(name, () => assert.deepEqual(written(diffBlocks(before, after)), lines));
  }

  it('counts what came and what went', () => {
    assert.deepEqual(countChanges(diffBlocks('a\nb\nc', 'a\nx\ny\nc')), { added: 2, removed: 1 });
    assert.deepEqual(countChanges(diffBlocks('a', 'a')), { added: 0, removed: 0 });
  });

  it('accounts for every line of both texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const blocks = diffBlocks(before, after);
        const equal = blocks.reduce(
          (sum, block) => sum + (block.kind === 'same' ? block.lines.length : block.kind === 'gap' ? block.count : 0),
          0,
        );
        const { added, removed } = countChanges(blocks);
        assert.equal(equal + removed, linesOf(before).length);
        assert.equal(equal + added, linesOf(after).length);
        assert.equal(added + removed === 0, isSameText(before, after));
      }),
    );
  });

  it('of two long texts with nothing in common is found in the time a person waits', () => {
    const long = (sign: string): string => Array.from({ length: 20_000 }, (_, at) => `${sign}${at}`).join('\n');
    assert.deepEqual(countChanges(diffBlocks(long('a'), long('b'))), { added: 20_000, removed: 20_000 });
  });
});

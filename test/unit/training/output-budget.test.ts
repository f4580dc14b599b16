import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { OutputBudget } from '../../../lib/training/runners/output-budget';

const codeOf = (work: () => void): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return ModelManagementError.is(error) ? error.code : String(error);
  }
};

describe('the budget of outputs', () => {
  const cases = [
    { name: 'one file as large as all may be', sizes: [100], expected: [undefined] },
    { name: 'files that are so large together', sizes: [60, 40], expected: [undefined, undefined] },
    {
      name: 'two files, each small enough, and not together',
      sizes: [60, 60],
      expected: [undefined, 'OUTPUT_TOO_LARGE'],
    },
    { name: 'one byte too much', sizes: [60, 40, 1], expected: [undefined, undefined, 'OUTPUT_TOO_LARGE'] },
  ];
  for (const { name, sizes, expected } of cases) {
    it(`${expected.includes('OUTPUT_TOO_LARGE') ? 'refuses' : 'takes'} ${name}`, () => {
      const budget = new OutputBudget(100);
      assert.deepEqual(
        sizes.map((size, index) => codeOf(() => budget.admit(`additional_output/${index}`, 'file', size))),
        expected,
      );
    });
  }

  it('takes ten thousand files and no more, folders not counted', () => {
    const budget = new OutputBudget(1_000_000);
    for (let index = 0; index < 10_000; index += 1) {
      budget.admit(`additional_output/${index}`, 'directory', 0);
      budget.admit(`additional_output/${index}/x`, 'file', 1);
    }
    assert.equal(
      codeOf(() => budget.admit('additional_output/one-more', 'file', 1)),
      'OUTPUT_TOO_LARGE',
    );
  });

  for (const { path, type } of [
    { path: '../x', type: 'file' },
    { path: '/x', type: 'file' },
    { path: 'a//x', type: 'file' },
    { path: 'a/./x', type: 'file' },
    { path: 'a\\x', type: 'file' },
    { path: 'a\nx', type: 'file' },
    { path: 'a'.repeat(513), type: 'file' },
    { path: 'x', type: 'symlink' },
    { path: 'x', type: 'link' },
  ]) {
    it(`refuses a ${type} named ${JSON.stringify(path.slice(0, 20))}`, () => {
      assert.equal(
        codeOf(() => new OutputBudget(100).admit(path, type, 1)),
        'UNSAFE_OUTPUT',
      );
    });
  }
});

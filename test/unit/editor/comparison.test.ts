import assert from 'node:assert/strict';
import { metricChange, pairs, tensorPairs } from '../../../plugins/model-management/editor/compare/comparison';
import type { TensorInfo } from '../../../plugins/model-management/editor/contract';

describe('two versions side by side', () => {
  it('pair what has the same name, and show what only one has', () =>
    assert.deepEqual(pairs({ a: 1, b: 2 }, { b: 3, constructor: 4 }), [
      { name: 'a', left: 1, right: undefined },
      { name: 'b', left: 2, right: 3 },
      { name: 'constructor', left: undefined, right: 4 },
    ]));
  it('have nothing to pair where neither has anything', () => assert.deepEqual(pairs(undefined, undefined), []));

  for (const { left, right, change } of [
    { left: 0.5, right: 0.75, change: { difference: 0.25, ratio: 0.5 } },
    { left: -2, right: -1, change: { difference: 1, ratio: 0.5 } },
    { left: 0, right: 3, change: { difference: 3 } },
    { left: 5e-324, right: 1e308, change: { difference: 1e308 } },
    { left: 1, right: undefined, change: undefined },
    { left: undefined, right: 1, change: undefined },
  ]) {
    it(`metric ${left} → ${right}`, () => assert.deepEqual(metricChange({ name: 'm', left, right }), change));
  }

  it('tell of each input and output what would break, and what is only of another size', () => {
    const tensor = (name: string, type: TensorInfo['type'], shape: TensorInfo['shape']): TensorInfo => ({
      name,
      type,
      shape,
    });
    const left = {
      inputs: [tensor('x', 'float32', ['N', 4]), tensor('k', 'int64', [])],
      outputs: [tensor('y', 'float32', ['N', 3])],
    };
    const right = {
      inputs: [tensor('x', 'float32', ['N', 5]), tensor('z', 'int64', [])],
      outputs: [tensor('y', 'float64', ['N', 3])],
    };
    assert.deepEqual(
      tensorPairs(left, right).map(({ direction, name, difference }) => [direction, name, difference]),
      [
        ['input', 'x', 'size'],
        ['input', 'k', 'gone'],
        ['input', 'z', 'new'],
        ['output', 'y', 'type'],
      ],
    );
    assert.ok(tensorPairs(left, left).every(({ difference }) => difference === undefined));
  });
});

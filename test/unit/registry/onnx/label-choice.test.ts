import assert from 'node:assert/strict';
import { chooseLabels } from '../../../../lib/registry/onnx/label-choice';

type List = readonly string[] | undefined;

const rows: readonly { readonly name: string; readonly classes: List; readonly names: List; readonly chosen: List }[] =
  [
    { name: 'nothing where there is nothing', classes: undefined, names: undefined, chosen: undefined },
    { name: 'the classes where they are alone', classes: ['0', '1'], names: undefined, chosen: ['0', '1'] },
    { name: 'the names where they are alone', classes: undefined, names: ['a', 'b'], chosen: ['a', 'b'] },
    { name: 'the classes the model computes with', classes: ['x', 'y'], names: ['a', 'b'], chosen: ['x', 'y'] },
    { name: 'names instead of a mere count', classes: ['0', '1'], names: ['a', 'b'], chosen: ['a', 'b'] },
    {
      name: 'the count where there are more or fewer names',
      classes: ['0', '1'],
      names: ['a', 'b', 'c'],
      chosen: ['0', '1'],
    },
    { name: 'numbers that are no count', classes: ['10', '20'], names: ['a', 'b'], chosen: ['10', '20'] },
  ];

describe('the labels of a model that names its classes in two places', () => {
  for (const { name, classes, names, chosen } of rows) {
    it(`are ${name}`, () => assert.deepEqual(chooseLabels(classes, names), chosen));
  }
});

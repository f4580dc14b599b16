import assert from 'node:assert/strict';
import type { Signature, TensorInfo } from '../../../lib/registry/signature';
import { effectiveSignature, signatureDifferences } from '../../../lib/registry/signature-comparison';

const tensor = (
  name: string,
  type: TensorInfo['type'] = 'float32',
  shape: TensorInfo['shape'] = ['N', 4],
): TensorInfo => ({
  name,
  type,
  shape,
});
const signature = (inputs: readonly TensorInfo[], outputs: readonly TensorInfo[] = [tensor('y')]): Signature => ({
  inputs,
  outputs,
});

describe('comparison of signatures', () => {
  const current = signature([tensor('a'), tensor('b')]);
  for (const { name, next, differences } of [
    { name: 'finds no difference in itself', next: current, differences: [] },
    { name: 'does not mind another order', next: signature([tensor('b'), tensor('a')]), differences: [] },
    {
      name: 'does not mind other sizes',
      next: signature([tensor('a', 'float32', [8, 'M']), tensor('b')]),
      differences: [],
    },
    {
      name: 'takes an unknown rank for any',
      next: signature([tensor('a', 'float32', null), tensor('b')]),
      differences: [],
    },
    {
      name: 'sees that a scalar is no matrix',
      next: signature([tensor('a', 'float32', []), tensor('b')]),
      differences: ['input "a": rank 2 became rank 0'],
    },
    {
      name: 'names what is gone and what is new',
      next: signature([tensor('a'), tensor('c')]),
      differences: ['input "b" is gone', 'input "c" is new'],
    },
    {
      name: 'names another type',
      next: signature([tensor('a', 'int64'), tensor('b')]),
      differences: ['input "a": float32 became int64'],
    },
    {
      name: 'looks at outputs as well',
      next: signature(current.inputs, [tensor('z')]),
      differences: ['output "y" is gone', 'output "z" is new'],
    },
    {
      name: 'does not mix up inputs and outputs of one name',
      next: signature([tensor('a'), tensor('b')], [tensor('y'), tensor('a')]),
      differences: ['output "a" is new'],
    },
  ]) {
    it(name, () => assert.deepEqual(signatureDifferences(current, next), differences));
  }

  it('keeps names that are names of object members apart', () => {
    const odd = signature([tensor('__proto__'), tensor('constructor')]);
    assert.deepEqual(signatureDifferences(odd, signature([tensor('constructor')])), ['input "__proto__" is gone']);
  });

  it('goes by the inputs of the preprocessing where there is one', () => {
    const preprocessing = { signature: signature([tensor('raw')], [tensor('a')]) };
    const effective = effectiveSignature({ signature: current, preprocessing });
    assert.deepEqual(effective, { inputs: [tensor('raw'), tensor('b')], outputs: [tensor('y')] }, 'it does not give b');
  });
});

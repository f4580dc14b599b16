import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../../lib/errors';
import { type CodecOptions, createCodec } from '../../../../lib/inference/codec';
import type { Tensor, Tensors } from '../../../../lib/inference/tensor';
import type { Signature } from '../../../../lib/registry/signature';
import { anUnbatchedSignature, aSignature, assertRefused, aTensor, aValue, dataOf } from './signatures';

/** Decodes one output of a model where nothing is a batch. */
function decodeY(tensor: Tensor, options: CodecOptions = {}): unknown {
  const signature: Signature = { inputs: [], outputs: [aValue('y', tensor.type, tensor.dims)] };
  const codec = createCodec(signature, options);
  return codec.decode(new Map([['y', tensor]]), codec.encode(undefined));
}

const six = new Float32Array([1, 2, 3, 4, 5, 6]);

describe('results as nested arrays and tensors', () => {
  for (const { name, tensor, nested, data } of [
    {
      name: 'a matrix',
      tensor: aTensor('float32', [2, 3], six),
      nested: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      data: [1, 2, 3, 4, 5, 6],
    },
    {
      name: '3 dims',
      tensor: aTensor('float32', [1, 3, 2], six),
      nested: [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ],
      data: [1, 2, 3, 4, 5, 6],
    },
    { name: 'a scalar', tensor: aTensor('float64', [], new Float64Array([7])), nested: 7, data: [7] },
    { name: 'a list', tensor: aTensor('int8', [2], new Int8Array([-1, 1])), nested: [-1, 1], data: [-1, 1] },
    { name: 'no rows', tensor: aTensor('float32', [0, 3], new Float32Array()), nested: [], data: [] },
    { name: 'rows of nothing', tensor: aTensor('float32', [2, 0], new Float32Array()), nested: [[], []], data: [] },
    {
      name: 'rows of rows of nothing',
      tensor: aTensor('float32', [1, 2, 0], new Float32Array()),
      nested: [[[], []]],
      data: [],
    },
    {
      name: 'bool',
      tensor: aTensor('bool', [3], new Uint8Array([1, 0, 255])),
      nested: [true, false, true],
      data: [true, false, true],
    },
    { name: 'text', tensor: aTensor('string', [2, 1], ['a', 'b']), nested: [['a'], ['b']], data: ['a', 'b'] },
    {
      name: 'float16',
      tensor: aTensor('float16', [2], new Uint16Array([0x3c00, 0x7c00])),
      nested: [1, Infinity],
      data: [1, Infinity],
    },
    { name: 'NaN', tensor: aTensor('float32', [1], new Float32Array([NaN])), nested: [NaN], data: [NaN] },
    { name: 'safe int64', tensor: aTensor('int64', [2], new BigInt64Array([1n, -2n])), nested: [1, -2], data: [1, -2] },
    {
      name: 'unsafe int64',
      tensor: aTensor('int64', [2], new BigInt64Array([1n, 2n ** 60n])),
      nested: ['1', String(2n ** 60n)],
      data: ['1', String(2n ** 60n)],
    },
    {
      name: 'uint64',
      tensor: aTensor('uint64', [1], new BigUint64Array([2n ** 64n - 1n])),
      nested: ['18446744073709551615'],
      data: ['18446744073709551615'],
    },
  ]) {
    it(`gives ${name} in both forms`, () => {
      assert.deepEqual(decodeY(tensor), nested);
      assert.deepEqual(decodeY(tensor, { format: 'tensor' }), { type: tensor.type, dims: [...tensor.dims], data });
    });
  }

  it('refuses to make millions of empty arrays', () => {
    const tensor = aTensor('float32', [2 ** 31, 0], new Float32Array());
    assert.throws(
      () => decodeY(tensor),
      (error) => ModelManagementError.is(error) && error.code === 'INFERENCE_FAILED',
    );
    assert.deepEqual(decodeY(tensor, { format: 'tensor' }), { type: 'float32', dims: [2 ** 31, 0], data: [] });
  });
});

const threeOutputs: Signature = {
  inputs: [aValue('x', 'float32', ['N', 2])],
  outputs: [
    aValue('__proto__', 'int64', ['N']),
    aValue('scores', 'float32', ['N', 3]),
    aValue('x.1', 'float32', [null, 1]),
  ],
};
const outputsOfOne: Tensors = new Map([
  ['__proto__', aTensor('int64', [1], new BigInt64Array([2n]))],
  ['scores', aTensor('float32', [1, 3], new Float32Array([0.25, 0.25, 0.5]))],
  ['x.1', aTensor('float32', [1, 1], new Float32Array([9]))],
]);

describe('choice of outputs', () => {
  for (const { name, options, fetches, sample, batch } of [
    { name: 'the first', options: {}, fetches: ['__proto__'], sample: '2', batch: '[2]' },
    {
      name: 'the named',
      options: { result: { mode: 'named', names: ['x.1', 'scores', 'x.1'] } },
      fetches: ['x.1', 'scores'],
      sample: '{"x.1":[9],"scores":[0.25,0.25,0.5]}',
      batch: '{"x.1":[[9]],"scores":[[0.25,0.25,0.5]]}',
    },
    {
      name: 'all',
      options: { result: { mode: 'all' } },
      fetches: ['__proto__', 'scores', 'x.1'],
      sample: '{"__proto__":2,"scores":[0.25,0.25,0.5],"x.1":[9]}',
      batch: '{"__proto__":[2],"scores":[[0.25,0.25,0.5]],"x.1":[[9]]}',
    },
    {
      name: 'the first as tensor',
      options: { format: 'tensor' },
      fetches: ['__proto__'],
      sample: '{"type":"int64","dims":[],"data":[2]}',
      batch: '{"type":"int64","dims":[1],"data":[2]}',
    },
  ] satisfies { name: string; options: CodecOptions; fetches: string[]; sample: string; batch: string }[]) {
    it(`gives ${name}, for a sample without the batch dimension`, () => {
      const codec = createCodec(threeOutputs, options);
      assert.deepEqual(codec.fetches, fetches);
      assert.equal(JSON.stringify(codec.decode(outputsOfOne, codec.encode([1, 2]))), sample);
      assert.equal(JSON.stringify(codec.decode(outputsOfOne, codec.encode([[1, 2]]))), batch);
    });
  }

  it('gives an ordinary object, whatever the names', () => {
    const codec = createCodec(threeOutputs, { result: { mode: 'all' } });
    const result = codec.decode(outputsOfOne, codec.encode([1, 2])) as object;
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.deepEqual(Object.keys(result), ['__proto__', 'scores', 'x.1']);
  });

  it('leaves dim 0 of an output that turned out not to be the batch', () => {
    const codec = createCodec(aSignature());
    const outputs = new Map([['y', aTensor('float32', [2, 3], six)]]);
    assert.deepEqual(codec.decode(outputs, codec.encode([1, 2, 3, 4])), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('says which output the model did not give', () => {
    const codec = createCodec(aSignature());
    const act = (): unknown => codec.decode(new Map(), codec.encode([1, 2, 3, 4]));
    assert.throws(
      act,
      (error) => ModelManagementError.is(error) && error.code === 'INFERENCE_FAILED' && /"y"/.test(error.message),
    );
  });

  for (const { options, message } of [
    { options: { result: { mode: 'named', names: ['z'] } }, message: 'the model has no output "z"' },
    { options: { result: { mode: 'named', names: [] } }, message: 'result.names is empty' },
    { options: { result: { mode: 'named' } }, message: 'result.names is empty' },
    { options: { format: 'label' }, message: 'cannot tell which of "scores", "x.1" holds the scores' },
    {
      options: { format: 'label', result: { mode: 'named', names: ['__proto__'] } },
      message: 'the output "__proto__" cannot hold the scores',
    },
    { options: { label: { topK: 0 } }, message: 'label.topK is the number 0' },
    { options: { label: { topK: 1.5 } }, message: 'label.topK is the number 1.5' },
  ] satisfies { options: CodecOptions; message: string }[]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assertRefused(() => createCodec(threeOutputs, options), message);
    });
  }

  for (const [type, shape] of [
    ['int64', ['N']],
    ['float32', ['N', 2, 2]],
    ['string', ['N', 3]],
  ] as const) {
    it(`refuses labels from ${type} [${shape.join(', ')}]`, () => {
      const signature = { inputs: [], outputs: [aValue('y', type, shape)] };
      assertRefused(() => createCodec(signature, { format: 'label' }), 'the model has none');
    });
  }
});

describe('an empty batch', () => {
  it('is answered without a run where the signature says the answer is empty too', () => {
    const codec = createCodec(aSignature('float32', ['N', 4]), { result: { mode: 'all' }, format: 'tensor' });
    const request = codec.encode([]);
    const outputs = codec.emptyOutputs(request);
    assert.ok(outputs);
    assert.deepEqual(dataOf(outputs, 'y'), []);
    assert.deepEqual(codec.decode(outputs, request), { y: { type: 'float32', dims: [0, 3], data: [] } });
  });

  for (const { name, signature, value } of [
    { name: 'rows', signature: aSignature('float32', ['N', 4]), value: [[1, 2, 3, 4]] },
    { name: 'an output of unnamed size', signature: aSignature('float32', [null, 4]), value: [] },
    {
      name: 'an output of other size',
      signature: { inputs: [aValue('x', 'float32', ['N'])], outputs: [aValue('y', 'float32', ['M'])] },
      value: [],
    },
    { name: 'an output that is a scalar', signature: anUnbatchedSignature('float32', ['N']), value: [] },
  ] satisfies { name: string; signature: Signature; value: unknown }[]) {
    it(`leaves ${name} to the model`, () => {
      const codec = createCodec(signature);
      assert.equal(codec.emptyOutputs(codec.encode(value)), undefined);
    });
  }

  it('gives [] as nested arrays and as labels', () => {
    for (const format of ['nested', 'label'] as const) {
      const codec = createCodec(aSignature('float32', ['N', 4]), { format });
      const request = codec.encode([]);
      assert.deepEqual(codec.decode(codec.emptyOutputs(request) ?? new Map(), request), []);
    }
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildInferResponse, modelMetadata, parseInferRequest } from '../../../lib/inference/open-inference';
import { datatypes } from '../../../lib/inference/open-inference/datatypes';
import type { Tensor, TensorData } from '../../../lib/inference/tensor';
import { type Signature, tensorTypes } from '../../../lib/registry/signature';
import { InferenceResponse } from '../../support/open-inference-schema';
import { anyTensor } from '../../support/tensor-arbitraries';

const signature: Signature = {
  inputs: [
    { name: 'x', type: 'float32', shape: ['N', 2] },
    { name: 'n', type: 'int64', shape: [1] },
    { name: 't', type: 'string', shape: [2] },
    { name: 'b', type: 'bool', shape: [2] },
  ],
  outputs: [
    { name: 'y', type: 'float32', shape: ['N', 2] },
    { name: 'z', type: 'int64', shape: [1] },
  ],
};

const x = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2.5] };

function parse(body: object, jsonBytes: number | null = null, tail: Buffer = Buffer.alloc(0)) {
  const json = Buffer.from(JSON.stringify(body));
  return parseInferRequest(Buffer.concat([json, tail]), jsonBytes, signature);
}

function parseBinary(body: object, tail: Buffer) {
  return parse(body, Buffer.byteLength(JSON.stringify(body)), tail);
}

describe('A request of the Open Inference Protocol', () => {
  for (const { name, input, data } of [
    { name: 'flat numbers', input: x, data: Float32Array.of(1, 2.5) },
    { name: 'nested numbers', input: { ...x, data: [[1, 2.5]] }, data: Float32Array.of(1, 2.5) },
    {
      name: 'whole numbers, beyond 2^53 as text',
      input: { name: 'n', shape: [1], datatype: 'INT64', data: ['9007199254740993'] },
      data: BigInt64Array.of(9_007_199_254_740_993n),
    },
    { name: 'texts', input: { name: 't', shape: [2], datatype: 'BYTES', data: ['a', 'ü'] }, data: ['a', 'ü'] },
    {
      name: 'booleans',
      input: { name: 'b', shape: [2], datatype: 'BOOL', data: [true, false] },
      data: Uint8Array.of(1, 0),
    },
    { name: 'no rows', input: { ...x, shape: [0, 2], data: [] }, data: new Float32Array(0) },
  ]) {
    it(`takes ${name}`, () => {
      const { feeds, outputs } = parse({ inputs: [input] });
      assert.deepEqual(feeds.get(input.name)?.data, data);
      assert.deepEqual(feeds.get(input.name)?.dims, input.shape);
      assert.deepEqual(
        outputs,
        ['y', 'z'].map((output) => ({ name: output, isBinary: false })),
      );
    });
  }

  it('takes tensors behind the JSON, in the order of the inputs', () => {
    const tail = Buffer.alloc(8 + 9);
    tail.writeFloatLE(1, 0);
    tail.writeFloatLE(2.5, 4);
    tail.writeUInt32LE(1, 8);
    tail.write('a', 12);
    const body = {
      id: '7',
      inputs: [
        { name: 'x', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
        { name: 't', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 9 } },
        { name: 'n', shape: [1], datatype: 'INT64', data: [3] },
      ],
    };
    const { id, feeds } = parseBinary(body, tail);
    assert.equal(id, '7');
    assert.deepEqual(
      [...feeds.values()].map(({ data }) => data),
      [Float32Array.of(1, 2.5), ['a', ''], BigInt64Array.of(3n)],
    );
  });

  it('says which outputs come as bytes', () => {
    const asked = (extra: object) => parse({ inputs: [x], ...extra }).outputs;
    const all = { parameters: { binary_data_output: true } };
    assert.deepEqual(asked(all), [
      { name: 'y', isBinary: true },
      { name: 'z', isBinary: true },
    ]);
    assert.deepEqual(asked({ ...all, outputs: [{ name: 'z', parameters: { binary_data: false } }, { name: 'y' }] }), [
      { name: 'z', isBinary: false },
      { name: 'y', isBinary: true },
    ]);
  });

  for (const { name, body, message } of [
    { name: 'no inputs', body: {}, message: /^inputs: / },
    { name: 'an unknown input', body: { inputs: [{ ...x, name: 'q' }] }, message: /no input "q"/ },
    { name: 'an input twice', body: { inputs: [x, x] }, message: /"x" is there twice/ },
    { name: 'another datatype', body: { inputs: [{ ...x, datatype: 'FP64' }] }, message: /"x" is FP32, "FP64" came/ },
    { name: 'too few elements', body: { inputs: [{ ...x, data: [1] }] }, message: /has 2 elements, 1 came/ },
    { name: 'too many elements', body: { inputs: [{ ...x, data: [1, 2, 3] }] }, message: /has 2 elements, more came/ },
    {
      name: 'text for a number',
      body: { inputs: [{ ...x, data: [1, '2'] }] },
      message: /element 1 of "x" is .*not a number/,
    },
    { name: 'null', body: { inputs: [{ ...x, data: [1, null] }] }, message: /element 1 of "x"/ },
    {
      name: 'a number that is not exact',
      body: { inputs: [{ name: 'n', shape: [1], datatype: 'INT64', data: [2 ** 60] }] },
      message: /not exact/,
    },
    { name: 'numbers beside arrays', body: { inputs: [{ ...x, data: [[1], 2] }] }, message: /stands beside arrays/ },
    { name: 'a negative size', body: { inputs: [{ ...x, shape: [-1, 2] }] }, message: /inputs\.0\.shape/ },
    {
      name: 'a size of more than 2 GiB',
      body: { inputs: [{ ...x, shape: [2 ** 40, 2] }] },
      message: /more than 2 GiB/,
    },
    { name: 'no data', body: { inputs: [{ ...x, data: undefined }] }, message: /inputs\.0\.data: is missing/ },
    { name: 'an unknown output', body: { inputs: [x], outputs: [{ name: 'q' }] }, message: /no output "q"/ },
    {
      name: 'bytes that do not come',
      body: { inputs: [{ ...x, data: undefined, parameters: { binary_data_size: 8 } }] },
      message: /8 bytes are announced, 0 came/,
    },
    {
      name: 'data and bytes',
      body: { inputs: [{ ...x, parameters: { binary_data_size: 8 } }] },
      message: /no data beside it/,
    },
  ]) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => parse(body), { name: 'ModelManagementError', code: 'INVALID_INPUT', message });
    });
  }

  for (const { name, tail, message } of [
    { name: 'bytes left over', tail: Buffer.alloc(9), message: /1 bytes are left/ },
    { name: 'bytes that do not fit the shape', tail: Buffer.alloc(8), size: 4, message: /has 8 bytes, 4 came/ },
  ]) {
    it(`is refused with ${name}`, () => {
      const size = name === 'bytes left over' ? 8 : 4;
      const body = { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: size } }] };
      assert.throws(() => parseBinary(body, tail.subarray(0, name === 'bytes left over' ? 9 : 4)), { message });
    });
  }

  it('is refused when it is no JSON', () => {
    assert.throws(() => parseInferRequest(Buffer.from('{'), null, signature), { code: 'INVALID_JSON' });
    assert.throws(() => parse({ inputs: [x] }, 10_000), { code: 'INVALID_INPUT', message: /whole body has/ });
  });
});

describe('An answer of the Open Inference Protocol', () => {
  const answerOf = (tensor: Tensor, isBinary: boolean) =>
    buildInferResponse('m', 3, { id: 'a "b"', outputs: [{ name: 'y', isBinary }] }, new Map([['y', tensor]]));

  /** As a request, with the output for an input. */
  const back = (tensor: Tensor, isBinary: boolean): TensorData | undefined => {
    const { body, jsonBytes } = answerOf(tensor, isBinary);
    const json = JSON.parse(body.subarray(0, jsonBytes ?? body.length).toString()) as { outputs: object[] };
    const head = Buffer.from(JSON.stringify({ inputs: json.outputs }));
    const like: Signature = { inputs: [{ name: 'y', type: tensor.type, shape: null }], outputs: [] };
    const whole = Buffer.concat([head, body.subarray(jsonBytes ?? body.length)]);
    return parseInferRequest(whole, head.length, like).feeds.get('y')?.data;
  };

  it('comes back bit by bit as bytes, whatever the type', () => {
    fc.assert(fc.property(anyTensor(), (tensor) => assert.deepEqual(back(tensor, true), tensor.data)));
  });

  it('is what the published schema says, and comes back as JSON where JSON can hold it', () => {
    fc.assert(
      fc.property(anyTensor(), (tensor) => {
        const { body, jsonBytes } = answerOf(tensor, false);
        assert.equal(jsonBytes, null);
        const { model_name, model_version, id, outputs } = InferenceResponse.parse(JSON.parse(body.toString()));
        assert.deepEqual([model_name, model_version, id], ['m', '3', 'a "b"']);
        assert.deepEqual([outputs[0]?.shape, outputs[0]?.datatype], [tensor.dims, datatypes[tensor.type]]);
        assert.equal(outputs[0]?.data.length, tensor.data.length);
        const isLossy = tensor.type.endsWith('int64') || tensor.type.startsWith('float');
        if (!isLossy) assert.deepEqual(back(tensor, false), tensor.data);
      }),
    );
  });

  it('writes whole numbers beyond 2^53 with all their digits, and what is no number as text', () => {
    const big: Tensor = { type: 'int64', dims: [1], data: BigInt64Array.of(9_007_199_254_740_993n) };
    assert.match(answerOf(big, false).body.toString(), /"data":\[9007199254740993\]/);
    const odd: Tensor = { type: 'float32', dims: [4], data: Float32Array.of(Number.NaN, -Infinity, -0, 0.5) };
    assert.match(answerOf(odd, false).body.toString(), /"data":\["NaN","-Infinity",-0\.0,0\.5\]/);
  });

  it('names every type, and sizes that are open', () => {
    const inputs = tensorTypes.map((type) => ({ name: type, type, shape: ['N', null, 3] }));
    const { platform, inputs: told } = modelMetadata('m', ['1'], { inputs, outputs: [] });
    assert.equal(platform, 'onnx_onnxv1');
    assert.deepEqual(new Set(told.map(({ shape }) => String(shape))), new Set(['-1,-1,3']));
    assert.equal(new Set(told.map(({ datatype }) => datatype)).size, tensorTypes.length);
  });
});

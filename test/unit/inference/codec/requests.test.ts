import assert from 'node:assert/strict';
import vm from 'node:vm';
import { createCodec } from '../../../../lib/inference/codec';
import type { Signature } from '../../../../lib/registry/signature';
import { aSignature, assertRefused, aValue, dataOf, encodeX } from './signatures';
import { bytesOf } from './value-forms';

/** Two inputs that share the batch and the time dimension. */
const twoInputs: Signature = {
  inputs: [aValue('x', 'float32', ['N', 'T', 2]), aValue('mask', 'bool', ['N', 'T'])],
  outputs: [aValue('y', 'float32', ['N', 1])],
};

describe('requests of several inputs', () => {
  const codec = createCodec(twoInputs);
  const dimsOf = (value: unknown): unknown => [...codec.encode(value).feeds].map(([name, { dims }]) => [name, dims]);

  it('takes an object by input names and keeps the order of the model', () => {
    const { feeds, isSample } = codec.encode({
      mask: [[true, false]],
      x: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    });
    assert.deepEqual([...feeds.keys()], ['x', 'mask']);
    assert.equal(isSample, false);
  });

  it('takes a sample of each and says so', () => {
    const request = codec.encode({
      mask: [true, false],
      x: [
        [1, 2],
        [3, 4],
      ],
    });
    assert.equal(request.isSample, true);
    assert.deepEqual(
      dimsOf({
        mask: [1, 0],
        x: [
          [1, 2],
          [3, 4],
        ],
      }),
      [
        ['x', [1, 2, 2]],
        ['mask', [1, 2]],
      ],
    );
  });

  it('adds the batch dimension where only some are samples, and then leaves it on the answer', () => {
    const request = codec.encode({
      mask: [true, false],
      x: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    });
    assert.equal(request.isSample, false);
  });

  it('takes values sorted by input', () => {
    const values = new Map<string, unknown>([
      ['mask', [[]]],
      ['x', { type: 'float32', dims: [1, 0, 2], data: [] }],
    ]);
    assert.deepEqual(
      [...codec.encodeInputs(values).feeds.values()].map(({ dims }) => dims),
      [
        [1, 0, 2],
        [1, 0],
      ],
    );
  });

  it('gives an empty batch the sizes that another input tells', () => {
    assert.deepEqual(dimsOf({ x: [], mask: { type: 'bool', dims: [0, 7], data: [] } }), [
      ['x', [0, 7, 2]],
      ['mask', [0, 7]],
    ]);
    assert.deepEqual(dimsOf({ x: [], mask: [] }), [
      ['x', [0, 1, 2]],
      ['mask', [0, 1]],
    ]);
  });

  for (const { name, value, message } of [
    {
      name: 'an unequal batch',
      value: { x: [[[1, 2]]], mask: [[1], [0]] },
      message: '"N" is 1 in input "x", but 2 in input "mask"',
    },
    {
      name: 'an unequal inner size',
      value: { x: [[[1, 2]]], mask: [[1, 0]] },
      message: '"T" is 1 in input "x", but 2 in input "mask"',
    },
    { name: 'a sample beside a batch of two', value: { x: [[1, 2]], mask: [[1], [0]] }, message: '"N" is 1' },
    { name: 'a missing input', value: { x: [[[1, 2]]] }, message: 'the inputs "mask" are missing' },
    { name: 'an unknown input', value: { x: [[[1, 2]]], mask: [[1]], z: 1 }, message: 'the model has no inputs "z"' },
    { name: 'an empty object', value: {}, message: 'the inputs "x", "mask" are missing' },
    {
      name: 'an undefined input',
      value: { x: [[[1, 2]]], mask: undefined },
      message: 'input "mask" wants bool [N, T], but payload.mask is undefined',
    },
    { name: 'an array', value: [[[1, 2]]], message: 'the model has 2 inputs, but payload is an array of 1' },
    { name: 'a number', value: 1, message: 'the model has 2 inputs, but payload is the number 1' },
    { name: 'nothing', value: undefined, message: 'the model has 2 inputs, but payload is undefined' },
    {
      name: 'a bad element, naming the input',
      value: { x: [[[1, 'a']]], mask: [[1]] },
      message: 'payload.x[0][0][1] is the text "a"',
    },
  ]) {
    it(`refuses ${name}`, () => {
      assertRefused(() => codec.encode(value), message);
    });
  }

  it('compares a symbol within one input too', () => {
    const square = aSignature('float32', ['N', 'N']);
    assert.deepEqual(
      encodeX(square, [
        [1, 2],
        [3, 4],
      ]).dims,
      [2, 2],
    );
    assertRefused(() => encodeX(square, [[1, 2]]), '"N" is 1 in input "x", but 2 in input "x"');
  });

  it('does not compare sizes that have no name', () => {
    const codecWithout = createCodec({
      inputs: [aValue('a', 'float32', [null]), aValue('b', 'float32', [''])],
      outputs: [aValue('y', 'float32', [null])],
    });
    assert.equal(codecWithout.encode({ a: [1], b: [1, 2] }).feeds.size, 2);
  });
});

describe('names of inputs', () => {
  for (const name of ['__proto__', 'constructor', 'x.1', 'onnx::Flatten_0', '{"a":[1]}', '', 'toString', 'a"b\n']) {
    it(`takes ${JSON.stringify(name)} as opaque text`, () => {
      const one = createCodec({ inputs: [aValue(name, 'float32', ['N'])], outputs: [aValue('y', 'float32', ['N'])] });
      const two = createCodec({
        inputs: [aValue(name, 'float32', ['N']), aValue('other', 'float32', ['N'])],
        outputs: [aValue('y', 'float32', ['N'])],
      });
      const payload = JSON.parse(`{${JSON.stringify(name)}:[5],"other":[6]}`);
      assert.deepEqual(dataOf(two.encode(payload).feeds, name), [5]);
      assert.deepEqual(dataOf(one.encode([5]).feeds, name), [5]);
      assertRefused(() => two.encode({ other: [6] }), /are missing/);
      assertRefused(() => two.encode(JSON.parse(`{${JSON.stringify(name)}:["a"],"other":[6]}`)), /is the text "a"/);
    });
  }
});

describe('any request', () => {
  it('takes values made in another realm, as a Function node does', () => {
    const foreign = vm.runInNewContext('({ rows: [[1, 2]], typed: new Float32Array([1, 2]), row: { a: 1, b: 2 } })');
    const signature = aSignature('float32', ['N', 2]);
    assert.deepEqual(encodeX(signature, foreign.rows).data, [1, 2]);
    assert.deepEqual(encodeX(signature, foreign.typed).data, [1, 2]);
    assert.deepEqual(encodeX(signature, foreign.row, { features: ['a', 'b'] }).data, [1, 2]);
  });

  it('is a copy, so that a message changed later does not change it', () => {
    const codec = createCodec(aSignature('float32', ['N', 2]));
    const typed = new Float32Array([1, 2]);
    const bytes = bytesOf(1, 2);
    const requests = [codec.encode(typed), codec.encode(bytes)];
    typed.fill(9);
    bytes.fill(9);
    for (const { feeds } of requests) assert.deepEqual(dataOf(feeds, 'x'), [1, 2]);
  });

  it('of a model without inputs takes any payload', () => {
    const codec = createCodec({ inputs: [], outputs: [aValue('y', 'float32', [])] });
    for (const payload of [undefined, null, 1, { a: 1 }, []]) {
      assert.deepEqual(codec.encode(payload), { feeds: new Map(), isSample: false });
    }
    assertRefused(() => codec.encodeInputs(new Map([['a', 1]])), 'the model has no inputs "a"');
  });
});

describe('hostile payloads', () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  let deep: unknown = 1;
  for (let level = 0; level < 10_000_000; level += 1) deep = [deep];
  const shared = new Array<number>(2 ** 20).fill(0);

  for (const { name, value, message } of [
    { name: 'a cyclic array', value: cyclic, message: /nested more than \d+ deep/ },
    { name: 'ten million levels', value: deep, message: /nested more than \d+ deep/ },
    { name: 'ten million levels in a row', value: [[deep, 1]], message: /is an array|nested/ },
    {
      name: 'the same row ten thousand times',
      value: new Array(10_000).fill(shared),
      message: /more than 2 GiB|the shape/,
    },
    {
      name: 'a long first row and short others',
      value: [shared, ...new Array(100_000).fill([])],
      message: /array of 0, where|the shape/,
    },
    {
      name: 'dims whose product overflows',
      value: { type: 'float32', dims: [2 ** 52, 2 ** 52], data: [] },
      message: /payload.d/,
    },
    {
      name: 'dims whose product wraps to the length',
      value: { type: 'float32', dims: [2 ** 32, 2 ** 32], data: [1] },
      message: /payload.d/,
    },
    {
      name: 'a million dims',
      value: { type: 'float32', dims: new Array(1e6).fill(1), data: [1] },
      message: /payload.dims/,
    },
    { name: 'dims that are no numbers', value: { type: 'float32', dims: [{}], data: [1] }, message: /payload.dims/ },
    {
      name: 'a million keys',
      value: Object.fromEntries(shared.map((_, index) => [`k${index}`, 1])),
      message: /and 1048568 more/,
    },
  ]) {
    for (const shape of [['N', 'M'], null]) {
      it(`refuses ${name} for ${JSON.stringify(shape)}`, () => {
        assertRefused(() => encodeX(aSignature('float32', shape), value), message);
      });
    }
  }
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCodec, sampleInput, toJsonSafe } from '../../../../lib/inference/codec';
import { type Dimension, type TensorType, tensorTypes } from '../../../../lib/registry/signature';
import { aValue } from './signatures';

/** Values that come back as they went in. */
const exactValues: Record<TensorType, fc.Arbitrary<unknown>> = {
  float32: fc.float(),
  float64: fc.double(),
  float16: fc.integer({ min: -2048, max: 2048 }),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  uint8: fc.nat(255),
  uint16: fc.nat(65535),
  uint32: fc.nat({ max: 2 ** 31 - 1 }),
  uint64: fc.maxSafeNat(),
  bool: fc.boolean(),
  string: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
};

/** Dims and as many values. */
const tensorOf = (type: TensorType): fc.Arbitrary<{ dims: number[]; data: unknown[] }> =>
  fc.array(fc.nat(3), { maxLength: 4 }).chain((dims) => {
    const length = dims.reduce((a, b) => a * b, 1);
    return fc.record({
      dims: fc.constant(dims),
      data: fc.array(exactValues[type], { minLength: length, maxLength: length }),
    });
  });

function nest(dims: readonly number[], data: readonly unknown[]): unknown {
  const [size, ...inner] = dims;
  if (size === undefined) return data[0];
  const step = data.length / size;
  return Array.from({ length: size }, (_, index) => nest(inner, data.slice(index * step, (index + 1) * step)));
}

describe('what goes in comes out', () => {
  for (const type of tensorTypes) {
    it(`for ${type}, as nested arrays and as tensors of any shape`, () => {
      fc.assert(
        fc.property(tensorOf(type), fc.boolean(), ({ dims, data }, isFixed) => {
          const shape: Dimension[] = isFixed ? dims : dims.map((_, axis) => `D${axis}`);
          const signature = { inputs: [aValue('x', type, shape)], outputs: [aValue('x', type, shape)] };
          const nested = createCodec(signature);
          const literal = createCodec(signature, { format: 'tensor' });
          const tensor = { type, dims, data };
          const literalRequest = literal.encode(tensor);
          assert.deepEqual(literal.decode(literalRequest.feeds, literalRequest), tensor);
          // Nested arrays lose the sizes behind an empty one; fixed shapes give them back.
          if (!isFixed && dims.includes(0)) return;
          const value = nest(dims, data);
          const nestedRequest = nested.encode(value);
          assert.deepEqual(nestedRequest.feeds.get('x')?.dims, dims);
          assert.deepEqual(nested.decode(nestedRequest.feeds, nestedRequest), value);
        }),
      );
    });
  }

  it('for one sample of any batched shape', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(sizes, fc.constantFrom<Dimension>('N', null, 1), (inner, batch) => {
        const shape = [batch, ...inner];
        const codec = createCodec({
          inputs: [aValue('x', 'float32', shape)],
          outputs: [aValue('x', 'float32', shape)],
        });
        const count = inner.reduce((a, b) => a * b, 1);
        const value = nest(
          inner,
          Array.from({ length: count }, (_, index) => index),
        );
        const request = codec.encode(value);
        assert.equal(request.isSample, true);
        assert.deepEqual(request.feeds.get('x')?.dims, [1, ...inner]);
        assert.deepEqual(codec.decode(request.feeds, request), value);
      }),
    );
  });

  it('nothing that JSON can hold makes the codec fail otherwise than by a refusal', () => {
    const shapes = fc.option(fc.array(fc.constantFrom<Dimension>('N', 1, 2, null), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...tensorTypes), shapes, (payload, type, shape) => {
        const codec = createCodec(
          { inputs: [aValue('x', type, shape)], outputs: [aValue('y', type, shape)] },
          { features: ['', 'a'] },
        );
        try {
          const tensor = codec.encode(payload).feeds.get('x');
          assert.equal(
            tensor?.data.length,
            tensor?.dims.reduce((a, b) => a * b, 1),
          );
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'INVALID_INPUT', String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the example payload', () => {
  for (const type of tensorTypes) {
    it(`of ${type} is taken, for every shape`, () => {
      for (const shape of [null, [], ['N'], [1], ['N', 4], [2, 3], [null, -1, 2], [0, 3]] as (Dimension[] | null)[]) {
        const signature = { inputs: [aValue('x', type, shape)], outputs: [aValue('y', type, shape)] };
        const example = JSON.parse(JSON.stringify(sampleInput(signature)));
        assert.equal(createCodec(signature).encode(example).feeds.size, 1);
      }
    });
  }

  it('names the features where they fit', () => {
    const signature = { inputs: [aValue('x', 'float32', ['N', 2])], outputs: [aValue('y', 'float32', ['N'])] };
    const options = { features: ['__proto__', 'b'] };
    const example = JSON.parse(JSON.stringify(sampleInput(signature, options)));
    assert.equal(JSON.stringify(example), '{"__proto__":0,"b":0}');
    assert.equal(createCodec(signature, options).encode(example).isSample, true);
    assert.deepEqual(sampleInput(signature, { features: ['a'] }), [[0, 0]]);
  });

  it('names the inputs where there are several', () => {
    const inputs = [aValue('__proto__', 'int64', ['N']), aValue('b', 'string', ['N', 1])];
    const signature = { inputs, outputs: [aValue('y', 'float32', ['N'])] };
    const example = JSON.parse(JSON.stringify(sampleInput(signature)));
    assert.equal(JSON.stringify(example), '{"__proto__":[0],"b":[[""]]}');
    assert.equal(createCodec(signature).encode(example).feeds.size, 2);
  });

  it('is an empty object where there is no input', () => {
    assert.deepEqual(sampleInput({ inputs: [], outputs: [aValue('y', 'float32', [])] }), {});
  });
});

describe('toJsonSafe', () => {
  it('puts null in the place of what JSON cannot hold, and says so', () => {
    const { value, nonFinite } = toJsonSafe([[1, Number.NaN], { y: Number.POSITIVE_INFINITY, z: 'NaN' }]);
    assert.deepEqual(value, [[1, null], { y: null, z: 'NaN' }]);
    assert.equal(nonFinite, true);
    assert.deepEqual(toJsonSafe(Number.NEGATIVE_INFINITY), { value: null, nonFinite: true });
  });

  it('returns anything else as it is', () => {
    for (const value of [[1, [2]], { a: true }, 'x', 0, null, undefined]) {
      const safe = toJsonSafe(value);
      assert.equal(safe.value, value);
      assert.equal(safe.nonFinite, false);
    }
  });

  it('keeps opaque names', () => {
    const { value } = toJsonSafe(JSON.parse('{"__proto__":1,"b":null}'));
    assert.equal(JSON.stringify(value), '{"__proto__":1,"b":null}');
    const result = Object.defineProperty({}, '__proto__', { value: Number.NaN, enumerable: true });
    assert.equal(JSON.stringify(toJsonSafe(result).value), '{"__proto__":null}');
  });
});

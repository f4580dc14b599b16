import assert from 'node:assert/strict';
import { createCodec } from '../../../../lib/inference/codec';
import { type TensorType, tensorTypes } from '../../../../lib/registry/signature';
import { anUnbatchedSignature, assertRefused, encodeX } from './signatures';

interface TypeRules {
  /** Payload elements and what is stored for them. */
  readonly takes: readonly (readonly [value: unknown, stored: unknown])[];
  readonly refuses: readonly (readonly [value: unknown, why: RegExp])[];
}

const NOT_A_NUMBER = /not a number/;
/** No tensor type takes any of these. */
const neverValues: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'a symbol'],
  [() => 1, 'a function'],
  [new Date(0), 'a Date'],
  [{}, 'an empty object'],
  [{ valueOf: 1 }, 'an object with the keys "valueOf"'],
  [[1], 'an array of 1'],
  [new Number(1), 'a Number'],
  [new String('1'), 'a String'],
  [new Map(), 'a Map'],
  [Buffer.from([1]), 'a Buffer of 1 bytes'],
];

function integerRules(type: string, min: number, max: number): TypeRules {
  return {
    takes: [min, max, 0, 1].map((value) => [value, value] as const),
    refuses: [
      [min - 1, new RegExp(`outside ${min}\\.\\.${max} of ${type}`)],
      [max + 1, new RegExp(`outside ${min}\\.\\.${max} of ${type}`)],
      [1.5, /the number 1.5, not a whole number/],
      [Number.NaN, /the number NaN, not a whole number/],
      [Number.POSITIVE_INFINITY, /not a whole number/],
      [true, NOT_A_NUMBER],
      ['1', /the text "1", not a number/],
      [1n, NOT_A_NUMBER],
    ],
  };
}

function bigIntegerRules(type: string, min: bigint, max: bigint): TypeRules {
  return {
    takes: [
      [0, 0n],
      [-0, 0n],
      [Number.MAX_SAFE_INTEGER, BigInt(Number.MAX_SAFE_INTEGER)],
      ['17', 17n],
      ['0017', 17n],
      [String(min), min],
      [String(max), max],
      [min, min],
      [max, max],
    ],
    refuses: [
      [2 ** 53, /not exact as a JavaScript number; send u?int64 values beyond 2\^53 as text/],
      [min - 1n, new RegExp(`outside -?\\d+\\.\\.\\d+ of ${type}`)],
      [max + 1n, new RegExp(`outside -?\\d+\\.\\.\\d+ of ${type}`)],
      [String(max + 1n), /outside/],
      [1.5, /not a whole number/],
      [Number.NaN, /not a whole number/],
      [true, NOT_A_NUMBER],
      ['', /not a whole number written in digits/],
      ['1.0', /not a whole number written in digits/],
      ['1e3', /not a whole number written in digits/],
      ['0x10', /not a whole number written in digits/],
      [' 1', /not a whole number written in digits/],
      ['9'.repeat(1_000_000), /not a whole number written in digits/],
    ],
  };
}

function floatRules(rounded: number, stored: unknown, tooLarge: number, type: string): TypeRules {
  return {
    takes: [
      [0, 0],
      [-0, type === 'float16' ? 0x8000 : -0],
      [rounded, stored],
      [Number.NaN, type === 'float16' ? 0x7e00 : Number.NaN],
      [Number.POSITIVE_INFINITY, type === 'float16' ? 0x7c00 : Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, type === 'float16' ? 0xfc00 : Number.NEGATIVE_INFINITY],
    ],
    refuses: [
      ...(Number.isFinite(tooLarge) ? ([[tooLarge, new RegExp(`too large for ${type}`)]] as const) : []),
      ['abc', /the text "abc", not a number/],
      ['1', NOT_A_NUMBER],
      ['', NOT_A_NUMBER],
      [true, /the boolean true, not a number/],
      [1n, /the bigint 1, not a number/],
    ],
  };
}

const rules: Record<TensorType, TypeRules> = {
  float32: floatRules(0.1, Math.fround(0.1), 3.4028235677973366e38, 'float32'),
  float64: floatRules(0.1, 0.1, Number.POSITIVE_INFINITY, 'float64'),
  float16: floatRules(0.1, 0x2e66, 65520, 'float16'),
  int8: integerRules('int8', -128, 127),
  int16: integerRules('int16', -32768, 32767),
  int32: integerRules('int32', -2147483648, 2147483647),
  uint8: integerRules('uint8', 0, 255),
  uint16: integerRules('uint16', 0, 65535),
  uint32: integerRules('uint32', 0, 4294967295),
  int64: bigIntegerRules('int64', -(2n ** 63n), 2n ** 63n - 1n),
  uint64: bigIntegerRules('uint64', 0n, 2n ** 64n - 1n),
  bool: {
    takes: [
      [true, 1],
      [false, 0],
      [1, 1],
      [0, 0],
    ],
    refuses: [2, -1, 0.5, Number.NaN, 'true', '1', '', 1n].map((value) => [value, /not true, false, 0 or 1/]),
  },
  string: {
    takes: [
      ['', ''],
      ['grün 🌱', 'grün 🌱'],
      ['1', '1'],
    ],
    refuses: [
      [1, /the number 1, not text/],
      [true, /not text/],
      [1n, /not text/],
      ['\ud800', /not valid Unicode/],
      ['a\0b', /with a NUL character/],
    ],
  },
};

describe('element types', () => {
  for (const type of tensorTypes) {
    const signature = anUnbatchedSignature(type, [2, 'M']);
    const good = rules[type].takes[0]?.[0];

    for (const [value, stored] of rules[type].takes) {
      it(`${type} takes ${typeof value} ${String(value).slice(0, 30)}`, () => {
        assert.deepEqual(
          encodeX(signature, [
            [good, value],
            [value, good],
          ]).data.slice(1, 3),
          [stored, stored],
        );
      });
    }
    for (const [value, why] of rules[type].refuses) {
      it(`${type} refuses ${typeof value} ${JSON.stringify(String(value).slice(0, 30))}`, () => {
        const error = assertRefused(
          () =>
            encodeX(signature, [
              [good, good],
              [good, value],
            ]),
          why,
        );
        assert.match(error.message, new RegExp(`^input "x" wants ${type} \\[2, M\\], but payload\\[1\\]\\[1\\] is `));
        assert.deepEqual(error.details, {
          field: 'payload[1][1]',
          input: 'x',
          wanted: { type, shape: [2, 'M'] },
        });
      });
    }
    for (const [value, what] of neverValues) {
      it(`${type} refuses ${what}`, () => {
        assertRefused(
          () =>
            encodeX(signature, [
              [good, value],
              [good, good],
            ]),
          `payload[0][1] is ${what}`,
        );
      });
    }
    it(`${type} refuses a hole`, () => {
      const holed = new Array<unknown>(2);
      holed[0] = good;
      assertRefused(() => encodeX(signature, [holed, [good, good]]), 'payload[0][1] is nothing (a hole in the array)');
    });
  }

  for (const [type, values, literal] of [
    ['int64', [1n, -(2n ** 53n) + 1n], [1, -(2 ** 53) + 1]],
    ['int64', [1n, 2n ** 53n], ['1', '9007199254740992']],
    ['uint64', [0n, 2n ** 64n - 1n], ['0', '18446744073709551615']],
  ] as const) {
    it(`${type} [${values.join(', ')}] comes back as ${JSON.stringify(literal)}`, () => {
      const data = type === 'int64' ? new BigInt64Array(values) : new BigUint64Array(values);
      const codec = createCodec({ inputs: [], outputs: [{ name: 'y', type, shape: [2] }] });
      const decoded = codec.decode(new Map([['y', { type, dims: [2], data }]]), codec.encode(undefined));
      assert.deepEqual(decoded, literal);
    });
  }
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { float16ToNumber, numberToFloat16 } from '../../../../lib/inference/codec/float16';

const ALL_PATTERNS = Array.from({ length: 65536 }, (_, bits) => bits);

describe('float16', () => {
  it('gives every finite and infinite pattern back unchanged, and NaN as NaN', () => {
    for (const bits of ALL_PATTERNS) {
      const value = float16ToNumber(bits);
      const isNaNPattern = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
      if (isNaNPattern) assert.ok(Number.isNaN(value) && Number.isNaN(float16ToNumber(numberToFloat16(value))));
      else if (numberToFloat16(value) !== bits) assert.fail(`${bits} → ${value} → ${numberToFloat16(value)}`);
    }
  });

  it('decodes the landmarks of the standard', () => {
    const landmarks: [number, number][] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x0001, 2 ** -24],
      [0x03ff, 2 ** -14 - 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0x3c01, 1 + 2 ** -10],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
    ];
    for (const [bits, value] of landmarks) assert.ok(Object.is(float16ToNumber(bits), value), `${bits}`);
  });

  it('rounds what lies between two neighbours to the nearer, and a tie to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits += 1) {
      const low = float16ToNumber(bits);
      const high = float16ToNumber(bits + 1);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (
        numberToFloat16(middle) !== even ||
        numberToFloat16(below(middle)) !== bits ||
        numberToFloat16(above(middle)) !== bits + 1 ||
        numberToFloat16(-middle) !== (even | 0x8000)
      ) {
        assert.fail(`around ${middle}`);
      }
    }
  });

  it('overflows from 65520 on, as halfway to the next power of two', () => {
    assert.equal(numberToFloat16(below(65520)), 0x7bff);
    assert.equal(numberToFloat16(65520), 0x7c00);
    assert.equal(numberToFloat16(-65520), 0xfc00);
    assert.equal(numberToFloat16(Number.MIN_VALUE), 0);
    assert.equal(numberToFloat16(2 ** -25), 0);
    assert.equal(numberToFloat16(above(2 ** -25)), 1);
  });

  it('is monotonic', () => {
    const finite = fc.double({ noNaN: true, min: 0, max: 70000 });
    fc.assert(fc.property(finite, finite, (a, b) => a > b || numberToFloat16(a) <= numberToFloat16(b)));
  });
});

const scratch = new DataView(new ArrayBuffer(8));

function above(value: number): number {
  scratch.setFloat64(0, value);
  scratch.setBigInt64(0, scratch.getBigInt64(0) + 1n);
  return scratch.getFloat64(0);
}

function below(value: number): number {
  scratch.setFloat64(0, value);
  scratch.setBigInt64(0, scratch.getBigInt64(0) - 1n);
  return scratch.getFloat64(0);
}

import assert from 'node:assert/strict';
import type { CodecOptions } from '../../../../lib/inference/codec';
import type { Dimension, Signature, TensorType } from '../../../../lib/registry/signature';
import { anUnbatchedSignature, aSignature, assertRefused, encodeX } from './signatures';

interface Form {
  readonly name: string;
  /** Of the input; default float32. */
  readonly type?: TensorType;
  readonly shape: readonly Dimension[] | null;
  readonly isBatched?: boolean;
  readonly features?: readonly string[];
  readonly value: unknown;
}
export interface TakenForm extends Form {
  readonly dims: readonly number[];
  /** As stored; checked where given. */
  readonly data?: readonly unknown[];
  readonly isSample?: boolean;
}
export interface RefusedForm extends Form {
  readonly message: RegExp;
}

/** One test per row: what a value becomes, or what is said of it. */
export function describeForms(title: string, taken: readonly TakenForm[], refused: readonly RefusedForm[]): void {
  describe(title, () => {
    for (const form of taken) {
      it(`takes ${form.name} for ${JSON.stringify(form.shape)}`, () => {
        const encoded = encodeX(signatureOf(form), form.value, optionsOf(form));
        assert.deepEqual(encoded.dims, form.dims);
        assert.equal(encoded.isSample, form.isSample ?? false);
        if (form.data) assert.deepEqual(encoded.data, form.data);
        const count = form.dims.reduce((a, b) => a * b, 1);
        assert.equal(encoded.data.length, count);
      });
    }
    for (const form of refused) {
      it(`refuses ${form.name} for ${JSON.stringify(form.shape)}`, () => {
        assertRefused(() => encodeX(signatureOf(form), form.value, optionsOf(form)), form.message);
      });
    }
  });
}

/** Raw little-endian bytes of float32. */
export function bytesOf(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

export function withHole(values: readonly unknown[], index: number): unknown[] {
  const holed = [...values];
  delete holed[index];
  return holed;
}

function signatureOf({ type = 'float32', shape, isBatched }: Form): Signature {
  return isBatched === false ? anUnbatchedSignature(type, shape) : aSignature(type, shape);
}

function optionsOf({ features }: Form): CodecOptions {
  return features ? { features } : {};
}

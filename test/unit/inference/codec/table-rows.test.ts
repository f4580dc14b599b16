import assert from 'node:assert/strict';
import { createCodec } from '../../../../lib/inference/codec';
import type { Dimension, Signature } from '../../../../lib/registry/signature';
import { assertRefused, aValue } from './signatures';

/** A table with names, as skl2onnx makes of a DataFrame: one input per column. */
const table = (rows: Dimension = null): Signature => ({
  inputs: [
    aValue('speed', 'float32', [rows, 1]),
    aValue('count', 'int64', [rows]),
    aValue('tool', 'string', [rows, 1]),
  ],
  outputs: [aValue('label', 'string', [rows])],
});
const first = { speed: 1.5, count: 2, tool: 'mill' };
const second = { tool: 'drill', count: '3', speed: -1 };

describe('rows of a model with one input per column', () => {
  const codec = createCodec(table());
  const columns = (value: unknown): unknown =>
    [...codec.encode(value).feeds].map(([name, { dims, data }]) => [name, dims, [...data]]);

  it('are objects by input names, in any order of the names', () => {
    assert.deepEqual(columns([first, second]), [
      ['speed', [2, 1], [1.5, -1]],
      ['count', [2], [2n, 3n]],
      ['tool', [2, 1], ['mill', 'drill']],
    ]);
    assert.equal(codec.encode([first]).isSample, false);
  });

  it('may be one object, which is one sample', () => {
    assert.deepEqual(columns(first), [
      ['speed', [1, 1], [1.5]],
      ['count', [1], [2n]],
      ['tool', [1, 1], ['mill']],
    ]);
    assert.equal(codec.encode(first).isSample, true);
  });

  it('may be none', () => {
    assert.deepEqual(columns([]), [
      ['speed', [0, 1], []],
      ['count', [0], []],
      ['tool', [0, 1], []],
    ]);
  });

  for (const { name, rows, field, words } of [
    {
      name: 'a missing value',
      rows: [first, { speed: 1, count: 2 }],
      field: 'payload[1].tool',
      words: /"tool" is missing in row 1/,
    },
    { name: 'null', rows: [{ ...first, speed: null }], field: 'payload[0].speed', words: /null/ },
    {
      name: 'text for a number',
      rows: [first, { ...second, speed: '1' }],
      field: 'payload[1].speed',
      words: /the text "1"/,
    },
    { name: 'a number for text', rows: [{ ...first, tool: 1 }], field: 'payload[0].tool', words: /the number 1/ },
    {
      name: 'a fraction for a whole number',
      rows: [{ ...first, count: 1.5 }],
      field: 'payload[0].count',
      words: /1\.5/,
    },
    { name: 'a list in a row', rows: [{ ...first, speed: [1] }], field: 'payload[0].speed', words: /an array of 1/ },
    { name: 'a name no input has', rows: [first, { ...second, at: 1 }], field: 'payload[1]', words: /"at"/ },
    { name: 'a row that is no object', rows: [first, [1, 2, 'mill']], field: 'payload[1]', words: /an array of 3/ },
    { name: 'an inherited value', rows: [Object.create(first)], field: 'payload[0].speed', words: /missing/ },
  ]) {
    it(`are refused with ${name}`, () => {
      const error = assertRefused(() => codec.encode(rows), words);
      assert.equal(error.details?.['field'], field);
    });
  }

  it('are refused where the model takes one row only', () => {
    assertRefused(() => createCodec(table(1)).encode([first, second]), /2 rows/);
    assert.equal(createCodec(table(1)).encode([first]).feeds.size, 3);
  });

  it('are refused where an input takes more than one value per row', () => {
    const wide = { ...table(), inputs: [aValue('a', 'float32', ['N', 2]), aValue('b', 'float32', ['N', 1])] };
    assertRefused(() => createCodec(wide).encode([{ a: [1, 2], b: 3 }]), /2 inputs/);
  });
});

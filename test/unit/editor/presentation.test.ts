import assert from 'node:assert/strict';
import { path } from '../../../plugins/model-management/editor/api';
import type { Signature } from '../../../plugins/model-management/editor/contract';
import { formatAge, formatBytes, formatNumber } from '../../../plugins/model-management/editor/format';
import { samplePayload } from '../../../plugins/model-management/editor/model/sample-payload';

describe('figures in the language of the editor', () => {
  const nowMs = Date.parse('2026-03-10T12:00:00.000Z');
  for (const [iso, language, text] of [
    ['2026-03-10T12:00:00.000Z', 'en-US', 'now'],
    ['2026-03-10T11:59:30.000Z', 'en-US', '30 seconds ago'],
    ['2026-03-10T10:30:00.000Z', 'en-US', '1 hour ago'],
    ['2026-03-01T12:00:00.000Z', 'de', 'vor 9 Tagen'],
    ['2025-03-01T12:00:00.000Z', 'fr', 'l’année dernière'],
  ] as const) {
    it(`${iso} is ${text}`, () => assert.equal(formatAge(iso, nowMs, language), text));
  }
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [4_200_000, '4.2 MB'],
    [2_147_483_648, '2.15 GB'],
    [5e15, '5,000,000 GB'],
  ] as const) {
    it(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes, 'en-US'), text));
  }
  for (const [value, text] of [
    [999_999_999, '1,000,000,000'],
    [1.5e9, '1.5E9'],
    [-1.23456e308, '-1.235E308'],
    [0.0001, '0.0001'],
    [0.000012345, '1.235E-5'],
    [0, '0'],
  ] as const) {
    it(`${value} is ${text}`, () => assert.equal(formatNumber(value, 'en-US'), text));
  }
  it('numbers keep four digits', () => assert.equal(formatNumber(0.981234, 'de'), '0,9812'));
});

describe('addresses', () => {
  it('carry values as data, whatever they hold', () => {
    assert.equal(path`models/${'a/b?c#d'}/versions/${3}`, 'models/a%2Fb%3Fc%23d/versions/3');
  });
});

describe('the payload that Try it starts with', () => {
  const signature = (...inputs: Signature['inputs'][number][]): Signature => ({ inputs, outputs: [] });
  const x = { name: 'x', type: 'float32', shape: ['N', 2] } as const;
  it('is a row of zeros in the shape of the input', () =>
    assert.deepEqual(samplePayload(signature(x), undefined), [[0, 0]]));
  it('is an object per row when the columns have names', () =>
    assert.deepEqual(samplePayload(signature(x), ['a', 'b']), [{ a: 0, b: 0 }]));
  it('names each of several inputs and fits its type', () =>
    assert.deepEqual(
      samplePayload(
        signature(x, { name: 's', type: 'string', shape: [1] }, { name: 'f', type: 'bool', shape: [] }),
        undefined,
      ),
      { x: [[0, 0]], s: [''], f: false },
    ));
  it('is a row of values where each input is a column', () =>
    assert.deepEqual(
      samplePayload(
        signature(
          { name: 'speed', type: 'float32', shape: [null, 1] },
          { name: 'tool', type: 'string', shape: [null, 1] },
        ),
        undefined,
      ),
      { speed: 0, tool: '' },
    ));
  it('fits the type of columns that have names', () =>
    assert.deepEqual(samplePayload(signature({ name: 's', type: 'string', shape: ['N', 1] }), ['a']), [{ a: '' }]));
  it('leaves large inputs to the user', () =>
    assert.deepEqual(samplePayload(signature({ name: 'i', type: 'uint8', shape: ['N', 3, 224, 224] }), undefined), []));
});

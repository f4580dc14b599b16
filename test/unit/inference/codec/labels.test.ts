import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../../lib/errors';
import { type CodecOptions, createCodec } from '../../../../lib/inference/codec';
import type { Dimension, Signature } from '../../../../lib/registry/signature';
import { withCode } from '../../../support/registry-lab';
import { aTensor, aValue } from './signatures';

function decodeScores(
  shape: readonly Dimension[] | null,
  dims: readonly number[],
  scores: readonly number[],
  options: CodecOptions = {},
  payload: unknown = [[1]],
): unknown {
  const signature: Signature = {
    inputs: [aValue('x', 'float32', ['N', 1])],
    outputs: [aValue('class', 'int64', ['N']), aValue('scores', 'float32', shape)],
  };
  const codec = createCodec(signature, { format: 'label', ...options });
  assert.deepEqual(codec.fetches, ['scores']);
  const tensor = aTensor('float32', dims, new Float32Array(scores));
  return codec.decode(new Map([['scores', tensor]]), codec.encode(payload));
}

interface OneColumn {
  readonly name: string;
  readonly shape?: readonly Dimension[];
  readonly dims?: readonly number[];
  readonly scores?: readonly number[];
  readonly options: CodecOptions;
  readonly expected: unknown;
}

const labels = ['red', 'green', 'blue'];

describe('results as labels', () => {
  it('gives the best class of each row', () => {
    assert.deepEqual(decodeScores(['N', 3], [2, 3], [0, 1, 0, 0.5, 0.25, 0.25], { labels }), [
      { label: 'green', score: 1 },
      { label: 'red', score: 0.5 },
    ]);
  });

  it('gives one class for one sample', () => {
    assert.deepEqual(decodeScores(['N', 3], [1, 3], [0, 1, 0], { labels }, [1]), { label: 'green', score: 1 });
  });

  it('uses the index where no name is known', () => {
    assert.deepEqual(decodeScores(['N', 3], [1, 3], [0, 0, 1], { labels: ['red'] }), [{ label: 2, score: 1 }]);
  });

  it('gives the best k as a list per row', () => {
    const best = [
      { label: 'blue', score: 0.5 },
      { label: 'red', score: 0.25 },
    ];
    assert.deepEqual(decodeScores(['N', 3], [1, 3], [0.25, 0.125, 0.5], { labels, label: { topK: 2 } }), [best]);
    assert.deepEqual(decodeScores(['N', 3], [1, 3], [0.25, 0.125, 0.5], { labels, label: { topK: 2 } }, [1]), best);
    assert.equal((decodeScores(['N', 3], [1, 3], [1, 2, 3], { label: { topK: 9 } }, [1]) as unknown[]).length, 3);
  });

  it('gives the lower index for a tie, and NaN last', () => {
    const all = decodeScores(['N', 3], [1, 3], [Number.NaN, 0.5, 0.5], { label: { topK: 3 } }, [1]);
    assert.deepEqual(all, [
      { label: 1, score: 0.5 },
      { label: 2, score: 0.5 },
      { label: 0, score: Number.NaN },
    ]);
    assert.deepEqual(decodeScores(['N', 3], [1, 3], [Number.NaN, 0.5, 0.5], {}, [1]), { label: 1, score: 0.5 });
  });

  it('turns logits into shares when asked, however large they are', () => {
    const shares = decodeScores(['N', 2], [1, 2], [1000, 1000], { label: { topK: 2, softmax: true } }, [1]);
    assert.deepEqual(shares, [
      { label: 0, score: 0.5 },
      { label: 1, score: 0.5 },
    ]);
  });

  it('takes a single score per row from a list of the batch', () => {
    assert.deepEqual(decodeScores(['N'], [2], [0.25, 0.75], { labels }), [
      { label: 'red', score: 0.25 },
      { label: 'red', score: 0.75 },
    ]);
    assert.deepEqual(decodeScores(['N'], [1], [0.25], { labels }, [1]), { label: 'red', score: 0.25 });
  });

  for (const { name, shape, dims, scores, options, expected } of [
    {
      name: 'without labels',
      options: {},
      expected: [
        { label: 1, score: 0.75 },
        { label: 0, score: 0.75 },
      ],
    },
    {
      name: 'with two labels',
      options: { labels: ['no', 'yes'] },
      expected: [
        { label: 'yes', score: 0.75 },
        { label: 'no', score: 0.75 },
      ],
    },
    {
      name: 'with the second best',
      options: { labels: ['no', 'yes'], label: { topK: 2 } },
      expected: [
        [
          { label: 'yes', score: 0.75 },
          { label: 'no', score: 0.25 },
        ],
        [
          { label: 'no', score: 0.75 },
          { label: 'yes', score: 0.25 },
        ],
      ],
    },
    {
      name: 'as a list',
      shape: ['N'],
      dims: [2],
      options: {},
      expected: [
        { label: 1, score: 0.75 },
        { label: 0, score: 0.75 },
      ],
    },
    {
      name: 'undecided',
      scores: [0.5, Number.NaN],
      options: {},
      expected: [
        { label: 0, score: 0.5 },
        { label: 0, score: Number.NaN },
      ],
    },
    {
      name: 'as logits',
      scores: [0, 1_000],
      options: { label: { softmax: true } },
      expected: [
        { label: 0, score: 0.5 },
        { label: 1, score: 1 },
      ],
    },
    {
      name: 'with one label',
      options: { labels: ['fault'] },
      expected: [
        { label: 'fault', score: 0.75 },
        { label: 'fault', score: 0.25 },
      ],
    },
    {
      name: 'with three labels',
      options: { labels },
      expected: [
        { label: 'red', score: 0.75 },
        { label: 'red', score: 0.25 },
      ],
    },
  ] as readonly OneColumn[]) {
    it(`reads one score per row as that of the second of two classes: ${name}`, () => {
      assert.deepEqual(decodeScores(shape ?? ['N', 1], dims ?? [2, 1], scores ?? [0.75, 0.25], options), expected);
    });
  }

  it('fails on one score per row that is no share, and says what would help', () => {
    const act = (): unknown => decodeScores(['N', 1], [1, 1], [1.5]);
    assert.throws(
      act,
      (error) => withCode('INFERENCE_FAILED')(error) && /1\.5 is no share.*softmax/.test(String(error)),
    );
  });

  it('takes a list that is no batch as one row', () => {
    assert.deepEqual(decodeScores([3], [3], [0, 1, 0], { labels }), { label: 'green', score: 1 });
    assert.deepEqual(decodeScores([], [], [0.5], { labels }), { label: 'red', score: 0.5 });
  });

  it('prefers the named output where several could hold scores', () => {
    const signature: Signature = {
      inputs: [],
      outputs: [aValue('a', 'float32', [1]), aValue('b', 'float16', [1])],
    };
    const codec = createCodec(signature, { format: 'label', result: { mode: 'first', names: ['b'] } });
    assert.deepEqual(codec.fetches, ['b']);
  });

  it('takes an output of unknown rank only where none is known to fit', () => {
    const unknown = aValue('u', 'float32', null);
    const known = aValue('k', 'float32', ['N', 3]);
    assert.deepEqual(createCodec({ inputs: [], outputs: [unknown, known] }, { format: 'label' }).fetches, ['k']);
    assert.deepEqual(createCodec({ inputs: [], outputs: [unknown] }, { format: 'label' }).fetches, ['u']);
  });

  for (const { name, shape, dims } of [
    { name: '3 dims', shape: null, dims: [1, 1, 1] },
    { name: 'no scores', shape: ['N', 'M'], dims: [1, 0] },
  ]) {
    it(`fails on ${name}`, () => {
      const act = (): unknown => decodeScores(shape, dims, new Array(dims.reduce((a, b) => a * b)).fill(0));
      assert.throws(act, (error) => ModelManagementError.is(error) && error.code === 'INFERENCE_FAILED');
    });
  }
});

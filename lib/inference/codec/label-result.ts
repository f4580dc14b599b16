import { ModelManagementError } from '../../errors';
import type { Tensor } from '../tensor';
import { elementTypes } from './element-type';

export interface LabelScore {
  /** Class name, or the index where none is known. */
  readonly label: string | number;
  readonly score: number;
}

export interface LabelOptions {
  readonly topK: number;
  readonly softmax: boolean;
  readonly labels: readonly string[];
}

type RowResult = LabelScore | LabelScore[];

/**
 * Best class, or list of the best, per row. Rank 2 is rows of scores; rank 1 is one row, or where the model is batched
 * (`hasBatch`) a single score per row; a scalar is one row of one score. Ties go to the lower index, NaN goes last.
 * A row of one score is the share of the second of two classes (a sigmoid at the end of the model), unless the labels
 * say that there are more classes, or one.
 */
export function toLabels(scores: Tensor, hasBatch: boolean, options: LabelOptions): RowResult | RowResult[] {
  const { dims } = scores;
  if (dims.length > 2) throw unusable(`[${dims.join(', ')}] is not rows of scores`);
  const values = elementTypes[scores.type].values(scores.data).map(Number);
  const isOneRow = dims.length === 0 || (dims.length === 1 && !hasBatch);
  if (isOneRow) return rowResult(values, options);
  const rowCount = dims[0] ?? 0;
  const width = dims.length === 2 ? (dims[1] ?? 0) : 1;
  return Array.from({ length: rowCount }, (_, row) => rowResult(values.slice(row * width, (row + 1) * width), options));
}

function rowResult(raw: readonly number[], { topK, softmax, labels }: LabelOptions): RowResult {
  const [only] = raw;
  const isBinary = raw.length === 1 && only !== undefined && (labels.length === 0 || labels.length === 2);
  const scores = isBinary ? sharesOfTwo(only, softmax) : softmax ? softmaxOf(raw) : raw;
  const ranked = scores.map((score, index): LabelScore => ({ label: labels[index] ?? index, score }));
  if (topK === 1) {
    const best = ranked.reduce((a, b) => (isBetter(b.score, a.score) ? b : a), ranked[0] ?? noScores());
    return best;
  }
  ranked.sort((a, b) => (isBetter(a.score, b.score) ? -1 : isBetter(b.score, a.score) ? 1 : 0));
  return ranked.slice(0, topK);
}

function isBetter(score: number, than: number): boolean {
  return score > than || (Number.isNaN(than) && !Number.isNaN(score));
}

/** The softmax of 0 and a logit is the logit's sigmoid. */
function sharesOfTwo(score: number, softmax: boolean): readonly number[] {
  if (softmax) return softmaxOf([0, score]);
  if (score < 0 || score > 1) {
    throw unusable(`a single score of ${score} is no share between 0 and 1 (with softmax it is taken as a logit)`);
  }
  return [1 - score, score];
}

/** Minus the largest first: the exponential of a logit of 1,000 is not a number we can hold. */
function softmaxOf(scores: readonly number[]): number[] {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function noScores(): never {
  throw unusable('there are none');
}

function unusable(why: string): ModelManagementError {
  return new ModelManagementError(
    'INFERENCE_FAILED',
    `the format "label" cannot read the scores: ${why}`,
    'Choose the format "nested" or "tensor", or another output.',
  );
}

import assert from 'node:assert/strict';
import { FEATURES, IRIS_MODELS, type Network, predict, trainIris } from '../../scripts/make-iris-models';

const LABELS = ['setosa', 'versicolor', 'virginica'];

export interface IrisAnswer {
  readonly label: string | undefined;
  readonly score: number;
}
export type Flower = Readonly<Record<(typeof FEATURES)[number], number>>;

export function irisAnswer(network: Network, features: readonly number[]): IrisAnswer {
  const probabilities = predict(network, features);
  const score = Math.max(...probabilities);
  return { label: LABELS[probabilities.indexOf(score)], score };
}

let first: Network | undefined;

/** That `answer` is what `example-models/iris-1.onnx` says of `flower`, up to the rounding of float32. */
export function assertFirstIris(flower: Flower, answer: unknown): void {
  first ??= trainIris(IRIS_MODELS[0].epochCount);
  const features = FEATURES.map((name) => flower[name]);
  const expected = irisAnswer(first, features);
  const { label, score } = answer as IrisAnswer;
  const told = `${JSON.stringify(flower)}: ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`;
  assert.equal(label, expected.label, told);
  assert.ok(Math.abs(score - expected.score) < 1e-4, told);
}

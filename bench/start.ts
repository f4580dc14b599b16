import type { Tensors } from '../lib/inference/tensor';
import { openEngineLab } from '../test/support/engine-lab';
import { irisModel } from '../test/support/onnx-models';
import { type Bench, type BenchOptions, inTurns, median, type Row } from './support/bench';
import { BenchLab } from './support/bench-lab';

/* From nothing to the first answer: of a model in a running Node-RED, on either runtime, and of Node-RED itself. */

const feeds: Tensors = new Map([
  ['features', { type: 'float32', dims: [1, 4], data: Float32Array.of(5.1, 3.5, 1.4, 0.2) }],
]);

async function firstAnswerMs(runtime: 'native' | 'wasm'): Promise<number> {
  await using lab = await openEngineLab({ options: { runtime } });
  const target = await lab.target('iris', irisModel());
  const startMs = performance.now();
  await (await lab.engine.load(target)).run(feeds);
  return performance.now() - startMs;
}

async function restartMs(): Promise<number> {
  await using lab = await BenchLab.start();
  await lab.upload('iris', irisModel());
  await lab.deploy({ iris: { type: 'onnx-model', configVersion: 1, model: 'iris' } }, 0);
  const startMs = performance.now();
  await lab.nodeRed.restart();
  const load = { inbound: 'in/iris', outbound: 'out/iris', payload: '[5.1,3.5,1.4,0.2]', qos: 0 as const, window: 1 };
  while ((await lab.load.measure({ ...load, durationMs: 20, patienceMs: 100 })).lostCount > 0);
  return performance.now() - startMs;
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  const roundCount = isQuick ? 1 : 5;
  const taken = await inTurns({ native: () => firstAnswerMs('native'), wasm: () => firstAnswerMs('wasm') }, roundCount);
  const restarts = await inTurns({ nodeRed: restartMs }, isQuick ? 0 : 2);
  const row = (what: string, values: readonly number[]): Row => ({
    what,
    value: values.length > 0 ? median(values) : null,
    unit: 'ms',
  });
  return [
    row('model to first answer, native', taken['native'] ?? []),
    row('model to first answer, WebAssembly', taken['wasm'] ?? []),
    row('Node-RED restarted, to the first answer by MQTT', restarts['nodeRed'] ?? []),
  ];
}

export const bench: Bench = { name: 'start', title: 'to the first answer, iris 4-16-3', run };

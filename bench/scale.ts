import { createCodec } from '../lib/inference/codec';
import type { LoadedModel, OnResult } from '../lib/inference/engine';
import { ModelRunner } from '../lib/inference/model-runner';
import { Route } from '../lib/inference/route';
import type { ServedVersion } from '../lib/inference/served-version';
import type { Signature } from '../lib/registry/signature';
import { irisModel } from '../test/support/onnx-models';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';
import { BenchLab } from './support/bench-lab';

/*
 * Whether a message costs more where there are many: models and nodes in one Node-RED at the same rate, and messages in the
 * queue of a node.
 */

const signature: Signature = {
  inputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
  outputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
};

/** A model that answers when it is told, so that only what we do with a message is measured. */
function handModel(waiting: (() => void)[]): LoadedModel {
  return {
    target: { key: 'm', model: 'm', version: 1, modelPath: '' },
    signature,
    start: (feeds, _options, onResult: OnResult) => {
      waiting.push(() => onResult({ outputs: feeds, durationMs: 0, batchSize: 1 }));
      return () => undefined;
    },
    run: () => Promise.reject(new Error('not used')),
    release: () => undefined,
  };
}

/** @returns microseconds for one message, with so many in the queue before the first is answered */
function queuedUs(depth: number, messageCount: number): number {
  const waiting: (() => void)[] = [];
  const route = new Route('model', 'm', 'deployed');
  const runner = new ModelRunner(route, { timeoutMs: 30_000, queue: { max: depth + 64, overflow: 'error' } });
  const served = { model: 'm', version: 1, digest: '', modelPath: '', signature, loaded: handModel(waiting) };
  route.set({ status: 'serving', served: served as unknown as ServedVersion });
  const startMs = performance.now();
  let open = 0;
  for (let sent = 0; sent < messageCount || open > 0; ) {
    for (; sent < messageCount && open < depth; sent += 1, open += 1) {
      runner.submit({
        input: { kind: 'value', value: [[sent, 1, 2, 3]] },
        answer: () => {
          open -= 1;
        },
        fail: (error) => {
          throw error;
        },
        drop: () => undefined,
      });
    }
    for (const answer of waiting.splice(0)) answer();
  }
  return ((performance.now() - startMs) * 1_000) / messageCount;
}

async function nodesRows(isQuick: boolean): Promise<Row[]> {
  const counts = isQuick ? [1, 2] : [1, 2, 4, 8, 16];
  await using lab = await BenchLab.start();
  for (let n = 0; n < Math.max(...counts); n += 1) await lab.upload(`iris-${n}`, irisModel(n + 1));
  const rows: Row[] = [];
  let first = Number.NaN;
  for (const count of counts) {
    const names = Array.from({ length: count }, (_, n) => `iris-${n}`);
    await lab.deploy(
      Object.fromEntries(names.map((model) => [model, { type: 'onnx-model', configVersion: 1, model }])),
      0,
    );
    const durationMs = isQuick ? 500 : 3_000;
    const costs: number[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      await lab.probe();
      const load = { payload: '[5.1,3.5,1.4,0.2]', qos: 0 as const, perSecond: 2_000 / count, durationMs };
      const parts = await lab.load.measureAll(
        names.map((name) => ({ ...load, inbound: `in/${name}`, outbound: `out/${name}` })),
      );
      const { cpuUs } = await lab.probe();
      costs.push(cpuUs / parts.reduce((sum, { answeredCount }) => sum + answeredCount, 0));
    }
    const value = median(costs);
    if (count === 1) first = value;
    rows.push({
      what: `${count} models, 2,000 msg/s together: processor time of Node-RED for one message`,
      value,
      unit: 'µs',
      ...(count === 1 ? {} : { against: '1 model', ratio: value / first }),
    });
  }
  return rows;
}

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  // Compiles the way there before the first is measured.
  createCodec(signature);
  const depths = [1, 10, 100, 1_000, 10_000];
  const candidates = depths.map(
    (depth) => [String(depth), async () => queuedUs(depth, isQuick ? 10_000 : 100_000)] as const,
  );
  const taken = await inTurns(Object.fromEntries(candidates), isQuick ? 1 : 5);
  const least = taken['100'] ?? [];
  const queued = depths.map((depth): Row => {
    const own = taken[String(depth)] ?? [];
    const what = `${depth} messages in the queue of a node: one message, without the runtime`;
    return {
      what,
      value: median(own),
      unit: 'µs',
      against: '100',
      ratio: medianRatio(own, least),
      ...(depth > 100 ? { aim: { atMost: 1.5 } } : {}),
    };
  });
  return [...queued, ...(await nodesRows(isQuick))];
}

export const bench: Bench = { name: 'scale', title: 'cost of a message where there are many', run };

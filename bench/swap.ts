import { addModel } from '../test/support/onnx-models';
import type { Bench, BenchOptions, Row } from './support/bench';
import { BenchLab } from './support/bench-lab';

/* Versions that are swapped under a steady stream, through the HTTP API, as a user does it. */

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  const swapCount = isQuick ? 3 : 20;
  await using lab = await BenchLab.start();
  for (const version of [1, 2]) await lab.upload('plus', addModel(version));
  await lab.deploy({ plus: { type: 'onnx-model', configVersion: 1, model: 'plus' } }, 0);
  const load = { inbound: 'in/plus', outbound: 'out/plus', payload: '[1,2,3,4]', qos: 0 as const, perSecond: 500 };
  const steady = await lab.load.measure({ ...load, durationMs: isQuick ? 1_000 : 5_000 });
  const rssBefore = (await lab.probe()).rssBytes;
  let isOver = false;
  const times: number[] = [];
  const swapping = (async () => {
    for (let n = 0; n < swapCount; n += 1) {
      const startMs = performance.now();
      await lab.setDeployed('plus', (n % 2) + 1);
      times.push(performance.now() - startMs);
    }
    isOver = true;
  })();
  const parts = [];
  while (!isOver) parts.push(await lab.load.measure({ ...load, durationMs: isQuick ? 500 : 1_000 }));
  await swapping;
  const lost = parts.reduce((sum, part) => sum + part.lostCount, 0) + steady.lostCount;
  const worst = Math.max(...parts.map(({ maxMs }) => maxMs));
  const rssAfter = (await lab.probe()).rssBytes;
  return [
    { what: `messages lost in ${swapCount} swaps`, value: lost, unit: '', aim: { atMost: 0 } },
    {
      what: 'slowest answer while swapping',
      value: worst,
      unit: 'ms',
      note: `steady: p99 ${steady.p99Ms.toFixed(1)} ms, slowest ${steady.maxMs.toFixed(1)} ms`,
    },
    {
      what: 'one swap, from request to answer',
      value: times.sort((a, b) => a - b)[times.length >> 1] ?? null,
      unit: 'ms',
    },
    { what: 'memory of Node-RED after them', value: (rssAfter - rssBefore) / 1024 / 1024, unit: 'MiB more' },
  ];
}

export const bench: Bench = { name: 'swap', title: 'versions swapped under 500 msg/s', run };

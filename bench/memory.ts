import { processMemoryBytes } from '../lib/inference/processes/process-memory';
import { openEngineLab } from '../test/support/engine-lab';
import { irisModel } from '../test/support/onnx-models';
import type { Bench, BenchOptions, Row } from './support/bench';

/* Memory of engine processes by their proportional share, so that what they share is counted once. */

async function run({ isQuick }: BenchOptions): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const runtime of ['native', 'wasm'] as const) {
    await using lab = await openEngineLab({ options: { runtime } });
    let before = 0;
    let loaded = 0;
    for (const count of isQuick ? [1, 2] : [1, 2, 4, 8]) {
      for (; loaded < count; loaded += 1) await lab.load(`iris-${loaded}`, irisModel(loaded + 1));
      const { models } = await lab.engine.stats();
      const shares = await Promise.all(models.map(({ pid }) => (pid === null ? null : processMemoryBytes(pid))));
      const sum = shares.reduce<number>((total, share) => total + (share ?? 0), 0) / 1024 / 1024;
      const added = before > 0 ? `${((sum - before) / (count / 2)).toFixed(0)} MiB for each further model` : '';
      rows.push({ what: `${count} models, ${runtime}`, value: sum, unit: 'MiB', ...(added ? { note: added } : {}) });
      before = sum;
    }
  }
  return rows;
}

export const bench: Bench = { name: 'memory', title: 'proportional share of all engine processes, iris 4-16-3', run };

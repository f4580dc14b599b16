import assert from 'node:assert/strict';
import type { Engine } from '../../lib/inference/engine';
import { readModelFile } from '../../lib/registry/onnx/model-file';
import { openEngineLab } from '../support/engine-lab';
import { requireOrSkip } from '../support/requirement';
import { type BackendCase, findBackendData, listCases, readDataSet } from './backend-cases';
import { checkDataSet } from './backend-check';
import { expectedFailures, surprises } from './expected-failures';

/** The data the counts below were taken with; for other versions only the list of failures applies. */
const COUNTED_DATA_VERSION = '1.12.0-2';
const LANE_COUNT = 3;
const SUITES = [
  { runtime: 'native', suite: 'node', caseCount: 932, minPassCount: 859 },
  { runtime: 'native', suite: 'simple', caseCount: 23, minPassCount: 17 },
  { runtime: 'wasm', suite: 'node', caseCount: 932, minPassCount: 863 },
  { runtime: 'wasm', suite: 'simple', caseCount: 23, minPassCount: 17 },
] as const;

/** As an upload and a node do it: signature from the file, a process of its own, codec before and behind. */
async function runCase(engine: Engine, { name, modelPath, dataSets }: BackendCase): Promise<void> {
  const { signature } = await readModelFile(modelPath);
  const model = await engine.load({ key: name, model: name, version: 1, modelPath });
  try {
    for (const folder of dataSets) {
      await checkDataSet(signature, await readDataSet(folder), async (feeds, fetches) => {
        const { outputs } = await model.run(feeds, { fetches });
        return outputs;
      });
    }
  } finally {
    model.release();
  }
}

async function runAll(engine: Engine, cases: readonly BackendCase[]): Promise<Map<string, string | undefined>> {
  const results = new Map<string, string | undefined>();
  const waiting = cases.values();
  const lane = async (): Promise<void> => {
    for (const one of waiting) {
      const failure = await runCase(engine, one).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      results.set(one.name, failure);
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, lane));
  return results;
}

describe('the ONNX backend cases through codec and engine', () => {
  for (const { runtime, suite, caseCount, minPassCount } of SUITES) {
    it(`answers the suite "${suite}" as the ${runtime} runtime itself does, from nested arrays and from tensors`, async function () {
      this.timeout(600_000);
      const data = findBackendData();
      requireOrSkip(this, data !== undefined, 'the ONNX backend cases (apt-get install libonnx-testdata)');
      if (!data) return;
      await using lab = await openEngineLab({ options: { runtime, idleMs: 0 } });
      const results = await runAll(lab.engine, await listCases(data, suite));
      assert.equal((await lab.engine.stats()).kind, runtime);
      const expected = expectedFailures(runtime, Number(process.versions.node.split('.')[0]));
      assert.deepEqual(surprises(expected, results), []);
      if (data.version !== COUNTED_DATA_VERSION) return;
      assert.equal(results.size, caseCount);
      const passCount = [...results.values()].filter((failure) => failure === undefined).length;
      assert.ok(passCount >= minPassCount, `${passCount} of ${caseCount} passed, fewer than ${minPassCount}`);
    });
  }
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { composeModel } from '../../lib/inference/child/runnable-model';
import type { InferenceRuntime } from '../../lib/inference/child/runtime';
import { loadWasmRuntime } from '../../lib/inference/child/wasm-runtime';
import type { Engine } from '../../lib/inference/engine';
import { readModelFile } from '../../lib/registry/onnx/model-file';
import { openEngineLab } from '../support/engine-lab';
import { requireOrSkip } from '../support/requirement';
import { type BackendCase, findBackendData, listCases, readDataSet } from './backend-cases';
import { checkDataSet, type Run } from './backend-check';
import { expectedFailures, surprises } from './expected-failures';

/** The data the counts below were taken with; for other versions only the list of failures applies. */
const COUNTED_DATA_VERSION = '1.12.0-2';
const LANE_COUNT = 3;
/** As the build leaves it. */
const wasmFolder = join(__dirname, '..', '..', 'dist', 'lib', 'inference', 'child', 'wasm');
const SUITES = [
  { runtime: 'native', suite: 'node', caseCount: 932, minPassCount: 859 },
  { runtime: 'native', suite: 'simple', caseCount: 23, minPassCount: 17 },
  { runtime: 'wasm', suite: 'node', caseCount: 932, minPassCount: 863 },
  { runtime: 'wasm', suite: 'simple', caseCount: 23, minPassCount: 17 },
] as const;

/** Loads a model; `end` when it is not needed any more. */
type Open = (name: string, modelPath: string) => Promise<{ readonly run: Run; end(): void }>;

/** In a process of its own, as a node does it. */
const openInEngine =
  (engine: Engine): Open =>
  async (name, modelPath) => {
    const model = await engine.load({ key: name, model: name, version: 1, modelPath });
    const run: Run = async (feeds, fetches) => (await model.run(feeds, { fetches })).outputs;
    return { run, end: () => model.release() };
  };

/** In this process: a process for each case would take WebAssembly ten minutes, and frames are tested elsewhere. */
const openHere =
  (runtime: InferenceRuntime): Open =>
  async (_name, modelPath) => {
    const model = composeModel(await runtime.open(modelPath, { intraOpNumThreads: 1 }), undefined);
    return { run: async (feeds, fetches) => await model.run(feeds, fetches), end: () => undefined };
  };

/** Signature from the file, codec before and behind. */
async function runCase(open: Open, { name, modelPath, dataSets }: BackendCase): Promise<void> {
  const { signature } = await readModelFile(modelPath);
  const { run, end } = await open(name, modelPath);
  try {
    for (const folder of dataSets) await checkDataSet(signature, await readDataSet(folder), run);
  } finally {
    end();
  }
}

async function runAll(open: Open, cases: readonly BackendCase[]): Promise<Map<string, string | undefined>> {
  const results = new Map<string, string | undefined>();
  const waiting = cases.values();
  const lane = async (): Promise<void> => {
    for (const one of waiting) {
      const failure = await runCase(open, one).then(
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
      await using lab = await openEngineLab({ options: { idleMs: 0 } });
      const open = runtime === 'wasm' ? openHere(loadWasmRuntime(wasmFolder)) : openInEngine(lab.engine);
      const results = await runAll(open, await listCases(data, suite));
      const expected = expectedFailures(runtime, Number(process.versions.node.split('.')[0]));
      assert.deepEqual(surprises(expected, results), []);
      if (data.version !== COUNTED_DATA_VERSION) return;
      assert.equal(results.size, caseCount);
      const passCount = [...results.values()].filter((failure) => failure === undefined).length;
      assert.ok(passCount >= minPassCount, `${passCount} of ${caseCount} passed, fewer than ${minPassCount}`);
    });
  }
});

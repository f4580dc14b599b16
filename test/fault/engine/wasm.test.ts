import assert from 'node:assert/strict';
import { openEngineLab } from '../../support/engine-lab';
import { memoryModel, memoryOnLoadModel } from '../../support/fault-models';
import { ENDLESS, floats, rounds, row } from '../../support/feeds';
import { addModel, lookupModel, loopModel } from '../../support/onnx-models';

const MIB = 1024 * 1024;
const runtime = 'wasm' as const;

const elements = (count: number) =>
  new Map([['n', { type: 'int64' as const, dims: [1], data: BigInt64Array.of(BigInt(count)) }]]);

describe('A request that goes wrong in WebAssembly', () => {
  it('GIVEN_requests_in_flight_WHEN_one_hangs_THEN_only_it_gets_ENGINE_TIMEOUT', async () => {
    await using lab = await openEngineLab({ options: { runtime, requestTimeoutMs: 1_500 } });
    const model = await lab.load('loop', loopModel());
    const runs = [1, ENDLESS, 1].map((count) => model.run(rounds(count)));
    await assert.rejects(runs[1] ?? Promise.resolve(), { code: 'ENGINE_TIMEOUT' });
    assert.deepEqual((await runs[2])?.outputs.get('y'), floats([1], 7));
  });

  it('GIVEN_a_memory_limit_WHEN_a_request_exceeds_it_THEN_only_it_fails_and_others_go_on', async () => {
    await using lab = await openEngineLab({ options: { runtime, memoryLimitBytes: 512 * MIB } });
    const model = await lab.load('memory', memoryModel());
    const [good, bad, after] = [10, 1_000_000_000, 20].map((count) => model.run(elements(count)));
    await assert.rejects(bad ?? Promise.resolve(), (error: Error & { code: string }) => {
      assert.ok(['INFERENCE_FAILED', 'ENGINE_CRASHED'].includes(error.code), error.code);
      return true;
    });
    assert.deepEqual((await good)?.outputs.get('y')?.data, Float32Array.of(10));
    assert.deepEqual((await after)?.outputs.get('y')?.data, Float32Array.of(20));
  });

  it('GIVEN_a_model_that_eats_memory_on_load_WHEN_loaded_THEN_it_is_refused_in_words', async () => {
    await using lab = await openEngineLab({ options: { runtime, memoryLimitBytes: 512 * MIB } });
    await assert.rejects(lab.load('memory', memoryOnLoadModel(2_000_000_000)), { code: 'VERSION_UNUSABLE' });
  });

  it('GIVEN_a_bad_request_among_good_WHEN_run_together_THEN_only_it_is_refused', async () => {
    await using lab = await openEngineLab({ options: { runtime } });
    const model = await lab.load('lookup', lookupModel());
    const index = (value: number) =>
      new Map([['i', { type: 'int64' as const, dims: [1, 1], data: BigInt64Array.of(BigInt(value)) }]]);
    const runs = await Promise.allSettled([1, 1_000_000, 2].map((value) => model.run(index(value))));
    assert.deepEqual(
      runs.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await lab.engine.stats()).models[0]?.restarts, 0);
  });

  it('GIVEN_a_file_that_is_no_model_WHEN_loaded_THEN_it_is_refused_in_words', async () => {
    await using lab = await openEngineLab({ options: { runtime } });
    await assert.rejects(lab.load('none', Buffer.from('nothing')), {
      code: 'VERSION_UNUSABLE',
      message: /does not load/,
    });
    const model = await lab.load('add', addModel(1));
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
  });
});

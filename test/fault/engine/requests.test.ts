import assert from 'node:assert/strict';
import type { LoadedModel } from '../../../lib/inference/engine';
import { builtFaultyEngineProcessPath } from '../../support/built-engine';
import { openEngineLab } from '../../support/engine-lab';
import { FakeClock } from '../../support/fake-clock';
import { memoryModel } from '../../support/fault-models';
import { CRASH_MARK, HANG_MARK } from '../../support/faulty-engine-process';
import { ENDLESS, floats, rounds, row } from '../../support/feeds';
import { addModel, identityModel, lookupModel, loopModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

const MIB = 1024 * 1024;
const crashing = () => row(CRASH_MARK, 0, 0, 0);

/** `ok` or the code of the error, in the order of the requests. */
async function outcomes(runs: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(runs);
  return settled.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as { code: string }).code));
}

const elements = (count: number) =>
  new Map([['n', { type: 'int64' as const, dims: [1], data: BigInt64Array.of(BigInt(count)) }]]);

describe('A request that goes wrong', () => {
  it('GIVEN_requests_in_flight_WHEN_one_crashes_the_process_THEN_only_it_gets_ENGINE_CRASHED', async () => {
    await using lab = await openEngineLab({ processPath: await builtFaultyEngineProcessPath() });
    const model = await lab.load('add', addModel(1));
    const runs = Array.from({ length: 20 }, (_, n) => model.run(n === 7 ? crashing() : row(n, 0, 0, 0)));
    assert.deepEqual(
      await outcomes(runs),
      runs.map((_, n) => (n === 7 ? 'ENGINE_CRASHED' : 'ok')),
    );
    assert.deepEqual((await runs[19])?.outputs.get('y'), floats([1, 4], 20, 1, 1, 1));
    await assert.rejects(runs[7] ?? Promise.resolve(), /add version 1: the engine process ended with SIGABRT/);
    const [stats] = (await lab.engine.stats()).models;
    assert.deepEqual([stats?.errors, stats?.restarts, stats?.state], [1, 2, 'ready']);
  });

  it('GIVEN_requests_in_flight_WHEN_one_hangs_THEN_only_it_gets_ENGINE_TIMEOUT_after_its_run_time', async () => {
    await using lab = await openEngineLab({ options: { requestTimeoutMs: 1_000 } });
    const model = await lab.load('loop', loopModel());
    const runs = Array.from({ length: 10 }, (_, n) => model.run(rounds(n === 3 ? ENDLESS : 1)));
    assert.deepEqual(
      await outcomes(runs),
      runs.map((_, n) => (n === 3 ? 'ENGINE_TIMEOUT' : 'ok')),
    );
    assert.equal((await lab.engine.stats()).models[0]?.restarts, 1);
  });

  it('GIVEN_requests_that_run_together_WHEN_one_hangs_THEN_only_it_gets_ENGINE_TIMEOUT', async () => {
    const options = { requestTimeoutMs: 1_000 };
    await using lab = await openEngineLab({ processPath: await builtFaultyEngineProcessPath(), options });
    const model = await lab.load('add', addModel(1));
    const together = await Promise.all(Array.from({ length: 20 }, (_, n) => model.run(row(n, 0, 0, 0))));
    assert.ok(together.some(({ batchSize }) => batchSize > 1));
    const runs = Array.from({ length: 20 }, (_, n) => model.run(n === 7 ? row(0, HANG_MARK, 0, 0) : row(n, 0, 0, 0)));
    assert.deepEqual(
      await outcomes(runs),
      runs.map((_, n) => (n === 7 ? 'ENGINE_TIMEOUT' : 'ok')),
    );
    assert.deepEqual((await runs[19])?.outputs.get('y'), floats([1, 4], 20, 1, 1, 1));
  });

  it('GIVEN_requests_that_run_together_WHEN_the_model_refuses_one_THEN_only_it_gets_INFERENCE_FAILED', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('lookup', lookupModel());
    const index = (value: number) =>
      new Map([['i', { type: 'int64' as const, dims: [1, 1], data: BigInt64Array.of(BigInt(value)) }]]);
    const together = await Promise.all(Array.from({ length: 20 }, () => model.run(index(1))));
    assert.ok(together.some(({ batchSize }) => batchSize > 1));
    const runs = Array.from({ length: 20 }, (_, n) => model.run(index(n === 7 ? 1_000_000 : n % 3)));
    assert.deepEqual(
      await outcomes(runs),
      runs.map((_, n) => (n === 7 ? 'INFERENCE_FAILED' : 'ok')),
    );
    assert.deepEqual((await runs[19])?.outputs.get('y'), floats([1, 1, 2], 2, 3));
    assert.equal((await lab.engine.stats()).models[0]?.restarts, 0);
  });

  it('GIVEN_two_that_hang_WHEN_both_are_in_flight_THEN_each_gets_its_own_ENGINE_TIMEOUT', async () => {
    await using lab = await openEngineLab({ options: { requestTimeoutMs: 1_000 } });
    const model = await lab.load('loop', loopModel());
    const runs = [ENDLESS, 1, ENDLESS, 1].map((count) => model.run(rounds(count)));
    assert.deepEqual(await outcomes(runs), ['ENGINE_TIMEOUT', 'ok', 'ENGINE_TIMEOUT', 'ok']);
  });

  it('GIVEN_slow_requests_WHEN_waiting_takes_longer_than_the_run_limit_THEN_none_times_out', async () => {
    await using lab = await openEngineLab({ options: { requestTimeoutMs: 2_000 } });
    const model = await lab.load('loop', loopModel());
    const pid = await lab.pid();
    const { durationMs } = await model.run(rounds(20_000));
    const count = Math.round((20_000 * 100) / durationMs);
    assert.deepEqual(
      new Set(await outcomes(Array.from({ length: 30 }, () => model.run(rounds(count))))),
      new Set(['ok']),
    );
    assert.equal(await lab.pid(), pid);
  });

  it('GIVEN_a_memory_limit_WHEN_a_request_exceeds_it_THEN_it_gets_the_limit_and_others_go_on', async () => {
    await using lab = await openEngineLab({ options: { memoryLimitBytes: 400 * MIB } });
    const model = await lab.load('memory', memoryModel());
    const pid = await lab.pid();
    const runs = [1, 10, 2_000 * MIB, 20].map((count) => model.run(elements(count)));
    // On Linux the kernel refuses the memory, and the process goes on; elsewhere the watchdog has to end it.
    const [code, words] =
      process.platform === 'linux'
        ? ['INFERENCE_FAILED', /needs more memory for this input than `engine.memoryLimitBytes` allows/]
        : ['ENGINE_CRASHED', /MiB of memory, more than its limit of 400 MiB/];
    assert.deepEqual(await outcomes(runs), ['ok', 'ok', code, 'ok']);
    await assert.rejects(runs[2] ?? Promise.resolve(), words as RegExp);
    assert.equal((await lab.pid()) === pid, code === 'INFERENCE_FAILED');
  });

  it('GIVEN_bad_tensors_among_good_WHEN_run_together_THEN_only_the_bad_are_refused_in_words', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('add', addModel(1));
    const text = await lab.load('text', identityModel('string', ['N']));
    const cases: readonly (readonly [Promise<unknown>, RegExp])[] = [
      [model.run(new Map([['x', floats([1, 3], 1, 2, 3)]])), /invalid dimensions.*x.*Expected: 4/is],
      [model.run(new Map([['x', floats([2, 4], 1)]])), /"x" of shape \[2, 4\] needs 8 elements, 1 came/],
      [
        model.run(new Map([['x', { type: 'int32', dims: [1, 4], data: new Int32Array(4) }]])),
        /"x" must be float32, int32 came/,
      ],
      [model.run(new Map()), /input "x" is missing/],
      [model.run(new Map([...row(1, 2, 3, 4), ['z', floats([1], 1)]])), /no input "z"/],
      [model.run(row(1, 2, 3, 4), { fetches: ['z'] }), /no output "z"/],
      [text.run(new Map([['x', { type: 'string', dims: [1], data: ['a\0b'] }]])), /NUL character/],
    ];
    const good = Array.from({ length: 5 }, () => model.run(row(1, 2, 3, 4)));
    await Promise.all(cases.map(([run, message]) => assert.rejects(run, { code: 'INFERENCE_FAILED', message })));
    assert.deepEqual(new Set(await outcomes(good)), new Set(['ok']));
    assert.deepEqual(
      (await lab.engine.stats()).models.map(({ restarts }) => restarts),
      [0, 0],
    );
  });
});

describe('A caller that gives up', () => {
  let model: LoadedModel;
  it('GIVEN_a_slow_run_WHEN_its_time_limit_or_signal_comes_THEN_it_is_answered_and_the_process_stays', async () => {
    await using lab = await openEngineLab();
    model = await lab.load('loop', loopModel());
    const pid = await lab.pid();
    const { durationMs } = await model.run(rounds(20_000));
    // Far beyond the limits, also where the run that was measured was held up.
    const threeSeconds = rounds(Math.round((20_000 * 3_000) / durationMs));
    const runs = [
      model.run(threeSeconds, { timeoutMs: 30 }),
      model.run(rounds(1), { timeoutMs: 30 }),
      model.run(rounds(1), { signal: AbortSignal.timeout(30) }),
      model.run(rounds(1), { signal: AbortSignal.abort() }),
      model.run(rounds(1)),
    ];
    assert.deepEqual(await outcomes(runs), ['TIMEOUT', 'TIMEOUT', 'ABORTED', 'ABORTED', 'ok']);
    assert.equal(await lab.pid(), pid);
  });
});

describe('A model that keeps failing', () => {
  it('GIVEN_every_request_crashes_WHEN_the_limit_is_reached_THEN_refused_at_once_until_the_cool_down_is_over', async () => {
    const clock = new FakeClock();
    await using lab = await openEngineLab({
      processPath: await builtFaultyEngineProcessPath(),
      supervision: { deathLimitCount: 3, restartBaseMs: 1, coolDownMs: 60_000 },
      clock,
    });
    const model = await lab.load('add', addModel(1));
    const runs = Array.from({ length: 4 }, () => model.run(crashing()));
    // The first death had all in it; the second and third each one alone; the rest was never tried again.
    assert.deepEqual(await outcomes(runs), ['ENGINE_CRASHED', 'ENGINE_CRASHED', 'MODEL_FAILED', 'MODEL_FAILED']);
    const [stats] = (await lab.engine.stats()).models;
    assert.deepEqual([stats?.state, stats?.pid, stats?.queue], ['failed', null, 0]);
    clock.advance(59_999);
    await assert.rejects(model.run(row(1, 2, 3, 4)), {
      code: 'MODEL_FAILED',
      message: /add version 1 keeps failing: the engine process ended with SIGABRT/,
      hint: /again in 1 s/,
    });
    clock.advance(1);
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
    assert.deepEqual(await outcomes([model.run(crashing()), model.run(row(1, 2, 3, 4))]), ['ENGINE_CRASHED', 'ok']);
    await waitFor(async () => (await lab.engine.stats()).models[0]?.state === 'ready');
  });
});

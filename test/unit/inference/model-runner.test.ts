import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { Digest } from '../../../lib/ids';
import type { LoadedModel, RunResult } from '../../../lib/inference/engine';
import { ModelRunner, type RunnerInput, type RunnerOptions } from '../../../lib/inference/model-runner';
import { Route } from '../../../lib/inference/route';
import type { ServedVersion } from '../../../lib/inference/served-version';
import type { Signature } from '../../../lib/registry/signature';
import { waitFor } from '../../support/wait-for';

const signature: Signature = {
  inputs: [{ name: 'x', type: 'float32', shape: ['N'] }],
  outputs: [{ name: 'x', type: 'float32', shape: ['N'] }],
};

/** A loaded model whose answers the test gives itself, in any order: each run waits for `answer` or `refuse`. */
class HandModel {
  readonly runs: { answer(): void; refuse(error: ModelManagementError): void }[] = [];

  served(version: number): ServedVersion {
    const start: LoadedModel['start'] = (feeds, _options, onResult) => {
      let isOpen = true;
      const end = (result: RunResult | ModelManagementError): void => {
        if (isOpen) onResult(result);
        isOpen = false;
      };
      this.runs.push({ answer: () => end({ outputs: feeds, durationMs: 1, batchSize: 1 }), refuse: end });
      return end;
    };
    const run = (): Promise<never> => Promise.reject(new Error('nodes call start'));
    const target = { key: String(version), model: 'm', version, modelPath: '' };
    const loaded: LoadedModel = { target, signature, start, run, release: () => undefined };
    return {
      model: 'm',
      version: version as never,
      digest: Digest.parse(`sha256:${'0'.repeat(64)}`),
      modelPath: '',
      signature,
      loaded,
    };
  }
}

function startRunner(options: Partial<RunnerOptions> = {}) {
  const route = new Route('model', 'm', 'deployed');
  const runner = new ModelRunner(route, { timeoutMs: 0, queue: { max: 1_000, overflow: 'error' }, ...options });
  const events: string[] = [];
  const submitInput = (value: number, input: RunnerInput | Promise<RunnerInput>): void =>
    runner.submit({
      input,
      answer: (answer, { version }) => events.push(`${String(answer)} by v${version}`),
      fail: (error) => events.push(`${value} ${error.code}`),
      drop: () => events.push(`${value} dropped`),
    });
  const submit = (value: number): void => submitInput(value, { kind: 'value', value: [value] });
  return { route, runner, events, submit, submitInput };
}

describe('a model runner', () => {
  it('gives answers in the order the jobs came, whatever the order they finish in', async () => {
    const model = new HandModel();
    const { route, events, submit } = startRunner();
    route.set({ status: 'serving', served: model.served(1) });
    for (const value of [1, 2, 3]) submit(value);
    for (const run of [...model.runs].reverse()) run.answer();
    await waitFor(() => events.length === 3);
    assert.deepEqual(events, ['1 by v1', '2 by v1', '3 by v1']);
  });

  it('answers an empty batch by the signature, without the runtime', async () => {
    const model = new HandModel();
    const { route, runner } = startRunner();
    route.set({ status: 'serving', served: model.served(1) });
    const answered = await new Promise((resolve, reject) => {
      runner.submit({
        input: { kind: 'value', value: [] },
        answer: (value, { durationMs, batchSize }) => resolve({ value, durationMs, batchSize }),
        fail: reject,
        drop: () => reject(new Error('dropped')),
      });
    });
    assert.deepEqual(answered, { value: [], durationMs: 0, batchSize: 0 });
    assert.equal(model.runs.length, 0);
  });

  it('answers each job by exactly one version when the route is swapped between them', async () => {
    const [old, young] = [new HandModel(), new HandModel()];
    const { route, events, submit } = startRunner();
    route.set({ status: 'serving', served: old.served(1) });
    submit(1);
    route.set({ status: 'serving', served: young.served(2) });
    submit(2);
    young.runs[0]?.answer();
    old.runs[0]?.answer();
    await waitFor(() => events.length === 2);
    assert.deepEqual(events, ['1 by v1', '2 by v2']);
  });

  it('keeps jobs while the first version loads, and runs them when it is there', async () => {
    const model = new HandModel();
    const { route, events, submit } = startRunner();
    route.set({ status: 'loading', version: 1 });
    submit(1);
    assert.deepEqual(events, []);
    route.set({ status: 'serving', served: model.served(1) });
    model.runs[0]?.answer();
    await waitFor(() => events.length === 1);
    assert.deepEqual(events, ['1 by v1']);
  });

  for (const { name, overflow, expected } of [
    { name: 'refuses the newest', overflow: 'error', expected: ['3 QUEUE_FULL', '1 by v1', '2 by v1'] },
    { name: 'drops the oldest that waits', overflow: 'dropOldest', expected: ['2 dropped', '1 by v1', '3 by v1'] },
    { name: 'keeps the newest only', overflow: 'keepNewest', expected: ['2 dropped', '1 by v1', '3 by v1'] },
  ] as const) {
    it(`when its queue is full it ${name}`, async () => {
      const model = new HandModel();
      const { route, events, submit } = startRunner({ queue: { max: 1, overflow } });
      route.set({ status: 'serving', served: model.served(1) });
      for (const value of [1, 2, 3]) submit(value);
      for (let index = 0; index < 2; index += 1) {
        await waitFor(() => model.runs[index]);
        model.runs[index]?.answer();
      }
      await waitFor(() => events.length === 3);
      assert.deepEqual(events, [...expected]);
    });
  }

  it('lets the others pass when one fails, and tells the failure at once', async () => {
    const model = new HandModel();
    const { route, events, submit, runner } = startRunner();
    route.set({ status: 'serving', served: model.served(1) });
    for (const value of [1, 2, 3]) submit(value);
    model.runs[1]?.refuse(new ModelManagementError('INFERENCE_FAILED', 'no', 'no'));
    await waitFor(() => events.length === 1);
    model.runs[2]?.answer();
    model.runs[0]?.answer();
    await waitFor(() => events.length === 3);
    assert.deepEqual(events, ['2 INFERENCE_FAILED', '1 by v1', '3 by v1']);
    assert.deepEqual(runner.counters, { answered: 2, failed: 1, dropped: 0, refused: 0 });
  });

  it('gives up on a job at its time limit, waiting included, and the next ones are answered', async () => {
    const model = new HandModel();
    const { route, events, submit } = startRunner({ timeoutMs: 20 });
    route.set({ status: 'loading', version: 1 });
    submit(1);
    await waitFor(() => events.length === 1);
    route.set({ status: 'serving', served: model.served(1) });
    submit(2);
    model.runs[0]?.answer();
    await waitFor(() => events.length === 2);
    assert.deepEqual(events, ['1 TIMEOUT', '2 by v1']);
  });

  for (const { name, state, code } of [
    { name: 'there is no model', state: { status: 'missing' as const }, code: 'MODEL_NOT_FOUND' },
    {
      name: 'the version did not load',
      state: { status: 'failed' as const, error: new ModelManagementError('VERSION_UNUSABLE', 'no', 'no') },
      code: 'VERSION_UNUSABLE',
    },
  ]) {
    it(`fails ten thousand jobs one by one when ${name}`, () => {
      const { route, events, submit } = startRunner({ queue: { max: 10_000, overflow: 'error' } });
      route.set({ status: 'loading', version: 1 });
      for (let value = 1; value <= 10_000; value += 1) submit(value);
      route.set(state);
      assert.equal(events.length, 10_000);
      assert.deepEqual(new Set(events.map((event) => event.split(' ')[1])), new Set([code]));
    });
  }

  it('hands over no more than 32 MiB of tensors at once, and at least one message', async () => {
    const model = new HandModel();
    const { route, events, submitInput, runner } = startRunner();
    route.set({ status: 'serving', served: model.served(1) });
    const twentyMiB = new Float32Array(5 * 1024 * 1024);
    for (const value of [1, 2, 3, 4]) submitInput(value, { kind: 'value', value: twentyMiB });
    assert.equal(model.runs.length, 2);
    model.runs[0]?.refuse(new ModelManagementError('INFERENCE_FAILED', 'no', 'no'));
    assert.deepEqual([model.runs.length, runner.pendingCount, events.length], [3, 3, 1]);
  });

  it('GIVEN_jobs_waiting_and_running_WHEN_closed_THEN_running_ones_are_answered_and_waiting_ones_fail', async () => {
    const model = new HandModel();
    const { route, events, submit, runner } = startRunner({ queue: { max: 10, overflow: 'keepNewest' } });
    route.set({ status: 'serving', served: model.served(1) });
    submit(1);
    submit(2);
    const closed = runner.close(10_000);
    model.runs[0]?.answer();
    await closed;
    await runner.close(10_000);
    assert.deepEqual(events, ['2 ABORTED', '1 by v1']);
  });

  it('GIVEN_a_job_that_never_ends_WHEN_closed_THEN_it_fails_once_after_the_grace_and_its_late_answer_is_nothing', async () => {
    const model = new HandModel();
    const { route, events, submit, runner } = startRunner({ timeoutMs: 60_000 });
    route.set({ status: 'serving', served: model.served(1) });
    submit(1);
    await runner.close(1);
    assert.deepEqual(events, ['1 ABORTED']);
    model.runs[0]?.answer();
    await waitFor(() => runner.pendingCount === 0);
    assert.deepEqual([events, runner.counters], [['1 ABORTED'], { answered: 0, failed: 1, dropped: 0, refused: 0 }]);
  });

  it('GIVEN_a_closed_runner_WHEN_a_job_comes_THEN_it_fails_at_once', async () => {
    const model = new HandModel();
    const { route, events, submit, runner } = startRunner();
    route.set({ status: 'serving', served: model.served(1) });
    await runner.close(0);
    submit(1);
    assert.deepEqual([events, model.runs.length], [['1 ABORTED'], 0]);
  });

  it('GIVEN_an_input_that_comes_late_WHEN_the_route_is_swapped_meanwhile_THEN_the_new_version_answers', async () => {
    const [old, young] = [new HandModel(), new HandModel()];
    const { route, events, submitInput } = startRunner();
    route.set({ status: 'serving', served: old.served(1) });
    const late = Promise.withResolvers<RunnerInput>();
    submitInput(1, late.promise);
    route.set({ status: 'serving', served: young.served(2) });
    late.resolve({ kind: 'value', value: [1] });
    await waitFor(() => young.runs.length === 1);
    young.runs[0]?.answer();
    await waitFor(() => events.length === 1);
    assert.deepEqual([events, old.runs.length], [['1 by v2'], 0]);
  });

  it('GIVEN_an_input_that_never_comes_WHEN_the_time_limit_passes_THEN_the_place_in_the_queue_is_free_again', async () => {
    const model = new HandModel();
    const { route, events, submit, submitInput } = startRunner({
      timeoutMs: 30,
      queue: { max: 1, overflow: 'keepNewest' },
    });
    route.set({ status: 'serving', served: model.served(1) });
    submitInput(1, new Promise(() => undefined));
    await waitFor(() => events.length === 1);
    submit(2);
    await waitFor(() => model.runs.length === 1);
    model.runs[0]?.answer();
    await waitFor(() => events.length === 2);
    assert.deepEqual(events, ['1 TIMEOUT', '2 by v1']);
  });
});

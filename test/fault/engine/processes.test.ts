import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtEngineHostPath, builtEngineProcessPath, builtFaultyEngineProcessPath } from '../../support/built-engine';
import { openEngineLab } from '../../support/engine-lab';
import { memoryOnLoadModel } from '../../support/fault-models';
import { CRASH_ON_LOAD } from '../../support/faulty-engine-process';
import { ENDLESS, floats, rounds, row } from '../../support/feeds';
import { addModel, identityModel, loopModel, type ModelSpec, writeModel } from '../../support/onnx-models';
import { isRunning } from '../../support/process-state';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const MIB = 1024 * 1024;

/** Never comes back from its warm-up: the number of rounds is part of the model. */
function endlessModel(): ModelSpec {
  const spec = loopModel();
  return {
    ...spec,
    nodes: [{ op: 'Cast', inputs: ['huge'], outputs: ['n'], attributes: { to: 7 } }, ...spec.nodes],
    inputs: spec.inputs.filter(({ name }) => name === 'x'),
    weights: [...(spec.weights ?? []), { name: 'huge', type: 'float64', dims: [], values: [1e15] }],
  };
}

describe('A version that does not load', () => {
  it('GIVEN_a_model_that_crashes_on_load_WHEN_loaded_or_probed_THEN_refused_with_the_last_words', async () => {
    await using lab = await openEngineLab({ processPath: await builtFaultyEngineProcessPath() });
    const target = await lab.target(CRASH_ON_LOAD, addModel(1));
    const message = /crash-on-load version 1 does not load: the engine process ended with SIGABRT/;
    await assert.rejects(lab.engine.load(target), { code: 'VERSION_UNUSABLE', message });
    await assert.rejects(lab.engine.probe(target), { code: 'INVALID_MODEL', message });
    assert.deepEqual((await lab.engine.stats()).models, []);
    assert.deepEqual(await readdir(lab.tempPath), []);
  });

  it('GIVEN_a_model_that_hangs_on_load_WHEN_loaded_or_probed_THEN_ended_after_the_time_limit', async () => {
    await using lab = await openEngineLab({ options: { loadTimeoutMs: 400 } });
    const target = await lab.target('endless', endlessModel());
    await assert.rejects(lab.engine.load(target), { code: 'VERSION_UNUSABLE', message: /longer than 2000 ms/ });
    await assert.rejects(lab.engine.probe(target), { code: 'INVALID_MODEL', message: /longer than 400 ms/ });
    assert.deepEqual(await readdir(lab.tempPath), []);
  });

  it('GIVEN_a_model_that_eats_memory_on_load_WHEN_loaded_or_probed_THEN_refused_naming_the_memory', async () => {
    await using lab = await openEngineLab({ options: { memoryLimitBytes: 400 * MIB } });
    const target = await lab.target('greedy', memoryOnLoadModel(2_000 * MIB));
    const message = /it needs more memory than its limit of 400 MiB/;
    await assert.rejects(lab.engine.load(target), { code: 'VERSION_UNUSABLE', message });
    await assert.rejects(lab.engine.probe(target), { code: 'INVALID_MODEL', message });
  });

  it('GIVEN_a_version_in_service_WHEN_another_one_fails_to_load_THEN_the_first_goes_on', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('old', addModel(1));
    const broken = await lab.target('new', Buffer.from('broken'));
    const loading = lab.engine.load(broken);
    const runs = Array.from({ length: 50 }, () => model.run(row(1, 1, 1, 1)));
    await assert.rejects(loading, { code: 'VERSION_UNUSABLE' });
    for (const { outputs } of await Promise.all(runs)) assert.deepEqual(outputs.get('y'), floats([1, 4], 2, 2, 2, 2));
  });
});

describe('The life of the processes', () => {
  it('GIVEN_200_requests_a_second_WHEN_the_process_is_killed_THEN_every_request_is_answered_once', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('add', addModel(1));
    const runs: Promise<number>[] = [];
    const killed: number[] = [];
    /** Once it has answered: one on its way up begins with what the one before it was killed with. */
    const kill = async (answer: Promise<number>): Promise<void> => {
      await answer;
      const pid = await lab.pid();
      assert.ok(pid !== null, 'it has just answered');
      killed.push(pid);
      process.kill(pid, 'SIGKILL');
    };
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setInterval(() => {
        const n = runs.length;
        const run = model.run(row(n, 0, 0, 0)).then(({ outputs }) => Number(outputs.get('y')?.data[0]));
        runs.push(run);
        if (n === 100 || n === 250) kill(run).catch(reject);
        if (n >= 400 && killed.length === 2) resolve();
      }, 5);
    }).finally(() => clearInterval(timer));
    const results = await Promise.all(runs);
    assert.deepEqual(
      results,
      results.map((_, n) => n + 1),
    );
    assert.equal(killed.length, 2);
    assert.equal((await lab.engine.stats()).models[0]?.restarts, 2);
    for (const pid of killed) assert.ok(!isRunning(pid));
  });

  it('GIVEN_a_process_stopped_from_outside_WHEN_it_stays_silent_THEN_it_is_replaced_and_the_request_answered', async () => {
    await using lab = await openEngineLab({
      options: { requestTimeoutMs: 1_000 },
      supervision: { silenceGraceMs: 1_000 },
    });
    const model = await lab.load('add', addModel(1));
    const pid = (await lab.pid()) ?? 0;
    process.kill(pid, 'SIGSTOP');
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
    assert.notEqual(await lab.pid(), pid);
    await waitFor(() => !isRunning(pid));
  });

  it('GIVEN_a_file_that_was_replaced_WHEN_its_process_is_killed_THEN_the_version_fails_and_is_not_mixed_up', async () => {
    await using lab = await openEngineLab({ supervision: { deathLimitCount: 3, restartBaseMs: 1 } });
    const model = await lab.load('add', addModel(1));
    await lab.target('add', identityModel('float32', ['N', 5]));
    process.kill((await lab.pid()) ?? 0, 'SIGKILL');
    await assert.rejects(model.run(row(1, 2, 3, 4)), { code: 'MODEL_FAILED', message: /no longer the one/ });
    assert.equal((await lab.engine.stats()).models[0]?.restarts, 2);
    await waitFor(async () => (await readdir(lab.tempPath)).length === 0);
  });

  it('GIVEN_a_file_that_is_gone_WHEN_its_process_is_killed_THEN_the_failure_names_no_folder', async () => {
    await using lab = await openEngineLab({ supervision: { deathLimitCount: 2, restartBaseMs: 1 } });
    const target = await lab.target('add', addModel(1));
    const model = await lab.engine.load(target);
    await rm(target.modelPath);
    process.kill((await lab.pid()) ?? 0, 'SIGKILL');
    await assert.rejects(model.run(row(1, 2, 3, 4)), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'MODEL_FAILED');
      assert.match(error.message, /the model file/);
      assert.ok(!error.message.includes(target.modelPath), error.message);
      return true;
    });
  });

  it('GIVEN_a_folder_that_cannot_be_made_WHEN_it_can_THEN_the_engine_works_without_a_restart', async () => {
    await using lab = await openEngineLab();
    await writeFile(lab.tempPath, 'in the way');
    await assert.rejects(lab.load('add', addModel(1)), { code: 'STORAGE_FAILED' });
    await assert.rejects(lab.engine.stats(), { code: 'STORAGE_FAILED' });
    await rm(lab.tempPath);
    const model = await lab.load('add', addModel(1));
    assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
  });

  it('GIVEN_several_questions_at_once_WHEN_the_runtime_is_not_known_THEN_one_process_is_asked', async () => {
    await using folder = await temporaryFolder();
    const processPath = join(folder.path, 'process.js');
    const asked = join(folder.path, 'asked');
    await writeFile(
      processPath,
      `require('node:fs').appendFileSync(${JSON.stringify(asked)}, '.');
      process.once('message', () => process.send({ type: 'described', kind: 'native', version: 'onnxruntime-node 0.0.0', reason: null }));`,
    );
    await using lab = await openEngineLab({ processPath });
    const answers = await Promise.all([lab.engine.stats(), lab.engine.stats(), lab.engine.stats()]);
    assert.deepEqual(
      answers.map(({ version }) => version),
      Array(3).fill('onnxruntime-node 0.0.0'),
    );
    assert.equal(await readFile(asked, 'utf8'), '.');
  });

  it('GIVEN_a_Node_binary_that_is_not_there_WHEN_loaded_THEN_refused_in_words', async () => {
    await using lab = await openEngineLab({ nodePath: '/nowhere/node' });
    await assert.rejects(lab.load('add', addModel(1)), {
      code: 'ENGINE_START_FAILED',
      message: /engine process could not be started: spawn node ENOENT$/,
    });
  });

  it('GIVEN_signals_to_the_whole_process_group_WHEN_the_parent_goes_on_THEN_the_process_serves_on', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('add', addModel(1));
    const pid = (await lab.pid()) ?? 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.kill(pid, signal);
      assert.deepEqual((await model.run(row(1, 2, 3, 4))).outputs.get('y'), floats([1, 4], 2, 3, 4, 5));
    }
    assert.deepEqual([await lab.pid(), (await lab.engine.stats()).models[0]?.restarts], [pid, 0]);
  });

  it('GIVEN_a_stopped_process_WHEN_the_engine_closes_THEN_it_is_gone', async () => {
    await using lab = await openEngineLab();
    await lab.load('add', addModel(1));
    const pid = (await lab.pid()) ?? 0;
    process.kill(pid, 'SIGSTOP');
    await lab.engine.close();
    assert.ok(!isRunning(pid));
  });

  it('GIVEN_a_version_loading_WHEN_the_engine_closes_THEN_the_load_is_ABORTED_and_nothing_stays', async () => {
    await using lab = await openEngineLab();
    const loading = lab.load('endless', endlessModel());
    loading.catch(() => undefined);
    await waitFor(async () => (await readdir(lab.tempPath)).length > 0);
    await lab.engine.close();
    assert.deepEqual(await readdir(lab.tempPath), []);
    await assert.rejects(loading, { code: 'ABORTED' });
    await assert.rejects(lab.load('late', addModel(1)), { code: 'ABORTED' });
  });

  it('GIVEN_requests_under_way_WHEN_the_engine_closes_THEN_they_are_ABORTED', async () => {
    await using lab = await openEngineLab();
    const model = await lab.load('loop', loopModel());
    const runs = [model.run(rounds(ENDLESS)), model.run(rounds(1))];
    const outcomes = Promise.all(runs.map((run) => assert.rejects(run, { code: 'ABORTED' })));
    await lab.engine.close();
    await lab.engine.close();
    await outcomes;
  });

  it('GIVEN_a_load_under_way_WHEN_its_only_caller_gives_up_THEN_the_process_ends_and_another_may_load', async () => {
    await using lab = await openEngineLab({ options: { maxProcesses: 1 } });
    const target = await lab.target('endless', endlessModel());
    const gaveUp = new AbortController();
    const loading = lab.engine.load(target, gaveUp.signal);
    loading.catch(() => undefined);
    await waitFor(async () => (await readdir(lab.tempPath)).length > 0);
    gaveUp.abort();
    await assert.rejects(loading, { code: 'ABORTED' });
    await waitFor(async () => (await readdir(lab.tempPath)).length === 0);
    await lab.load('other', addModel(1));
  });

  it('GIVEN_two_versions_WHEN_swapped_under_load_THEN_both_processes_live_until_the_old_one_is_drained', async () => {
    await using lab = await openEngineLab({ options: { idleMs: 0 } });
    const old = await lab.load('old', addModel(1));
    const oldRuns = Array.from({ length: 100 }, () => old.run(row(0, 0, 0, 0)));
    const next = await lab.load('new', addModel(2));
    assert.equal((await lab.engine.stats()).models.length, 2);
    const last = old.run(row(0, 0, 0, 0));
    old.release();
    old.release();
    const newRuns = Array.from({ length: 100 }, () => next.run(row(0, 0, 0, 0)));
    for (const run of [...oldRuns, last]) assert.equal((await run).outputs.get('y')?.data[0], 1);
    for (const run of newRuns) assert.equal((await run).outputs.get('y')?.data[0], 2);
    await assert.rejects(old.run(row(0, 0, 0, 0)), { code: 'ABORTED' });
    await waitFor(async () => (await readdir(lab.tempPath)).length === 1);
    assert.deepEqual(
      (await lab.engine.stats()).models.map(({ model }) => model),
      ['new'],
    );
  });

  it('GIVEN_a_version_in_use_twice_WHEN_one_releases_THEN_the_one_process_serves_the_other', async () => {
    await using lab = await openEngineLab({ options: { idleMs: 0 } });
    const target = await lab.target('add', addModel(1));
    const [first, second] = await Promise.all([lab.engine.load(target), lab.engine.load(target)]);
    assert.equal((await lab.engine.stats()).models.length, 1);
    first.release();
    assert.equal((await second.run(row(0, 0, 0, 0))).outputs.get('y')?.data[0], 1);
  });

  it('GIVEN_as_many_processes_as_allowed_WHEN_one_more_is_loaded_THEN_ENGINE_FULL_until_one_is_free', async () => {
    await using lab = await openEngineLab({ options: { maxProcesses: 2 } });
    const first = await lab.load('first', addModel(1));
    const second = await lab.load('second', addModel(2));
    const target = await lab.target('third', addModel(3));
    await assert.rejects(lab.engine.load(target), { code: 'ENGINE_FULL', message: /2 model versions/ });
    second.release();
    first.release();
    await lab.engine.load(target);
    // The one that was used longest ago made room.
    assert.deepEqual(
      (await lab.engine.stats()).models.map(({ model }) => model),
      ['first', 'third'],
    );
  });

  for (const mode of ['idle', 'busy'] as const) {
    it(`GIVEN_a_process_that_is_${mode}_WHEN_its_parent_is_killed_THEN_it_ends_too`, async () => {
      await using folder = await temporaryFolder();
      const tempPath = join(folder.path, 'temp');
      const modelPath = await writeModel(join(folder.path, 'loop.onnx'), loopModel());
      const args = [await builtEngineHostPath(), await builtEngineProcessPath(), tempPath, modelPath, mode];
      const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(host, 'exit');
      try {
        const [line] = await once(host.stdout, 'data');
        const pid = Number(String(line));
        assert.ok(isRunning(pid));
        host.kill('SIGKILL');
        await exited;
        await waitFor(() => !isRunning(pid), { what: 'end of the orphan' });
      } finally {
        host.kill('SIGKILL');
      }
    });
  }

  it('GIVEN_folders_left_by_a_killed_parent_WHEN_the_next_engine_starts_THEN_they_are_removed', async () => {
    await using lab = await openEngineLab();
    await mkdir(join(lab.tempPath, 'engine-left', 'deep'), { recursive: true });
    await mkdir(join(lab.tempPath, 'other'));
    await lab.load('add', addModel(1));
    const names = await readdir(lab.tempPath);
    assert.equal(names.length, 2);
    assert.ok(names.includes('other') && !names.includes('engine-left'));
  });
});

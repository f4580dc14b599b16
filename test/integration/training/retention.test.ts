import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '../../support/fake-clock';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost, type TrainingHostOptions } from '../../support/training-host';
import { waitFor } from '../../support/wait-for';

const FAILING = 'raise SystemExit(1)';
/** Hands on the model it was given. */
const COPYING = "data = open('model.onnx', 'rb').read()\nopen('model.onnx', 'wb').write(data)";
const DAY_MS = 86_400_000;

describe('runs that are kept no longer', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let clock: FakeClock;
  let host: TrainingHost;

  const open = async (options: Partial<TrainingHostOptions> = {}): Promise<void> => {
    host = await TrainingHost.open({ folder: folder.path, clock, retention: { maxAgeMs: DAY_MS }, ...options });
  };
  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('mm-retention-');
    clock = new FakeClock(Date.now());
    await open();
    await host.addModel();
  });
  afterEach(async () => {
    await host?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('leave their numbers behind: the next run has the next, and its failure counts', async () => {
    await host.addJob(FAILING, { pauseAfterFailures: 4 });
    for (let count = 0; count < 2; count += 1) await host.train();
    clock.advance(2 * DAY_MS);
    await host.training.maintain();
    assert.deepEqual(host.runs.all(), []);
    for (const number of [3, 4]) assert.equal((await host.train()).number, number);
    assert.deepEqual(
      host.jobs.all().map(({ failuresInRow, fields }) => [failuresInRow, fields.paused]),
      [[4, true]],
    );
  });

  it('leave no number to another job of their name', async () => {
    await host.addJob(FAILING);
    await host.train();
    await host.training.deleteJob('job');
    await host.addJob(FAILING);
    clock.advance(2 * DAY_MS);
    await host.training.maintain();
    assert.equal((await host.train()).number, 1);
  });

  it('are never the last success of a base model, which the next run of that goes on from', async () => {
    await host.addModel('roses');
    await host.addJob(COPYING);
    const first = await host.train();
    const second = await host.train();
    await host.training.updateJob('job', { baseModel: 'roses' });
    const third = await host.train();
    assert.deepEqual(
      [first, second, third].map(({ state }) => state),
      ['succeeded', 'succeeded', 'succeeded'],
      JSON.stringify(third.error),
    );
    clock.advance(2 * DAY_MS);
    await host.training.maintain();
    assert.deepEqual(
      host.runs
        .all()
        .map(({ number }) => number)
        .sort(),
      [2, 3],
    );
  });

  it('GIVEN_process_that_ends_while_one_is_removed_WHEN_started_again_THEN_nothing_of_it_is_left', async () => {
    await host.addJob(FAILING);
    const { _id: id } = await host.train();
    await host.close();
    const runFolder = join(folder.path, 'runs', id);
    assert.ok(existsSync(runFolder));
    clock.advance(2 * DAY_MS);
    await open({
      wrapRuns: (runs) => ({
        get: (key) => runs.get(key),
        all: () => runs.all(),
        put: (run) => runs.put(run),
        // Never answered, as to a process that ended: what was done before is done, what comes after is not.
        delete: () => new Promise(() => undefined),
      }),
    });
    void host.training.maintain();
    await waitFor(() => !existsSync(runFolder), { what: 'its folder to go' });
    assert.ok(host.runs.get(id));
    await host.close();
    await open();
    await host.training.maintain();
    assert.deepEqual(host.runs.all(), []);
  });
});

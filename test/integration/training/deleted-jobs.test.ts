import assert from 'node:assert/strict';
import type { Collections } from '../../../lib/collections';
import { FakeClock } from '../../support/fake-clock';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost } from '../../support/training-host';
import { waitFor } from '../../support/wait-for';

const SLEEPING = 'import time\ntime.sleep(600)';

/** Makes the list of collections wait, which starting a run asks for before anything else. */
class Gate {
  private opened = Promise.withResolvers<void>();
  private reached = Promise.withResolvers<void>();
  private isShut = false;

  readonly wrap = (collections: Collections): Pick<Collections, 'export' | 'count' | 'list'> => ({
    export: (...given) => collections.export(...given),
    count: (...given) => collections.count(...given),
    list: async () => {
      if (this.isShut) {
        this.reached.resolve();
        await this.opened.promise;
      }
      return collections.list();
    },
  });

  shut(): void {
    this.isShut = true;
    this.opened = Promise.withResolvers<void>();
    this.reached = Promise.withResolvers<void>();
  }

  /** Resolves when somebody waits. */
  get waiting(): Promise<void> {
    return this.reached.promise;
  }

  open(): void {
    this.isShut = false;
    this.opened.resolve();
  }
}

describe('a job that is changed while a run of it starts', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let host: TrainingHost;
  let clock: FakeClock;
  const gate = new Gate();

  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('mm-deleted-');
    clock = new FakeClock(Date.now());
    host = await TrainingHost.open({ folder: folder.path, wrapCollections: gate.wrap, clock });
    await host.addModel();
  });
  afterEach(async () => {
    gate.open();
    await host?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('GIVEN_run_about_to_start_WHEN_its_job_is_deleted_THEN_it_is_refused', async () => {
    await host.addJob(SLEEPING);
    gate.shut();
    const refused = assert.rejects(host.start(), { code: 'JOB_NOT_FOUND' });
    await gate.waiting;
    await host.training.deleteJob('job');
    gate.open();
    await refused;
    assert.deepEqual(host.runs.all(), []);
  });

  it('GIVEN_run_about_to_start_WHEN_its_job_is_changed_THEN_it_has_the_new_fields', async () => {
    await host.addJob(SLEEPING);
    gate.shut();
    const starting = host.start();
    await gate.waiting;
    const patched = host.training.updateJob('job', { env: { RATE: '0.1' } });
    await waitFor(() => host.jobs.all()[0]?.fields.env['RATE']);
    gate.open();
    await patched;
    assert.deepEqual(host.runs.get((await starting).id)?.fields.env, { RATE: '0.1' });
    await host.training.cancelJob('job');
  });

  it('GIVEN_run_about_to_start_WHEN_another_job_has_its_name_THEN_it_is_refused', async () => {
    await host.addJob(SLEEPING);
    gate.shut();
    const refused = assert.rejects(host.start(), { code: 'JOB_NOT_FOUND' });
    await gate.waiting;
    await host.training.deleteJob('job');
    const made = host.training.createJob({ name: 'job', baseModel: 'iris', runner: 'process' });
    await waitFor(() => host.jobs.all().length === 1);
    gate.open();
    await made;
    await refused;
    assert.deepEqual(host.runs.all(), []);
  });

  it('GIVEN_scheduled_run_about_to_start_WHEN_its_job_is_paused_THEN_it_does_not_start', async () => {
    await host.addJob(SLEEPING, { schedule: { kind: 'interval', every: 1, unit: 'hour' } });
    gate.shut();
    clock.advance(3_600_000);
    await gate.waiting;
    const patched = host.training.updateJob('job', { paused: true });
    await waitFor(() => host.jobs.all()[0]?.fields.paused);
    const noted = host.jobs.all()[0]?.scheduleHandledAt ?? 0;
    gate.open();
    await patched;
    await waitFor(() => (host.jobs.all()[0]?.scheduleHandledAt ?? 0) > noted, { what: 'the time to be dealt with' });
    assert.deepEqual(host.runs.all(), []);
  });

  it('GIVEN_process_that_ended_between_deleting_a_job_and_cancelling_its_runs_WHEN_started_again_THEN_they_are_cancelled', async () => {
    await host.addJob(SLEEPING, { overlap: 'queueOne' });
    const [first, second] = [await host.start(), await host.start()];
    await host.reached(first.id, 'training');
    await host.close();
    host = await TrainingHost.open({ folder: folder.path, prepare: ({ jobs }) => jobs.delete('job') });
    for (const { id } of [first, second]) assert.equal((await host.ended(id)).state, 'cancelled');
    assert.equal(host.registry.listVersions('iris').length, 1);
    assert.deepEqual(await host.runners.process.leftovers(), []);
  });

  it('GIVEN_run_being_written_down_WHEN_its_job_is_deleted_THEN_it_is_cancelled', async () => {
    await host.addJob(SLEEPING);
    await host.close();
    const written = Promise.withResolvers<void>();
    const writing = Promise.withResolvers<void>();
    let isHeld = true;
    host = await TrainingHost.open({
      folder: folder.path,
      wrapRuns: (runs) => ({
        get: (id) => runs.get(id),
        all: () => runs.all(),
        delete: (id) => runs.delete(id),
        put: async (run) => {
          if (isHeld) {
            isHeld = false;
            writing.resolve();
            await written.promise;
          }
          return runs.put(run);
        },
      }),
    });
    const starting = host.start();
    await writing.promise;
    const deleting = host.training.deleteJob('job');
    await waitFor(() => host.jobs.all().length === 0);
    written.resolve();
    await deleting;
    assert.equal((await host.ended((await starting).id)).state, 'cancelled');
  });
});

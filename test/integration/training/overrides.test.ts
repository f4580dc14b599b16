import assert from 'node:assert/strict';
import type { RunDocument } from '../../../lib/training';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost } from '../../support/training-host';
import { waitFor } from '../../support/wait-for';

const FAILING = 'raise SystemExit(1)';
/** Ends itself and what waits for it, as a machine that goes down does. */
const LOSING = 'import os, signal\nos.killpg(0, signal.SIGKILL)';
const GIBIBYTE = 1_073_741_824;

describe('what a run is told beside its job', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let host: TrainingHost;

  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('mm-overrides-');
    host = await TrainingHost.open({ folder: folder.path });
    await host.addModel();
  });
  afterEach(async () => {
    await host?.close();
    await folder?.[Symbol.asyncDispose]();
  });

  it('changes the limits it names, and leaves the others as the job has them', async () => {
    const limits = { memoryBytes: GIBIBYTE / 2, cpus: 0.5, pids: 64, timeoutMs: 60_000, outputBytes: 5 * GIBIBYTE };
    await host.addJob(FAILING, { limits });
    const run = await host.train({ overrides: { limits: { timeoutMs: 7_200_000 } } });
    assert.deepEqual(run.fields.limits, { ...limits, timeoutMs: 7_200_000 });
  });

  for (const [name, value] of [
    ['memoryBytes', 1],
    ['cpus', 0],
    ['pids', 1],
    ['timeoutMs', 1],
    ['outputBytes', 1],
    ['unheardOf', 1],
  ] as const) {
    it(`refuses ${name} ${value}`, async () => {
      await host.addJob(FAILING);
      await assert.rejects(host.start({ overrides: { limits: { [name]: value } } }), { code: 'INVALID_INPUT' });
    });
  }

  it('GIVEN_run_that_was_lost_WHEN_tried_again_THEN_with_all_it_was_told', async () => {
    await host.addJob(LOSING, { retries: { max: 1, backoffMs: 1_000 }, env: { RATE: '0.5', KEPT: 'yes' } });
    const overrides = { fresh: true, env: { RATE: '0.1' }, limits: { pids: 99 } };
    const first = await host.train({ overrides });
    assert.equal(first.state, 'lost');
    await host.training.updateJob('job', { env: {} });
    await host.putScript(FAILING);
    const second = await waitFor<RunDocument | undefined>(
      () => host.runs.all().find(({ trigger, cleaned }) => trigger === 'retry' && cleaned),
      { what: 'the second try' },
    );
    assert.deepEqual(second.options, { allData: true, fresh: true });
    assert.deepEqual(second.fields.env, { RATE: '0.1', KEPT: 'yes' });
    assert.equal(second.fields.limits.pids, 99);
    assert.deepEqual(second.files, first.files);
    assert.equal(second.state, 'lost');
  });

  describe('when a run of the job waits already (queueOne)', () => {
    const SLEEPING = 'import time\ntime.sleep(600)';
    const cases = [
      { name: 'nothing, of one that was told nothing', first: {}, second: {}, joined: true },
      { name: 'nothing, of one that was told something', first: { data: 'all' }, second: {}, joined: true },
      { name: 'all rows, of one that reads them', first: { fresh: true }, second: { data: 'all' }, joined: true },
      { name: 'all rows', first: {}, second: { data: 'all' }, joined: false },
      { name: 'a fresh start', first: { data: 'all' }, second: { fresh: true }, joined: false },
      { name: 'a variable', first: {}, second: { env: { RATE: '1' } }, joined: false },
      { name: 'the same variable', first: { env: { RATE: '1' } }, second: { env: { RATE: '1' } }, joined: true },
      { name: 'another value of it', first: { env: { RATE: '1' } }, second: { env: { RATE: '2' } }, joined: false },
      { name: 'another limit', first: {}, second: { limits: { pids: 99 } }, joined: false },
      { name: 'the limit it has', first: {}, second: { limits: { pids: 256 } }, joined: true },
    ] as const;
    for (const { name, first, second, joined } of cases) {
      it(`asking for ${name} ${joined ? 'gets that run' : 'is refused'}`, async () => {
        await host.addJob(SLEEPING, { overlap: 'queueOne' });
        const running = await host.start();
        await host.reached(running.id, 'training');
        const waiting = await host.start({ overrides: first });
        if (joined) {
          const again = await host.training.startRun('job', { overrides: second }, { trigger: 'manual', user: null });
          assert.deepEqual([again.id, again.joined], [waiting.id, true]);
        } else await assert.rejects(host.start({ overrides: second }), { code: 'RUN_ACTIVE' });
        assert.equal(host.runs.all().length, 2);
        await host.training.cancelJob('job');
      });
    }
  });
});

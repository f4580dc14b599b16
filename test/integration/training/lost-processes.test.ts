import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessRunner } from '../../../lib/training';
import type { RunTask } from '../../../lib/training/runners/runner';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const silent = { lastLines: [], line: () => undefined, restart: () => undefined };

/** Processes that still carry the mark of a run. */
function carriers(runId: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`run_id=${runId}\0`);
    } catch {
      return false;
    }
  });
}

describe('processes of runs that nothing is written of', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let runner: ProcessRunner;

  before(function () {
    requireOrSkip(this, canRunPython && process.platform === 'linux', 'python3 with venv on Linux');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('mm-processes-');
    runner = new ProcessRunner({
      runsPath: folder.path,
      environmentsPath: join(folder.path, 'environments'),
      isAllowed: true,
      env: {},
    });
  });
  afterEach(() => folder?.[Symbol.asyncDispose]());

  /** As a process of ours leaves it that ends between starting a script and writing that down. */
  async function startUnnoted(runId: string): Promise<void> {
    await mkdir(join(folder.path, runId, 'process'), { recursive: true });
    const env = { PATH: process.env['PATH'], run_id: runId };
    spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env }).unref();
    await waitFor(() => carriers(runId).length === 1);
  }

  for (const how of ['remove', 'stop'] as const) {
    it(`GIVEN_script_started_and_not_noted_WHEN_asked_to_${how}_THEN_it_ends`, async () => {
      const runId = `lost-${how}-${process.pid}`;
      await startUnnoted(runId);
      assert.deepEqual(await runner.leftovers(), [runId]);
      await (how === 'remove' ? runner.remove(runId) : runner.stop(runId, 1_000));
      await waitFor(() => carriers(runId).length === 0, { what: 'the process to end' });
    });
  }

  it('GIVEN_disk_that_takes_no_note_of_the_start_WHEN_a_script_starts_THEN_it_ends_at_once', async () => {
    const runId = `unnoted-${process.pid}`;
    const workPath = join(folder.path, runId, 'work');
    await mkdir(workPath, { recursive: true });
    await writeFile(join(workPath, 'script.py'), 'import time\ntime.sleep(600)');
    const limits = { memoryBytes: 1_073_741_824, cpus: 1, pids: 10, timeoutMs: 60_000, outputBytes: 1_048_576 };
    const place = join(folder.path, runId, 'process');
    const task: RunTask = {
      ...{ runId, job: 'job', image: '', network: 'bridge', gpus: false, limits, workPath },
      ...{ requirements: null, scripts: ['script.py'], outputs: [] },
      // Asked for as the script starts, before that is noted. Where the note would be written there is then a folder: the
      // only way it fails alike for every user and file system.
      get variables() {
        mkdirSync(join(place, 'started.new'));
        return [];
      },
    };
    const environment = { key: null, imageId: '', packages: [], cached: true };
    const training = runner.train(task, environment, silent, new AbortController().signal);
    await assert.rejects(training, { code: 'EISDIR' });
    await waitFor(() => carriers(runId).length === 0, { what: 'the process to end' });
  });
});

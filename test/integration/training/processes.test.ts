import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '../../../lib/training/runners/process/process-tree';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { TrainingLab } from '../../support/training-lab';
import { refusesExcessiveOutputs, scriptRuns } from '../../support/training-scripts';
import { waitFor } from '../../support/wait-for';

describe('the runner of processes', function () {
  this.timeout(180_000);
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await TrainingLab.start();
    await lab.addModel();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const script = scriptRuns(() => lab, {});

  it('tells a lack of memory from a crash', async () => {
    const { run } = await script('greedy', 'x = bytearray(2_000_000_000)', { limits: { memoryBytes: 268_435_456 } });
    assert.equal(run.error?.code, 'OUT_OF_MEMORY', JSON.stringify(run));
  });

  it('ends a script that takes too long, and lets it put its work in order', async () => {
    const text = `import signal, sys, time
def end(*_):
    print('putting my work in order'); sys.exit(3)
signal.signal(signal.SIGTERM, end)
print('begun')
time.sleep(600)`;
    // From before it starts: the script has to have begun.
    const { run, log } = await script('slow', text, { limits: { timeoutMs: 8_000 } });
    assert.equal(run.state, 'timed_out', JSON.stringify(run));
    assert.match(log, /putting my work in order/);
  });

  it('ends what a script started, also what left its group', async () => {
    const text = `import os, subprocess, time
child = subprocess.Popen(['sleep', '600'], start_new_session=True)
print('child', child.pid, flush=True)
time.sleep(600)`;
    await lab.addJob({ name: 'forking', queries: [], metrics: [], network: 'bridge' }, text);
    const { id } = await lab.start('forking');
    const pid = await waitFor(async () => Number(/child (\d+)/.exec(await lab.log(id))?.[1]));
    await lab.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.ended(id)).state, 'cancelled');
    await waitFor(() => !isAlive(pid, ''), { what: 'the child to end' });
  });

  it('keeps the beginning and the end of a log that is too long, whole when the run is over', async () => {
    const { log } = await script('talkative', "for i in range(400_000): print('line', i, 'x' * 60)");
    assert.ok(Buffer.byteLength(log) < 11_000_000);
    assert.match(log, /^line 0 /m);
    assert.match(log, /lines left out/);
    assert.match(log, /^line 399999 /m);
  });

  it('cancels at whatever moment it is asked', async () => {
    const sleeping = 'import time\ntime.sleep(600)';
    await lab.addJob({ name: 'fleeting', queries: [], metrics: [] }, sleeping);
    for (let waitMs = 0; waitMs < 120; waitMs += 6) {
      const { id } = await lab.start('fleeting');
      await pause(waitMs);
      await lab.call('POST', `runs/${id}/cancel`);
      // Before the patience with a script that is deaf to being asked is over, 40 s.
      assert.equal((await lab.ended(id, 35_000)).state, 'cancelled', `after ${waitMs} ms`);
    }
  });

  it('refuses links among the outputs', async () => {
    const { run } = await script(
      'linked',
      "import os\nos.remove('model.onnx')\nos.symlink('/etc/passwd', 'model.onnx')",
    );
    assert.equal(run.error?.code, 'UNSAFE_OUTPUT', JSON.stringify(run));
  });

  refusesExcessiveOutputs(script);

  it('gives a script none of the variables of Node-RED', async () => {
    const { log } = await script('curious', 'import os\nprint(sorted(os.environ))');
    assert.doesNotMatch(log, /NODE|npm_|MM_TEST/);
  });

  it('installs packages once and uses them again', async () => {
    await lab.addJob({ name: 'packed', queries: [], metrics: [] }, "import six\nprint('six', six.__version__)");
    await lab.call('PUT', 'jobs/packed/files/requirements/requirements.txt', 'six==1.16.0\n');
    const first = await lab.train('packed');
    assert.match(await lab.log(first.id), /six 1\.16\.0/);
    const again = await lab.train('packed');
    assert.equal(again.phases.find(({ name }) => name === 'installing')?.cached, true);
  });

  it('is refused where settings.js does not allow it', async () => {
    await using other = await TrainingLab.start({ modelManagement: { training: { allowProcessRunner: false } } });
    await other.addModel();
    await other.addJob({ queries: [], metrics: [] }, 'pass');
    const run = await other.train();
    assert.equal(run.error?.code, 'RUNNER_UNAVAILABLE');
    assert.match(run.error?.message ?? '', /allowProcessRunner/);
  });
});

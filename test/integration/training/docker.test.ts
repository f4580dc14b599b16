import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { requireOrSkip } from '../../support/requirement';
import { exampleScript, irisRows, TrainingLab } from '../../support/training-lab';
import { refusesExcessiveOutputs, scriptRuns } from '../../support/training-scripts';
import { waitFor } from '../../support/wait-for';

const CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

describe('training in Docker', function () {
  this.timeout(300_000);
  let engine: DockerEngine;
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    engine = await DockerEngine.start();
    lab = await TrainingLab.start({
      modelManagement: { docker: { socketPath: engine.socketPath }, training: { caFile: CA_FILE, image: TEST_IMAGE } },
    });
    await lab.addModel();
    await lab.addRows('iris', irisRows());
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  const leftovers = async (): Promise<readonly string[]> => {
    const containers = await engine.docker.listContainers({ all: true });
    const { Volumes: volumes } = await engine.docker.listVolumes();
    return [
      ...containers.flatMap(({ Names }) => Names),
      ...volumes.map(({ Name }) => Name).filter((name) => !name.startsWith('mm-env-')),
    ];
  };
  const nothingLeft = (): Promise<true> =>
    waitFor(async () => ((await leftovers()).length === 0 ? true : undefined), {
      // What an engine that starts again did not remove at first is tried again after up to 20 s.
      timeoutMs: 60_000,
      what: 'containers and volumes to go',
    });

  it('makes a version without a network, and leaves nothing behind', async () => {
    await lab.addJob({ runner: 'docker' });
    const run = await lab.train();
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${await lab.log(run.id)}`);
    assert.match(run.inputs.imageId ?? '', /^sha256:/);
    assert.deepEqual(
      run.phases.map(({ name }) => name),
      ['queued', 'preparing', 'installing', 'training', 'collecting'],
    );
    await nothingLeft();
  });

  const script = scriptRuns(() => lab, { runner: 'docker' });

  it('takes the network, the root and other places to write away from a script', async () => {
    const { run, log } = await script(
      'locked',
      `import os, socket
print('uid', os.getuid())
for path in ['/etc/x', '/usr/x', '/mm/x', '/mm/run/x']:
    try:
        open(path, 'w'); print('WROTE', path)
    except OSError as error:
        print('refused', path)
try:
    socket.create_connection(('1.1.1.1', 53), 2); print('CONNECTED')
except OSError as error:
    print('no network')
print(open('/proc/self/status').read())
`,
    );
    assert.equal(run.error?.code, 'OUTPUT_MISSING', log);
    assert.match(log, /uid 65534/);
    assert.match(log, /no network/);
    assert.doesNotMatch(log, /WROTE|CONNECTED/);
    assert.match(log, /CapEff:\s+0000000000000000/);
    assert.match(log, /NoNewPrivs:\s+1/);
  });

  it('tells which script failed and what it said last', async () => {
    const { run, log } = await script('failing', "print('on the way')\nraise ValueError('no such column')");
    assert.equal(run.state, 'failed');
    assert.equal(run.error?.code, 'SCRIPT_FAILED');
    assert.match(run.error?.message ?? '', /train\.py ended with exit code 1: ValueError: no such column/);
    assert.match(log, /on the way/);
  });

  it('tells a lack of memory from a crash', async () => {
    const { run } = await script('greedy', 'x = bytearray(200_000_000)\nfor i in range(0, len(x), 4096): x[i] = 1', {
      limits: { memoryBytes: 67_108_864 },
    });
    assert.equal(run.state, 'failed');
    assert.equal(run.error?.code, 'OUT_OF_MEMORY', JSON.stringify(run));
  });

  it('ends a script that takes too long, and lets it put its work in order', async () => {
    const { run, log } = await script(
      'slow',
      `import signal, sys, time
def end(*_):
    print('putting my work in order'); sys.exit(3)
signal.signal(signal.SIGTERM, end)
print('begun')
time.sleep(600)`,
      // From before its container is made: the script has to have begun.
      { limits: { timeoutMs: 15_000 } },
    );
    assert.equal(run.state, 'timed_out', JSON.stringify(run));
    assert.equal(run.error?.code, 'RUN_TIMEOUT');
    assert.match(log, /putting my work in order/);
    await nothingLeft();
  });

  it('cancels while a script runs', async () => {
    await lab.addJob(
      { name: 'endless', runner: 'docker', queries: [], metrics: [] },
      "print('begun')\nimport time\ntime.sleep(600)",
    );
    const { id } = await lab.start('endless');
    await waitFor(async () => /begun/.test(await lab.log(id)), { what: 'the script to begin' });
    await lab.call('POST', `runs/${id}/cancel`);
    const run = await lab.ended(id);
    assert.equal(run.state, 'cancelled');
    await nothingLeft();
  });

  it('cancels at whatever moment it is asked', async () => {
    const sleeping = 'import time\ntime.sleep(600)';
    await lab.addJob({ name: 'fleeting', runner: 'docker', queries: [], metrics: [] }, sleeping);
    for (let waitMs = 0; waitMs < 600; waitMs += 50) {
      const { id } = await lab.start('fleeting');
      await pause(waitMs);
      await lab.call('POST', `runs/${id}/cancel`);
      // Before the patience with a script that is deaf to being asked is over, 40 s.
      assert.equal((await lab.ended(id, 35_000)).state, 'cancelled', `after ${waitMs} ms`);
    }
    await nothingLeft();
  });

  it('refuses links, devices and other things among the outputs', async () => {
    const { run } = await script(
      'linked',
      "import os\nos.symlink('/etc/passwd', 'model.onnx')".replace('os.symlink', "os.remove('model.onnx'); os.symlink"),
    );
    assert.equal(run.error?.code, 'UNSAFE_OUTPUT', JSON.stringify(run));
    const inner = await script('linked2', "import os\nos.symlink('/', 'additional_output/root')");
    assert.equal(inner.run.error?.code, 'UNSAFE_OUTPUT', JSON.stringify(inner.run));
  });

  it('does not take the model it started from for a result', async () => {
    const { run } = await script('idle', "print('nothing to do')");
    assert.equal(run.error?.code, 'OUTPUT_MISSING');
  });

  it('installs packages once and uses them again', async () => {
    await lab.addJob(
      { name: 'packed', runner: 'docker', queries: [], metrics: [] },
      "import six\nprint('six', six.__version__)",
    );
    await lab.call('PUT', 'jobs/packed/files/requirements/requirements.txt', 'six==1.16.0\n');
    const first = await lab.train('packed');
    assert.match(await lab.log(first.id), /six 1\.16\.0/);
    assert.equal(first.phases.find(({ name }) => name === 'installing')?.cached, false);
    const again = await lab.train('packed');
    assert.equal(again.phases.find(({ name }) => name === 'installing')?.cached, true);
    assert.ok(
      again.inputs.packages.some((name) => name.startsWith('six==1.16.0')),
      JSON.stringify(again.inputs.packages),
    );
  });

  it('says which requirement there is none of', async () => {
    await lab.addJob({ name: 'unmet', runner: 'docker', queries: [], metrics: [] }, 'pass');
    await lab.call('PUT', 'jobs/unmet/files/requirements/requirements.txt', 'no-such-package-of-ours==9.9\n');
    const run = await lab.train('unmet');
    assert.equal(run.error?.code, 'INSTALL_FAILED');
    assert.match(run.error?.message ?? '', /no-such-package-of-ours/);
  });

  it('names an image that is not to be had', async () => {
    await lab.addJob(
      { name: 'imageless', runner: 'docker', image: 'no-such-image-of-ours:1', queries: [], metrics: [] },
      'pass',
    );
    const run = await lab.train('imageless');
    assert.equal(run.error?.code, 'IMAGE_UNAVAILABLE', JSON.stringify(run));
    assert.match(run.error?.message ?? '', /no-such-image-of-ours:1/);
  });

  it('cancels while packages are installed, and installs them the next time', async () => {
    const staying = "import os, time\ntime.sleep(float(os.environ.get('STAY', '0')))\nprint('ran')";
    await lab.addJob({ name: 'impatient', runner: 'docker', queries: [], metrics: [] }, staying);
    await lab.call('PUT', 'jobs/impatient/files/requirements/requirements.txt', 'six==1.17.0\n');
    // An installation that is over when the cancel comes leaves a run to cancel.
    const { id } = await lab.start('impatient', { overrides: { env: { STAY: '600' } } });
    await waitFor(async () => /pip install/.test(await lab.log(id)), { what: 'pip to begin', timeoutMs: 60_000 });
    await lab.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.ended(id)).state, 'cancelled');
    await nothingLeft();
    const again = await lab.train('impatient');
    assert.match(await lab.log(again.id), /ran/);
  });

  it('ends a script that is deaf to being asked', async () => {
    const deaf =
      "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('begun')\nwhile True: time.sleep(1)";
    await lab.addJob({ name: 'deaf', runner: 'docker', queries: [], metrics: [] }, deaf);
    const { id } = await lab.start('deaf');
    await waitFor(async () => /begun/.test(await lab.log(id)), { what: 'the script to begin' });
    await lab.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.ended(id)).state, 'cancelled');
    await nothingLeft();
  });

  it('keeps the beginning and the end of a log that is too long, and says how much is missing', async () => {
    const { log } = await script('talkative', "for i in range(400_000): print('line', i, 'x' * 60)");
    assert.ok(Buffer.byteLength(log) < 11_000_000);
    assert.match(log, /^line 0 /m);
    assert.match(log, /lines left out/);
    assert.match(log, /^line 399999 /m);
  });

  refusesExcessiveOutputs(script);

  it('GIVEN_engine_restarted_while_a_script_runs_WHEN_it_is_back_THEN_the_run_has_one_clear_end', async () => {
    await lab.addJob(
      { name: 'interrupted', runner: 'docker', queries: [], metrics: [] },
      "print('begun')\nimport time\ntime.sleep(600)",
    );
    const { id } = await lab.start('interrupted');
    await waitFor(async () => /begun/.test(await lab.log(id)), { what: 'the script to begin' });
    await engine.pause();
    await engine.resume();
    const run = await lab.ended(id);
    assert.equal(run.state, 'lost', JSON.stringify(run));
    assert.match(run.error?.message ?? '', /killed by something outside/);
    await nothingLeft();
  });

  it('GIVEN_engine_that_hangs_while_a_script_runs_WHEN_cancelled_THEN_the_run_ends_and_its_container_goes_when_it_wakes', async () => {
    await lab.addJob(
      { name: 'hanging', runner: 'docker', queries: [], metrics: [] },
      "print('begun')\nimport time\ntime.sleep(600)",
    );
    const { id } = await lab.start('hanging');
    await waitFor(async () => /begun/.test(await lab.log(id)), { what: 'the script to begin' });
    engine.freeze();
    try {
      await lab.call('POST', `runs/${id}/cancel`);
      assert.equal((await lab.ended(id, 60_000)).state, 'cancelled');
      assert.equal((await lab.nodeRed.api('GET', 'health')).status, 200);
    } finally {
      engine.thaw();
    }
    await nothingLeft();
  });

  it('trains with scikit-learn and exports with skl2onnx', async () => {
    await lab.addModel('flowers');
    await lab.addJob({ name: 'sklearn', baseModel: 'flowers', runner: 'docker' }, exampleScript('sklearn_logistic.py'));
    await lab.call('PUT', 'jobs/sklearn/files/requirements/requirements.txt', 'scikit-learn\nskl2onnx\n');
    // The packages are large.
    const run = await lab.ended((await lab.start('sklearn')).id, 280_000);
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run.error)}\n${await lab.log(run.id)}`);
    assert.ok((run.metrics?.['accuracy'] ?? 0) > 0.8);
    assert.ok(run.inputs.packages.some((name) => name.startsWith('scikit-learn==')));
  });
});

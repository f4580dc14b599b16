import assert from 'node:assert/strict';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { canRunImageRegistry, ImageRegistry } from '../../support/image-registry';
import { PackageIndex } from '../../support/package-index';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { TrainingLab } from '../../support/training-lab';

const needed = 'a Docker engine (docker.io, mmdebstrap, root)';

describe('what a run in Docker gets from elsewhere', function () {
  this.timeout(180_000);
  let engine: DockerEngine;

  before(async function () {
    requireOrSkip(this, canRunDocker, needed);
    engine = await DockerEngine.start();
  });
  after(() => engine?.[Symbol.asyncDispose]());

  it('an image that is not there is pulled, and the log says how far it is', async function () {
    requireOrSkip(this, canRunImageRegistry, 'docker-registry');
    await using registry = await ImageRegistry.start();
    const [repo, tag] = [`127.0.0.1:${registry.port}/python`, 'small'];
    await engine.docker.getImage(TEST_IMAGE).tag({ repo, tag });
    const pushing = await engine.docker
      .getImage(`${repo}:${tag}`)
      .push({ authconfig: { username: 'anybody', password: '' } });
    await new Promise<void>((resolve, reject) =>
      engine.docker.modem.followProgress(pushing, (error) => (error ? reject(error) : resolve())),
    );
    for (const name of [TEST_IMAGE, `${repo}:${tag}`]) await engine.docker.getImage(name).remove();
    assert.deepEqual(await engine.docker.listImages(), []);
    const training = { image: `${repo}:${tag}` };
    await using lab = await TrainingLab.start({
      modelManagement: { docker: { socketPath: engine.socketPath }, training },
    });
    await lab.addModel();
    await lab.addJob({ runner: 'docker', queries: [], metrics: [] }, "print('ran')");
    const run = await lab.train();
    const log = await lab.log(run.id);
    assert.match(log, /^\$ docker pull 127\.0\.0\.1:\d+\/python:small$/m);
    assert.match(log, /: Pull complete$/m);
    assert.match(log, /^ran$/m);
    const [image] = await engine.docker.listImages();
    assert.equal(run.inputs.imageId, image?.Id);
    await engine.docker.getImage(`${repo}:${tag}`).tag({ repo: 'mm-test-python', tag: '1' });
  });

  it('packages come from the mirror that settings.js names', async function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
    await using index = await PackageIndex.start('mirrored', '4.2');
    const training = { image: TEST_IMAGE, pipIndexUrl: index.url, installNetwork: 'host' };
    await using lab = await TrainingLab.start({
      modelManagement: { docker: { socketPath: engine.socketPath }, training },
    });
    await lab.addModel();
    await lab.addJob({ runner: 'docker', queries: [], metrics: [] }, 'import mirrored\nprint(mirrored.__version__)');
    await lab.call('PUT', 'jobs/iris_job/files/requirements/requirements.txt', 'mirrored\n');
    const run = await lab.train();
    assert.match(await lab.log(run.id), /^4\.2$/m);
    assert.deepEqual(run.inputs.packages, ['mirrored==4.2']);
    assert.ok(index.asked.includes('/simple/mirrored/'));
  });

  it('graphics processors that the machine lacks are named', async () => {
    await using lab = await TrainingLab.start({
      modelManagement: { docker: { socketPath: engine.socketPath }, training: { image: TEST_IMAGE } },
    });
    await lab.addModel();
    await lab.addJob({ runner: 'docker', queries: [], metrics: [], gpus: true }, "print('ran')");
    const run = await lab.train();
    assert.equal(run.state, 'failed', 'this machine has graphics processors: the test needs one without');
    assert.match(run.error?.message ?? '', /gpu/, JSON.stringify(run.error));
    assert.match(run.error?.hint ?? '', /NVIDIA Container Toolkit/);
    await engine.untilRemoved(run.id);
  });
});

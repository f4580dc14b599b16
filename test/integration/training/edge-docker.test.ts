import assert from 'node:assert/strict';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { requireOrSkip } from '../../support/requirement';
import { exampleScript, irisRows } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

const SLOW = `import os, shutil, time
print('begun', flush=True)
time.sleep(6)
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
print('ended', flush=True)
`;

describe('training in Docker on an edge', function () {
  this.timeout(420_000);
  let engine: DockerEngine;
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    engine = await DockerEngine.start();
    // The hub has none, so whatever runs runs there.
    lab = await EdgeTrainingLab.start({
      hub: { docker: { socketPath: '/nowhere.sock' } },
      edge: { docker: { socketPath: engine.socketPath } },
    });
    await lab.edgeHasDocker();
    await lab.hub.addModel();
    await lab.hub.addRows('iris', irisRows());
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  });

  const nothingLeft = (): Promise<unknown> =>
    waitFor(
      async () => {
        const containers = await engine.docker.listContainers({ all: true });
        const { Volumes: volumes } = await engine.docker.listVolumes();
        return containers.length === 0 && (volumes ?? []).every(({ Name }) => Name.startsWith('mm-env-'));
      },
      { timeoutMs: 60_000, what: 'containers and volumes to go' },
    );
  const job = { trainingEdge: 'edge-2', runner: 'docker', image: TEST_IMAGE };

  it('makes a version on the hub, and leaves nothing behind', async () => {
    await lab.hub.addJob(job, exampleScript());
    const run = await lab.hub.train();
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${await lab.hub.log(run.id)}\n${lab.edge.log}`);
    assert.match(run.inputs.imageId ?? '', /^sha256:/);
    await nothingLeft();
  });

  it('GIVEN_an_edge_that_is_killed_WHEN_the_container_runs_THEN_it_is_found_and_its_outputs_come', async () => {
    await lab.hub.addJob({ ...job, name: 'slow', queries: [] }, SLOW);
    const { id } = await lab.hub.start('slow');
    await waitFor(async () => (await lab.hub.log(id)).includes('begun'), { timeoutMs: 60_000, what: 'it to begin' });
    await lab.edge.restart('SIGKILL');
    const run = await lab.hub.ended(id);
    const log = await lab.hub.log(id);
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${log}\n${lab.edge.log}`);
    assert.deepEqual([log.match(/begun/g)?.length, log.match(/ended/g)?.length], [1, 1], log);
    await nothingLeft();
  });

  it('is cancelled there', async () => {
    // It was started again.
    await lab.edgeHasDocker();
    await lab.hub.addJob(
      { ...job, name: 'endless', queries: [] },
      "import time\nprint('begun', flush=True)\ntime.sleep(600)",
    );
    const { id } = await lab.hub.start('endless');
    await waitFor(async () => (await lab.hub.log(id)).includes('begun'), { timeoutMs: 60_000, what: 'it to begin' });
    await lab.hub.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.hub.ended(id)).state, 'cancelled');
    await nothingLeft();
  });
});

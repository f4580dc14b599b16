import assert from 'node:assert/strict';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { checkSideBySide, HELD_JOBS, HELD_SCRIPT } from '../../support/held-jobs';
import { mosquittoPath } from '../../support/mosquitto';
import type { NodeRed } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';

describe('training on two edges with one label, each with a Docker engine of its own', function () {
  this.timeout(420_000);
  const engines = new Map<string, DockerEngine>();
  let lab: EdgeTrainingLab;
  let other: NodeRed;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    engines.set('edge-2', await DockerEngine.start());
    // One bridge of a machine is for one engine.
    engines.set('edge-3', await DockerEngine.start(['--bridge=none']));
    const edgeWith = (name: string) => ({ docker: { socketPath: engines.get(name)?.socketPath } });
    lab = await EdgeTrainingLab.start({
      hub: { docker: { socketPath: '/nowhere.sock' } },
      edge: edgeWith('edge-2'),
    });
    other = await lab.addEdge('edge-3', { edge: edgeWith('edge-3') });
    for (const name of ['edge-2', 'edge-3']) {
      await lab.edgeHasDocker(name);
      await lab.hub.call('PATCH', `edges/${name}`, { labels: ['gpu'] });
    }
    await lab.hub.addModel();
    const job = { trainingEdge: 'label:gpu', runner: 'docker', image: TEST_IMAGE, queries: [] };
    for (const name of HELD_JOBS) await lab.hub.addJob({ ...job, name, env: { GATE: '/tmp/open' } }, HELD_SCRIPT);
  });
  after(async () => {
    await other?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    for (const engine of engines.values()) await engine[Symbol.asyncDispose]();
  });

  it('runs one on each, side by side, and the third where one is free', () =>
    checkSideBySide(lab.hub, async (_job, edge) => {
      const { docker } = engines.get(edge) ?? {};
      const running = (await docker?.listContainers()) ?? [];
      assert.equal(running.length, 1, `${edge} runs one at a time`);
      const container = docker?.getContainer(running[0]?.Id ?? '');
      const made = await container?.exec({ Cmd: ['touch', '/tmp/open'] });
      await made?.start({});
    }));
});

import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import type { DockerRunnerOptions } from '../../../lib/training';
import { DockerEnvironments } from '../../../lib/training/runners/docker/environments';
import { builderName, environmentName, label } from '../../../lib/training/runners/docker/labels';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { requireOrSkip } from '../../support/requirement';

const HOUR_MS = 3_600_000;
const options: DockerRunnerOptions = {
  instanceId: 'ours',
  env: {},
  installNetwork: 'bridge',
  onEnvironmentUsed: async () => undefined,
  environmentUsedAt: () => undefined,
};
const keys = { created: 'a', exited: 'b', running: 'c', probed: 'd', foreign: 'e' } as const;
const keyOf = (name: keyof typeof keys): string => keys[name].repeat(32);

describe('containers that a crash left amid an installation', function () {
  this.timeout(180_000);
  let engine: DockerEngine;

  before(async function () {
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    engine = await DockerEngine.start();
    await left(builderName(keyOf('created')), keyOf('created'), 'builder');
    await (await left(builderName(keyOf('exited')), keyOf('exited'), 'builder', ['true'])).start();
    await engine.docker.getContainer(builderName(keyOf('exited'))).wait();
    await (await left(builderName(keyOf('running')), keyOf('running'), 'builder')).start();
    await left(`mm-probe-${keyOf('probed')}-1-abc`, keyOf('probed'), 'probe');
    await left(builderName(keyOf('foreign')), keyOf('foreign'), 'builder', ['true'], 'theirs');
  });
  after(() => engine?.[Symbol.asyncDispose]());

  function left(
    name: string,
    key: string,
    kind: string,
    command = ['sleep', '600'],
    instanceId = 'ours',
  ): Promise<Docker.Container> {
    return engine.docker.createContainer({
      name,
      Image: TEST_IMAGE,
      Cmd: command,
      Labels: { [label.instance]: instanceId, [label.kind]: kind },
      HostConfig: {
        NetworkMode: 'none',
        Mounts: [{ Type: 'volume', Source: environmentName(key), Target: '/mm/env' }],
      },
    });
  }
  const containers = async (): Promise<readonly string[]> =>
    (await engine.docker.listContainers({ all: true })).map(({ Names: [name = ''] }) => name.slice(1)).sort();

  it('go, but for one that may still be joined, and those of others', async () => {
    await new DockerEnvironments(engine.docker, options).tidy(HOUR_MS);
    assert.deepEqual(await containers(), [builderName(keyOf('running')), builderName(keyOf('foreign'))]);
  });

  it('go as well when they have run for too long', async () => {
    await new DockerEnvironments(engine.docker, options).tidy(0);
    assert.deepEqual(await containers(), [builderName(keyOf('foreign'))]);
  });
});

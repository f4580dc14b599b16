import assert from 'node:assert/strict';
import type { DockerState } from '../../../plugins/model-management/runtime/docker-probe';
import { canMakeCertificates, makeCertificates } from '../../support/certificates';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { freePort } from '../../support/free-port';
import { requireOrSkip } from '../../support/requirement';
import { canRunSsh, SshServer } from '../../support/ssh-server';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { irisRows, TrainingLab } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

describe('a Docker engine on another machine', function () {
  this.timeout(180_000);
  let engine: DockerEngine;
  let folder: TemporaryFolder;
  let port: number;

  before(async function () {
    requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
    requireOrSkip(this, canMakeCertificates, 'openssl');
    folder = await temporaryFolder('mm-certificates-');
    await makeCertificates(folder.path);
    port = await freePort();
    const pem = (flag: string, name: string): string => `--tls${flag}=${folder.path}/${name}.pem`;
    const tls = [pem('cacert', 'ca'), pem('cert', 'server-cert'), pem('key', 'server-key')];
    engine = await DockerEngine.start(['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', ...tls]);
  });
  after(async () => {
    await engine?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  async function trains(
    env: Readonly<Record<string, string>>,
    docker?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const training = { image: TEST_IMAGE };
    await using lab = await TrainingLab.start({ env, modelManagement: { training, ...(docker && { docker }) } });
    await lab.addModel();
    await lab.addRows('iris', irisRows());
    await lab.addJob({ runner: 'docker' });
    const run = await lab.train();
    const log = await lab.log(run.id);
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${log}`);
    assert.match(log, /accuracy/);
  }

  /** @param isSaid - why it is away; also one that did not answer within 2 s is, which is asked again after 10 s */
  const stateFor = async (
    env: Readonly<Record<string, string>>,
    docker?: Readonly<Record<string, unknown>>,
    isSaid = (_reason: string): boolean => true,
  ): Promise<DockerState> => {
    await using lab = await TrainingLab.start({ env, modelManagement: docker ? { docker } : {} });
    let last: DockerState | undefined;
    return await waitFor(
      async () => {
        last = (await lab.call<{ docker: DockerState }>('GET', 'health')).docker;
        return last.available || isSaid(last.reason) ? last : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 200, what: () => `another state than ${JSON.stringify(last)}` },
    );
  };

  it('is reached by TCP with TLS, as the environment says', () =>
    trains({ DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: 'yes', DOCKER_CERT_PATH: folder.path }));

  it('is not believed without a certificate of the authority that is trusted', async () => {
    await using other = await temporaryFolder('mm-certificates-');
    await makeCertificates(other.path);
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: other.path };
    assert.equal((await stateFor(env)).available, false);
  });

  it('is where settings.js says, whatever the environment says', async () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
    assert.equal((await stateFor(env, { socketPath: engine.socketPath }, () => false)).available, true);
    assert.equal((await stateFor(env)).available, false);
  });

  describe('by SSH', () => {
    let server: SshServer;
    before(async function () {
      requireOrSkip(this, canRunSsh, 'sshd and ssh (openssh-server, openssh-client, root)');
      server = await SshServer.start({ DOCKER_HOST: `unix://${engine.socketPath}` });
    });
    after(() => server?.[Symbol.asyncDispose]());

    it('is reached as the environment says', () => trains({ DOCKER_HOST: server.url, PATH: server.path() }));

    it('is reached as settings.js says', () =>
      trains({ PATH: server.path() }, { protocol: 'ssh', host: '127.0.0.1', port: server.port, username: 'root' }));

    it('is not believed with the key of another host', async () => {
      const env = { DOCKER_HOST: server.url, PATH: server.path('other') };
      const isSaid = (reason: string): boolean => /Host key verification failed/.test(reason);
      assert.equal((await stateFor(env, undefined, isSaid)).available, false);
    });
  });
});

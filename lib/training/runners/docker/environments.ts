import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { KeyedQueue } from '../../../store/keyed-queue';
import type { Environment } from '../../run/run-document';
import { installError } from '../install-error';
import { INSTALL_SCRIPT, packagesOf } from '../run-script';
import type { LineLog, RunTask } from '../runner';
import { packTexts, readOneText, upload } from './archives';
import { boundedClient } from './bounded-client';
import { engineError, ifThere, removeContainer, removeVolume, statusOf } from './engine';
import { attach, followToEnd } from './following';
import { ensureImage, type ImageFacts } from './images';
import { builderName, environmentName, keyIn, label, probeName, USER } from './labels';
import type { DockerRunnerOptions } from './options';

/** Changes when environments are made in another way. */
const SCHEMA = 1;
const LOCK_BYTES = 1_048_576;
const PROBE_TIMEOUT_MS = 60_000;

/**
 * Installed packages, each set in a volume of its own that all runs with the same requirements, image and platform share.
 * A builder container makes it; its name is the lock, so that a builder which outlived us is joined, and not doubled.
 */
export class DockerEnvironments {
  readonly #perKey = new KeyedQueue();

  constructor(
    private readonly docker: Docker,
    private readonly options: DockerRunnerOptions,
  ) {}

  async ensure(task: RunTask, log: LineLog, signal: AbortSignal): Promise<Environment> {
    const docker = boundedClient(this.docker, signal);
    const image = await ensureImage(docker, task.image, log, signal);
    const requirements = task.requirements?.trim() ?? '';
    if (requirements === '') return { key: null, imageId: image.id, packages: [], cached: true };
    const key = keyOf(requirements, image, this.options.pipIndexUrl);
    try {
      const ensureInTurn = async (): Promise<Environment> => {
        const known = await this.#packages(docker, key, image);
        const packages = known ?? (await this.#build(docker, key, image, requirements, log, signal));
        await this.options.onEnvironmentUsed(key);
        return { key, imageId: image.id, packages, cached: known !== undefined };
      };
      return await this.#perKey.run(key, ensureInTurn, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw engineError(error, 'installing the requirements');
    }
  }

  /** Removes those that were used last before then; one that a container refers to stays. */
  async collectGarbage(isStale: (key: string) => boolean): Promise<void> {
    const filters = { label: [`${label.instance}=${this.options.instanceId}`, `${label.kind}=environment`] };
    const docker = boundedClient(this.docker);
    const { Volumes: volumes } = await docker.listVolumes({ filters: JSON.stringify(filters) });
    for (const { Name: name } of volumes ?? []) {
      const key = name.slice(environmentName('').length);
      if (!isStale(key)) continue;
      // In turn with what makes it: one that is being made was never used.
      await this.#perKey.run(key, async () => {
        if (!isStale(key)) return;
        await removeVolume(docker, name).catch((error: unknown) => {
          if (statusOf(error) !== 409) throw error;
        });
      });
    }
  }

  /**
   * Removes containers that a crash left: they hold their environment, and show how one logs in at an index.
   * @param longestMs - a builder that runs for less is left to who wants its environment, and joins it
   */
  async tidy(longestMs: number): Promise<void> {
    const docker = boundedClient(this.docker);
    const filters = { label: [`${label.instance}=${this.options.instanceId}`] };
    const containers = await docker.listContainers({ all: true, filters: JSON.stringify(filters) });
    for (const { Id: id, Names: names, Labels: labels, Created: createdS } of containers) {
      const isOurs = ['probe', 'builder'].includes(labels[label.kind] ?? '');
      const key = isOurs ? names.map(keyIn).find((found) => found !== undefined) : undefined;
      if (key === undefined) continue;
      // In turn: what is at work has this key.
      await this.#perKey.run(key, async () => {
        const state = (await ifThere(docker.getContainer(id).inspect()))?.State;
        const isYoung = Date.now() - createdS * 1_000 < longestMs;
        if (state && !(state.Running && isYoung)) await removeContainer(docker, id);
      });
    }
  }

  /** The packages of a complete environment; undefined = there is none. */
  async #packages(docker: Docker, key: string, image: ImageFacts): Promise<readonly string[] | undefined> {
    if (!(await ifThere(docker.getVolume(environmentName(key)).inspect()))) return undefined;
    const name = probeName(key);
    const container = await docker.createContainer({
      name,
      Image: image.id,
      // Never started; an image without a command is refused without one.
      Cmd: ['true'],
      Labels: { [label.instance]: this.options.instanceId, [label.kind]: 'probe' },
      HostConfig: { Mounts: [{ Type: 'volume', Source: environmentName(key), Target: '/mm/env', ReadOnly: true }] },
    });
    try {
      const archive = await ifThere(
        container.getArchive({ path: '/mm/env/e/.complete', abortSignal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }),
      );
      if (!archive) return undefined;
      return packagesOf(await readOneText(archive as unknown as Readable, LOCK_BYTES));
    } finally {
      await removeContainer(boundedClient(this.docker), name);
    }
  }

  async #build(
    docker: Docker,
    key: string,
    image: ImageFacts,
    requirements: string,
    log: LineLog,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const name = builderName(key);
    const found = await ifThere(docker.getContainer(name).inspect());
    const giveUp = (): void => void removeContainer(boundedClient(this.docker), name).catch(() => undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      let opened: Readable | undefined;
      if (!found?.State.Running) {
        await removeContainer(docker, name);
        await this.#createBuilder(docker, key, image, requirements);
        opened = await attach(docker, name);
        await docker.getContainer(name).start();
      }
      const state = await followToEnd(docker, name, log, signal, opened);
      // The exit code alone proves nothing: only what lies in the volume does.
      const packages = await this.#packages(docker, key, image);
      if (packages) return packages;
      throw installError(state.ExitCode, state.OOMKilled, log.lastLines);
    } finally {
      signal.removeEventListener('abort', giveUp);
      await removeContainer(boundedClient(this.docker), name).catch(() => undefined);
    }
  }

  async #createBuilder(docker: Docker, key: string, image: ImageFacts, requirements: string): Promise<void> {
    const { instanceId, caPem, pipIndexUrl, env } = this.options;
    const labels = { [label.instance]: instanceId, [label.kind]: 'environment' };
    await docker.createVolume({ Name: environmentName(key), Labels: labels });
    const container = await docker.createContainer({
      name: builderName(key),
      Image: image.id,
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: [INSTALL_SCRIPT, 'sh', '/mm/env/e/requirements.txt'],
      WorkingDir: '/mm/env/e',
      User: USER,
      Env: [
        ...Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
        ...(pipIndexUrl ? [`PIP_INDEX_URL=${pipIndexUrl}`] : []),
        ...(caPem
          ? ['PIP_CERT=/mm/env/e/ca.pem', 'SSL_CERT_FILE=/mm/env/e/ca.pem', 'REQUESTS_CA_BUNDLE=/mm/env/e/ca.pem']
          : []),
        'HOME=/tmp',
        'PYTHONUNBUFFERED=1',
      ],
      Labels: { ...labels, [label.kind]: 'builder' },
      HostConfig: {
        NetworkMode: this.options.installNetwork,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Init: true,
        CpuShares: 128,
        PidsLimit: 512,
        Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=1g' },
        Mounts: [{ Type: 'volume', Source: environmentName(key), Target: '/mm/env' }],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      },
    });
    const files = { 'e/': '', 'e/requirements.txt': `${requirements}\n`, ...(caPem ? { 'e/ca.pem': caPem } : {}) };
    await upload(container, packTexts(files), '/mm/env');
  }
}

/** Of all that decides what gets installed; how one logs in at an index is none of it. */
function keyOf(requirements: string, image: ImageFacts, pipIndexUrl: string | undefined): string {
  const index = pipIndexUrl === undefined ? '' : withoutLogin(pipIndexUrl);
  const facts = [SCHEMA, requirements, image.id, image.platform, index];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

function withoutLogin(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

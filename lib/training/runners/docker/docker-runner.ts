import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Environment } from '../../run/run-document';
import { INSTALLING_LIMIT_MS } from '../../run/run-state';
import { OutputBudget } from '../output-budget';
import { commonVariables, failedScriptOf, RUN_SCRIPT } from '../run-script';
import type { LineLog, RunExit, Runner, RunTask } from '../runner';
import { packFolder, readOneText, unpackOutputs, upload } from './archives';
import { boundedClient } from './bounded-client';
import { engineError, ifThere, removeContainer, removeVolume } from './engine';
import { DockerEnvironments } from './environments';
import { attach, followToEnd } from './following';
import { environmentName, label, runName, USER } from './labels';
import type { DockerRunnerOptions } from './options';

const MEBIBYTE = 1_048_576;
const STATUS_TIMEOUT_MS = 30_000;

/**
 * Runs scripts in containers of a Docker engine, which may be on another machine: files go and come by the archive API,
 * never by folders of the host. The container has no network, no rights and no place to write but its own volume.
 */
export class DockerRunner implements Runner {
  readonly #environments: DockerEnvironments;

  constructor(
    private readonly docker: Docker,
    private readonly options: DockerRunnerOptions,
  ) {
    this.#environments = new DockerEnvironments(docker, options);
  }

  install(task: RunTask, log: LineLog, signal: AbortSignal): Promise<Environment> {
    return this.#environments.ensure(task, log, signal);
  }

  async train(task: RunTask, environment: Environment, log: LineLog, signal: AbortSignal): Promise<RunExit> {
    const name = runName(task.runId);
    const docker = boundedClient(this.docker, signal);
    try {
      const found = await ifThere(docker.getContainer(name).inspect());
      // One that never started may have been given only a part of its files.
      const isUsable = found !== undefined && found.State.Status !== 'created';
      const opened = isUsable ? undefined : await this.#launch(docker, task, environment);
      const state = await followToEnd(docker, name, log, signal, opened);
      const exitCode = state.ExitCode;
      const failedScript = failedScriptOf(await statusIn(docker, name), exitCode);
      return { exitCode, oomKilled: state.OOMKilled, failedScript };
    } catch (error) {
      signal.throwIfAborted();
      throw engineError(error, 'training');
    }
  }

  async stop(runId: string, graceMs: number, signal?: AbortSignal): Promise<boolean> {
    const name = runName(runId);
    const docker = boundedClient(this.docker, signal);
    try {
      const found = await ifThere(docker.getContainer(name).inspect());
      // A stopped one would answer 304; one that never started is removed with the run.
      if (!found?.State.Running) return false;
      await ifThere(docker.getContainer(name).stop({ t: Math.ceil(graceMs / 1_000) }));
      return true;
    } catch (error) {
      throw engineError(error, 'ending the run');
    }
  }

  async collect(task: RunTask, targetPath: string, signal: AbortSignal): Promise<void> {
    const container = boundedClient(this.docker, signal).getContainer(runName(task.runId));
    const budget = new OutputBudget(task.limits.outputBytes);
    for (const path of task.outputs) {
      let archive: Readable | undefined;
      try {
        const answer = await ifThere(container.getArchive({ path: `/mm/run/work/${path}`, abortSignal: signal }));
        archive = answer as unknown as Readable | undefined;
      } catch (error) {
        signal.throwIfAborted();
        throw engineError(error, 'collecting the outputs');
      }
      // What the run started from lies there with the time 0: it is no output unless it was written.
      if (archive)
        await unpackOutputs(archive, targetPath, budget, (name, mtimeMs) => name !== 'model.onnx' || mtimeMs > 0);
    }
  }

  async remove(runId: string, signal?: AbortSignal): Promise<void> {
    const docker = boundedClient(this.docker, signal);
    try {
      await removeContainer(docker, runName(runId));
      await removeVolume(docker, runName(runId));
    } catch (error) {
      throw engineError(error, 'removing what a run left');
    }
  }

  async leftovers(): Promise<readonly string[]> {
    const filters = JSON.stringify({ label: [`${label.instance}=${this.options.instanceId}`, `${label.kind}=run`] });
    const docker = boundedClient(this.docker);
    try {
      const containers = await docker.listContainers({ all: true, filters });
      const { Volumes: volumes } = await docker.listVolumes({ filters });
      const labels = [...containers.map(({ Labels }) => Labels), ...(volumes ?? []).map(({ Labels }) => Labels)];
      return [...new Set(labels.flatMap((all) => all[label.run] ?? []))];
    } catch (error) {
      throw engineError(error, 'looking for what runs left');
    }
  }

  async tidy(): Promise<void> {
    try {
      await this.#environments.tidy(INSTALLING_LIMIT_MS);
    } catch (error) {
      throw engineError(error, 'looking for what installations left');
    }
  }

  async collectGarbage(unusedMs: number): Promise<void> {
    const before = Date.now() - unusedMs;
    await this.#environments.collectGarbage((key) => (this.options.environmentUsedAt(key) ?? 0) < before);
  }

  async #launch(docker: Docker, task: RunTask, environment: Environment): Promise<Readable> {
    await removeContainer(docker, runName(task.runId));
    await removeVolume(docker, runName(task.runId));
    const name = runName(task.runId);
    const labels = {
      [label.instance]: this.options.instanceId,
      [label.kind]: 'run',
      [label.run]: task.runId,
      [label.job]: task.job,
      [label.fence]: '0',
    };
    await docker.createVolume({ Name: name, Labels: labels });
    const { NCPU: processors } = (await docker.info()) as { readonly NCPU?: number };
    const options = this.#containerOptions(task, environment, labels, processors);
    const container = await docker.createContainer(options);
    const archive = packFolder('work', task.workPath, {
      'run/': '',
      'run/run.sh': RUN_SCRIPT,
      ...(this.options.caPem && task.network !== 'none' ? { 'run/ca.pem': this.options.caPem } : {}),
    });
    await upload(container, archive, '/mm/run');
    const stream = await attach(docker, name);
    await container.start();
    return stream;
  }

  #containerOptions(
    task: RunTask,
    environment: Environment,
    labels: Record<string, string>,
    /** Of the engine's machine; undefined = it does not say. */
    processors: number | undefined,
  ): Docker.ContainerCreateOptions {
    const { limits, network } = task;
    const python = environment.key === null ? 'python3' : '/mm/env/e/venv/bin/python3';
    const hasNetwork = network !== 'none';
    const variables = [
      ...commonVariables(limits.cpus, '/tmp'),
      ...(hasNetwork ? Object.entries(this.options.env) : []),
      ...(hasNetwork && this.options.caPem
        ? [
            ['SSL_CERT_FILE', '/mm/run/run/ca.pem'],
            ['REQUESTS_CA_BUNDLE', '/mm/run/run/ca.pem'],
          ]
        : []),
      ...task.variables,
    ];
    // A file system in memory counts as memory of the container: one larger than the limit would end the run.
    const temporaryBytes = Math.floor(Math.min(256 * MEBIBYTE, limits.memoryBytes / 2));
    const mounts: Docker.MountConfig = [
      { Type: 'volume', Source: runName(task.runId), Target: '/mm/run' },
      ...(environment.key === null
        ? []
        : [{ Type: 'volume' as const, Source: environmentName(environment.key), Target: '/mm/env', ReadOnly: true }]),
    ];
    return {
      name: runName(task.runId),
      Image: environment.imageId,
      Entrypoint: ['/bin/sh', '/mm/run/run/run.sh'],
      Cmd: ['/mm/run/run/status', python, ...task.scripts],
      WorkingDir: '/mm/run/work',
      User: USER,
      Env: variables.map(([variable, value]) => `${variable}=${value}`),
      Labels: labels,
      Tty: false,
      HostConfig: {
        NetworkMode: network,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Init: true,
        Memory: limits.memoryBytes,
        MemorySwap: limits.memoryBytes,
        NanoCpus: Math.round(Math.min(limits.cpus, processors ?? limits.cpus) * 1e9),
        // Models that serve go first.
        CpuShares: 128,
        PidsLimit: limits.pids,
        Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,size=${temporaryBytes}` },
        Ulimits: [
          { Name: 'fsize', Soft: limits.outputBytes, Hard: limits.outputBytes },
          { Name: 'core', Soft: 0, Hard: 0 },
        ],
        Mounts: mounts,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
        ...(task.gpus ? { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }] } : {}),
      },
    };
  }
}

/** What the file of the script under way says. */
async function statusIn(docker: Docker, name: string): Promise<string> {
  try {
    const abortSignal = AbortSignal.timeout(STATUS_TIMEOUT_MS);
    const archive = await ifThere(docker.getContainer(name).getArchive({ path: '/mm/run/run/status', abortSignal }));
    return archive ? await readOneText(archive as unknown as Readable, 16) : '';
  } catch {
    // It only makes the words of an error better.
    return '';
  }
}

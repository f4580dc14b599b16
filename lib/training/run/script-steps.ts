import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingDeps } from '../dependencies';
import { scriptVariables, workFiles } from '../env-list';
import { heardBy } from '../runners/patience';
import type { Runner, RunTask } from '../runners/runner';
import { checkOutputs, outputPaths } from './outcome';
import type { RunDocument } from './run-document';
import type { RunLog } from './run-log';
import type { RunEvent } from './run-state';
import { scriptError } from './script-error';

export interface RunPaths {
  readonly work: string;
  readonly outputs: string;
  readonly log: string;
}

export function runPaths(runsPath: string, runId: string): RunPaths {
  const folder = join(runsPath, runId);
  return { work: join(folder, 'work'), outputs: join(folder, 'outputs'), log: join(folder, 'log') };
}

export type ScriptStepDeps = Pick<TrainingDeps, 'runsPath' | 'secrets'> & {
  readonly blobs: Pick<TrainingDeps['blobs'], 'pathOf'>;
};

/** What is done for a run by its runner, wherever the run was asked for. Each step may be cut and done again. */
export abstract class ScriptSteps {
  constructor(protected readonly scripts: ScriptStepDeps) {}

  abstract runnerOf(run: RunDocument): Promise<Runner>;

  async install(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    const runner = await this.runnerOf(run);
    const environment = await heardBy(signal, runner.install(await this.task(run), log, signal));
    const { key, cached, packages } = environment;
    if (key !== null && cached)
      log.line(`The packages of requirements.txt are installed already (${packages.length}).`);
    return { kind: 'installed', environment, logOffset: await log.mark() };
  }

  async train(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    if (!run.environment) throw new Error(`the run ${run._id} trains without an environment`);
    const [runner, task] = [await this.runnerOf(run), await this.task(run)];
    const training = heardBy(signal, runner.train(task, run.environment, log, signal));
    const { exitCode, oomKilled, failedScript } = await training;
    if (exitCode !== 0) throw scriptError(run, exitCode, oomKilled, failedScript, log.lastLines);
    if (oomKilled)
      log.line('Warning: a process of this run was ended for want of memory, and the script went on without it.');
    return { kind: 'exited', exitCode, oomKilled };
  }

  /** Gives back what a run that failed has on this disk, but its log. */
  async makeRoom(runId: string): Promise<void> {
    const { work, outputs } = runPaths(this.scripts.runsPath, runId);
    for (const path of [work, outputs]) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** What is not kept for ever. */
  async clean(run: RunDocument, signal: AbortSignal): Promise<RunEvent> {
    const runner = await this.runnerOf(run);
    await heardBy(signal, runner.remove(run._id, signal));
    await rm(runPaths(this.scripts.runsPath, run._id).work, { recursive: true, force: true, maxRetries: 3 });
    return { kind: 'cleaned' };
  }

  /** Outputs into a fresh folder. @returns the metrics in them. @throws as {@link Runner.collect}, {@link checkOutputs} */
  protected async takeOutputs(run: RunDocument, signal: AbortSignal): ReturnType<typeof checkOutputs> {
    signal.throwIfAborted();
    const { outputs } = runPaths(this.scripts.runsPath, run._id);
    await rm(outputs, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(outputs, { recursive: true, mode: 0o700 });
    const runner = await this.runnerOf(run);
    await heardBy(signal, runner.collect(await this.task(run), outputs, signal));
    return checkOutputs(outputs, run.fields);
  }

  protected async task(run: RunDocument): Promise<RunTask> {
    const { fields, files } = run;
    const { work } = runPaths(this.scripts.runsPath, run._id);
    const { digest } = files.requirements ?? {};
    const requirements = digest ? await readFile(this.scripts.blobs.pathOf(digest), 'utf8') : null;
    const own = Object.entries(fields.env).map(([name, value]) => [name, this.#plain(value)] as const);
    return {
      runId: run._id,
      job: run.job,
      image: fields.image,
      network: fields.network,
      gpus: fields.gpus,
      limits: fields.limits,
      workPath: work,
      requirements,
      scripts: fields.scripts.map((_, index) => workFiles.script(index)),
      variables: [...own, ...scriptVariables(fields, { id: run._id, baseVersion: run.base?.version ?? null })],
      outputs: outputPaths(fields),
    };
  }

  #plain(value: RunDocument['fields']['env'][string]): string {
    if (typeof value === 'string') return value;
    return value.secret === null ? '' : this.scripts.secrets.decrypt(value.secret);
  }
}

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManagementError } from '../../errors';
import { errorCode, storageError } from '../../files';
import { VersionNumber } from '../../ids';
import type { Version } from '../../registry';
import type { TrainingDeps } from '../dependencies';
import { listedVariables, scriptVariables, workFiles } from '../env-list';
import { heardBy } from '../runners/patience';
import type { LineLog, Runner, RunTask } from '../runners/runner';
import { baseVersionOf } from './base-version';
import { checkOutputs, outputPaths } from './outcome';
import { archiveOf } from './outputs-archive';
import { decidePromotion } from './promotion';
import type { RunDocument } from './run-document';
import type { RunLog } from './run-log';
import type { RunEvent } from './run-state';
import { scriptError } from './script-error';
import { dataRequest, nextMarks, watermarksOf } from './windows';
import { fillWorkFolder } from './work-folder';

export interface RunPaths {
  readonly work: string;
  readonly outputs: string;
  readonly log: string;
}

export function runPaths(runsPath: string, runId: string): RunPaths {
  const folder = join(runsPath, runId);
  return { work: join(folder, 'work'), outputs: join(folder, 'outputs'), log: join(folder, 'log') };
}

type StepDeps = Pick<
  TrainingDeps,
  'registry' | 'collections' | 'blobs' | 'runnerOf' | 'secrets' | 'runsPath' | 'documents'
>;

/** What is done for a run. Each step may be cut at any point and done again from its beginning. */
export class RunSteps {
  constructor(private readonly deps: StepDeps) {}

  runnerOf(run: RunDocument): Promise<Runner> {
    return this.deps.runnerOf(run.fields.runner);
  }

  /** Data and files into a fresh folder. */
  async prepare(run: RunDocument, log: LineLog, signal: AbortSignal): Promise<RunEvent> {
    const { base, queries } = await this.fill(run, runPaths(this.deps.runsPath, run._id).work, log, signal);
    const empty = emptyReason(run, queries);
    if (empty !== undefined && run.fields.emptyData === 'skip') return { kind: 'empty', queries, reason: empty };
    if (empty !== undefined && run.fields.emptyData === 'fail') {
      throw new ModelManagementError(
        'NO_NEW_DATA',
        empty,
        'Collect rows first, or let the job run on no data (emptyData).',
      );
    }
    return { kind: 'prepared', base: base ? { model: base.model, version: base.version } : null, queries };
  }

  /** Everything a script finds, into a folder. */
  async fill(
    run: Pick<RunDocument, '_id' | 'jobId' | 'fields' | 'files' | 'options'>,
    path: string,
    log: LineLog,
    signal: AbortSignal,
  ): Promise<{ readonly base: Version | null; readonly queries: RunDocument['queries'] }> {
    const base = baseVersionOf(run, this.deps);
    log.line(
      base
        ? `Starting from version ${base.version} of ${base.model}.`
        : `Starting without a version of ${run.fields.baseModel}.`,
    );
    const variables = listedVariables(run.fields, { id: run._id, baseVersion: base?.version ?? null });
    const content = { files: run.files, scripts: run.fields.scripts, base: run.options.fresh ? null : base, variables };
    await fillWorkFolder(path, content, (digest) => this.deps.blobs.pathOf(digest));
    const marks = run.options.allData ? {} : watermarksOf(base?.lineage);
    const queries: RunDocument['queries'][number][] = [];
    for (const [index, query] of run.fields.queries.entries()) {
      signal.throwIfAborted();
      const id = query.id ?? `q${index + 1}`;
      const request = dataRequest({ ...query, id }, run.jobId, marks);
      const file = await this.deps.collections.export(query.source, request, join(path, workFiles.data(index)), signal);
      log.line(`Query ${id}: ${file.rows} rows${query.newDataOnly ? ' that are new' : ''}.`);
      queries.push({ id, newDataOnly: query.newDataOnly, ...file });
    }
    return { base, queries };
  }

  async install(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    const runner = await this.runnerOf(run);
    const environment = await heardBy(signal, runner.install(await this.#task(run), log, signal));
    const { key, cached, packages } = environment;
    if (key !== null && cached)
      log.line(`The packages of requirements.txt are installed already (${packages.length}).`);
    return { kind: 'installed', environment, logOffset: await log.mark() };
  }

  async train(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    if (!run.environment) throw new Error(`the run ${run._id} trains without an environment`);
    const [runner, task] = [await this.runnerOf(run), await this.#task(run)];
    const training = heardBy(signal, runner.train(task, run.environment, log, signal));
    const { exitCode, oomKilled, failedScript } = await training;
    if (exitCode !== 0) throw scriptError(run, exitCode, oomKilled, failedScript, log.lastLines);
    if (oomKilled)
      log.line('Warning: a process of this run was ended for want of memory, and the script went on without it.');
    return { kind: 'exited', exitCode, oomKilled };
  }

  /**
   * Outputs into a fresh folder, then the version: that document is what makes the run a success, whatever was asked or
   * has failed since.
   */
  async collect(run: RunDocument, log: LineLog, signal: AbortSignal): Promise<RunEvent> {
    const made = this.#versionOf(run);
    if (made) return collected(made);
    try {
      signal.throwIfAborted();
      return await this.#collect(run, log, signal);
    } catch (error) {
      const madeMeanwhile = this.#versionOf(run);
      if (madeMeanwhile) return collected(madeMeanwhile);
      throw isDiskFull(error) ? storageError(error, 'collecting the outputs') : error;
    }
  }

  async #collect(run: RunDocument, log: LineLog, signal: AbortSignal): Promise<RunEvent> {
    const { outputs } = runPaths(this.deps.runsPath, run._id);
    await rm(outputs, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(outputs, { recursive: true, mode: 0o700 });
    const runner = await this.runnerOf(run);
    await heardBy(signal, runner.collect(await this.#task(run), outputs, signal));
    const metrics = await checkOutputs(outputs, run.fields);
    const base = run.base && this.deps.registry.findVersion(run.base.model, VersionNumber.parse(run.base.version));
    const model = targetModel(run);
    const isNew = !run.fields.updateExistingModel;
    if (isNew && this.deps.registry.findModel(model)) throw modelExists(model);
    const parent = !isNew && base && base.model.toLowerCase() === model.toLowerCase() ? base.version : undefined;
    const version = await this.deps.registry.addVersion(
      model,
      {
        body: archiveOf(outputs, { metrics, description: `Run ${run.number} of ${run.job}` }),
        kind: 'tar',
        create: true,
        allowDuplicate: true,
        origin: {
          runId: run._id,
          ...(parent === undefined ? {} : { parentVersion: parent }),
          lineage: lineageOf(run, base),
          inherited: inheritedFrom(base),
        },
        signal,
      },
      run.user,
    );
    log.line(`Version ${version.version} of ${version.model}.`);
    return collected(version);
  }

  /** Deploys the new version if it passes the gate of the job; the gate's word is kept either way. */
  async promote(run: RunDocument): Promise<RunEvent> {
    if (!run.version || !run.metrics) throw new Error(`the run ${run._id} has no version`);
    const { model: name, version } = run.version;
    const model = this.deps.registry.findModel(name);
    const current = model?.aliases['deployed'];
    if (!model || current === version) {
      const reason = model ? 'It is the first version, and deployed as such.' : 'The model is gone.';
      return { kind: 'promoted', promotion: { decision: model ? 'promoted' : 'kept', reason } };
    }
    const deployed = current === undefined ? undefined : this.deps.registry.findVersion(name, current);
    const { shallPromote, decision, reason } = decidePromotion({
      rule: run.fields.promotion,
      metrics: run.fields.metrics,
      candidate: run.metrics,
      deployed: deployed ? { version: deployed.version, metrics: deployed.metrics } : null,
    });
    if (!shallPromote) return { kind: 'promoted', promotion: { decision, reason } };
    try {
      // Compared and set: what was deployed meanwhile is not overwritten by an answer to an older question.
      await this.deps.registry.setAlias(
        name,
        'deployed',
        { version, expectedVersion: current ?? null, reason },
        run.user,
      );
      return { kind: 'promoted', promotion: { decision, reason } };
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return {
        kind: 'promoted',
        promotion: { decision: 'kept', reason: `${reason} But it could not be deployed: ${words}` },
      };
    }
  }

  /** Gives back what a run that failed has on this disk, but its log. */
  async makeRoom(runId: string): Promise<void> {
    const { work, outputs } = runPaths(this.deps.runsPath, runId);
    for (const path of [work, outputs]) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** What is not kept for ever. */
  async clean(run: RunDocument, signal: AbortSignal): Promise<RunEvent> {
    const runner = await this.runnerOf(run);
    await heardBy(signal, runner.remove(run._id, signal));
    await rm(runPaths(this.deps.runsPath, run._id).work, { recursive: true, force: true, maxRetries: 3 });
    return { kind: 'cleaned' };
  }

  async #task(run: RunDocument): Promise<RunTask> {
    const { fields, files } = run;
    const { work } = runPaths(this.deps.runsPath, run._id);
    const { digest } = files.requirements ?? {};
    const requirements = digest ? await readFile(this.deps.blobs.pathOf(digest), 'utf8') : null;
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
    return value.secret === null ? '' : this.deps.secrets.decrypt(value.secret);
  }

  #versionOf(run: RunDocument): Version | undefined {
    const name = targetModel(run);
    const model = this.deps.registry.findModel(name);
    const summary = model?.versions.find(({ runId }) => runId === run._id);
    return summary && this.deps.registry.findVersion(name, summary.version);
  }
}

const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');

function collected(version: Version): RunEvent {
  const { model, version: number, digest, metrics } = version;
  return { kind: 'collected', metrics, version: { model, version: number, digest } };
}

function emptyReason(run: RunDocument, queries: RunDocument['queries']): string | undefined {
  const counted = queries.filter(({ newDataOnly }) => newDataOnly);
  if (counted.length === 0 || counted.some(({ rows }) => rows > 0)) return undefined;
  const names = [
    ...new Set(run.fields.queries.flatMap((query) => (query.newDataOnly ? query.newDataCollections : []))),
  ];
  return `There are no new rows in ${names.join(', ')}.`;
}

/** The model that gets the version. */
export function targetModel(run: RunDocument): string {
  const { updateExistingModel, baseModel, newModelName } = run.fields;
  if (updateExistingModel || newModelName === undefined) return baseModel;
  const date = new Date(run.createdAt).toISOString().slice(0, 10);
  return newModelName.replaceAll('{run}', run._id).replaceAll('{date}', date).slice(0, 63);
}

function inheritedFrom(base: Version | null | undefined): { labels?: readonly string[]; features?: readonly string[] } {
  return { ...(base?.labels ? { labels: base.labels } : {}), ...(base?.features ? { features: base.features } : {}) };
}

function lineageOf(run: RunDocument, base: Version | null | undefined): Readonly<Record<string, unknown>> {
  const { fields, files, environment } = run;
  return {
    job: run.job,
    jobId: run.jobId,
    run: run._id,
    runNumber: run.number,
    trigger: run.trigger,
    edge: run.edge,
    baseVersion: run.base,
    queries: run.queries.map(({ id, ...brought }, index) => ({ id, query: fields.queries[index]?.query, ...brought })),
    watermarks: nextMarks(watermarksOf(base?.lineage), run.jobId, run.queries),
    scripts: fields.scripts.map((name) => ({ name, digest: files.scripts.find(({ path }) => path === name)?.digest })),
    requirementsDigest: files.requirements?.digest ?? null,
    additionalFiles: files.additional,
    imageId: environment?.imageId ?? null,
    image: fields.runner === 'docker' ? fields.image : null,
    packages: environment?.packages ?? [],
  };
}

function modelExists(name: string): ModelManagementError {
  return new ModelManagementError(
    'MODEL_EXISTS',
    `The run makes a new model named ${name}, and there is one already.`,
    'Put {run} or {date} into newModelName of the job, or let it update the existing model.',
  );
}

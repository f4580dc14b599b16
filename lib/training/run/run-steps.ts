import { join } from 'node:path';
import { ModelManagementError } from '../../errors';
import { errorCode, storageError } from '../../files';
import { VersionNumber } from '../../ids';
import { LOCAL_EDGE } from '../../names';
import type { Version } from '../../registry';
import type { TrainingDeps } from '../dependencies';
import { listedVariables, workFiles } from '../env-list';
import { readsElsewhere } from '../job';
import type { LineLog, PreparedInput, Runner } from '../runners/runner';
import { placeText } from '../training-place';
import { baseVersionOf } from './base-version';
import { archiveOf } from './outputs-archive';
import { decidePromotion } from './promotion';
import { exportQuery, onePerQuery, preparedEvent, queryIdOf } from './run-data';
import type { RunDocument } from './run-document';
import type { RunLog } from './run-log';
import type { RunEvent } from './run-state';
import { runPaths, ScriptSteps } from './script-steps';
import { dataRequest, nextMarks, watermarksOf } from './windows';
import { fillWorkFolder } from './work-folder';

type StepDeps = Pick<
  TrainingDeps,
  'registry' | 'collections' | 'blobs' | 'runnerOf' | 'edges' | 'secrets' | 'runsPath' | 'documents'
>;

/** What is done for a run of a job of this Node-RED. Each step may be cut at any point and done again from its beginning. */
export class RunSteps extends ScriptSteps {
  constructor(private readonly deps: StepDeps) {
    super(deps);
  }

  runnerOf({ edge, fields }: Pick<RunDocument, 'edge' | 'fields'>): Promise<Runner> {
    return edge === LOCAL_EDGE ? this.deps.runnerOf(fields.runner) : this.deps.edges.runnerOn(edge);
  }

  /** Data and files into a fresh folder; a run of an edge is handed over with them. */
  async prepare(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    const { delegation } = await this.runnerOf(run);
    if (!delegation?.isGiven(run._id)) {
      const { work } = runPaths(this.deps.runsPath, run._id);
      const { base: version, queries } = await this.fill(run, work, log, signal);
      const base = version ? { model: version.model, version: version.version } : null;
      const known = queries.flatMap((query) => ('request' in query ? [] : query));
      const event = known.length === queries.length ? preparedEvent(run, base, known) : undefined;
      if (event && (!delegation || event.kind === 'empty')) return event;
      await delegation?.give(run, { base, queries }, work, log, signal);
    }
    const prepared = await delegation?.prepared(run._id, log, signal);
    if (!prepared) throw new Error(`the run ${run._id} has data that is elsewhere, and runs here`);
    return preparedEvent(run, prepared.base, onePerQuery(run.fields, prepared.queries));
  }

  /** Everything a script finds, into a folder; but data of the edge, unless that is this Node-RED. */
  async fill(
    run: Pick<RunDocument, '_id' | 'jobId' | 'fields' | 'files' | 'options'>,
    path: string,
    log: LineLog,
    signal: AbortSignal,
  ): Promise<{ readonly base: Version | null; readonly queries: PreparedInput['queries'] }> {
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
    const queries: PreparedInput['queries'][number][] = [];
    for (const [index, query] of run.fields.queries.entries()) {
      signal.throwIfAborted();
      const id = queryIdOf(query, index);
      const request = dataRequest({ ...query, id }, run.jobId, marks);
      if (readsElsewhere(query, run.fields)) {
        log.line(`Query ${id}: read on ${placeText(run.fields.trainingEdge)}.`);
        queries.push({ id, request });
        continue;
      }
      const file = join(path, workFiles.data(index));
      queries.push(await exportQuery(this.deps.collections, { ...query, id }, request, file, log, signal));
    }
    return { base, queries };
  }

  /**
   * Outputs into a fresh folder, then the version: that document is what makes the run a success, whatever was asked or
   * has failed since.
   */
  async collect(run: RunDocument, log: LineLog, signal: AbortSignal): Promise<RunEvent> {
    const made = this.#versionOf(run);
    if (made) return collected(made);
    try {
      return await this.#collect(run, log, signal);
    } catch (error) {
      const madeMeanwhile = this.#versionOf(run);
      if (madeMeanwhile) return collected(madeMeanwhile);
      throw isDiskFull(error) ? storageError(error, 'collecting the outputs') : error;
    }
  }

  async #collect(run: RunDocument, log: LineLog, signal: AbortSignal): Promise<RunEvent> {
    const metrics = await this.takeOutputs(run, signal);
    const { outputs } = runPaths(this.deps.runsPath, run._id);
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

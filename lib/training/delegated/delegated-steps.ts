import { copyFile, mkdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Collections } from '../../collections';
import { ensureFolder } from '../../files';
import type { BlobStore } from '../../store';
import { workFiles } from '../env-list';
import type { JobFields } from '../job';
import { exportQuery, preparedEvent } from '../run/run-data';
import type { QueryInput, RunDocument } from '../run/run-document';
import type { DrivenSteps } from '../run/run-driver';
import type { RunLog } from '../run/run-log';
import type { RunEvent } from '../run/run-state';
import { runPaths, type ScriptStepDeps, ScriptSteps } from '../run/script-steps';
import type { Runner } from '../runners/runner';
import { packOutputs } from './outputs-tar';
import type { RunGiven } from './run-spec';

export interface DelegatedStepDeps extends ScriptStepDeps {
  /** Of the files of runs: what a run starts from lies there when it begins, what it leaves is put there. */
  readonly blobs: Pick<BlobStore, 'pathOf' | 'put'>;
  readonly collections: Pick<Collections, 'export'>;
  readonly runnerOf: (kind: JobFields['runner']) => Promise<Runner>;
  readonly givenOf: (runId: string) => RunGiven;
  /** Resolves when the disk tells that the run left a file. */
  readonly keep: (
    runId: string,
    kind: 'outputs',
    file: Pick<Awaited<ReturnType<BlobStore['put']>>, 'digest' | 'sizeBytes'>,
  ) => Promise<void>;
}

/** What is done for a run that another Node-RED asked for, which makes the version of what it leaves. */
export class DelegatedSteps extends ScriptSteps implements DrivenSteps {
  constructor(private readonly deps: DelegatedStepDeps) {
    super(deps);
  }

  runnerOf({ fields }: RunDocument): Promise<Runner> {
    return this.deps.runnerOf(fields.runner);
  }

  /** Files into a fresh folder, and the data of this machine. */
  async prepare(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    const { base, files, queries: given } = this.deps.givenOf(run._id);
    const { work } = runPaths(this.deps.runsPath, run._id);
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
    await ensureFolder(join(work, workFiles.additionalOutput));
    for (const { path, digest, isBase } of files) {
      signal.throwIfAborted();
      const target = join(work, ...path.split('/'));
      await mkdir(dirname(target), { recursive: true });
      await copyFile(this.deps.blobs.pathOf(digest), target);
      if (isBase) await utimes(target, 0, 0);
    }
    const queries: QueryInput[] = [];
    for (const [index, query] of run.fields.queries.entries()) {
      signal.throwIfAborted();
      const known = given[index];
      if (!known) throw new Error(`the run ${run._id} was given nothing for query ${index}`);
      if (!('request' in known)) queries.push(known);
      else {
        const path = join(work, workFiles.data(index));
        queries.push(
          await exportQuery(this.deps.collections, { ...query, id: known.id }, known.request, path, log, signal),
        );
      }
    }
    return preparedEvent(run, base, queries);
  }

  async collect(run: RunDocument, log: RunLog, signal: AbortSignal): Promise<RunEvent> {
    const metrics = await this.takeOutputs(run, signal);
    const { outputs } = runPaths(this.deps.runsPath, run._id);
    const lease = await this.deps.blobs.put(packOutputs(outputs), { maxBytes: Number.MAX_SAFE_INTEGER, signal });
    try {
      await this.deps.keep(run._id, 'outputs', lease);
    } finally {
      lease.release();
    }
    await rm(outputs, { recursive: true, force: true, maxRetries: 3 });
    log.line('The outputs wait for the hub.');
    return { kind: 'collected', metrics, version: null };
  }

  async promote(run: RunDocument): Promise<RunEvent> {
    throw new Error(`the run ${run._id} makes no version here`);
  }
}

import { copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureFolder } from '../../files';
import type { Digest } from '../../ids';
import type { Version } from '../../registry';
import { envListText, workFiles } from '../env-list';
import type { JobFiles } from '../job';

export interface WorkFolderContent {
  readonly files: JobFiles;
  /** Names of the scripts in the order of running. */
  readonly scripts: readonly string[];
  /** Whose model and additional outputs the run starts from; null = from nothing. */
  readonly base: Version | null;
  readonly variables: readonly (readonly [string, string])[];
}

/**
 * Fills the folder that scripts run in, but for the data: everything that was in it before goes, so nothing of an earlier
 * try can pass for an output of this one.
 *
 * The model and the preprocessing of the base version get the time 0: what still has it afterwards was not written.
 * @param pathOf - where a blob lies
 */
export async function fillWorkFolder(
  path: string,
  { files, scripts, base, variables }: WorkFolderContent,
  pathOf: (digest: Digest) => string,
): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  await ensureFolder(join(path, workFiles.additionalOutput));
  const place = async (name: string, digest: Digest): Promise<void> => {
    const target = join(path, ...name.split('/'));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(pathOf(digest), target);
  };
  if (base) {
    await place(workFiles.model, base.digest);
    await utimes(join(path, workFiles.model), 0, 0);
    if (base.preprocessing) {
      await place(workFiles.preprocessing, base.preprocessing.digest);
      await utimes(join(path, workFiles.preprocessing), 0, 0);
    }
  }
  // The files of the job first: what the base version learned counts more.
  const additional = new Map(files.additional.map((file) => [file.path, file.digest]));
  for (const output of base?.additionalOutputs ?? []) additional.set(output.path, output.digest);
  for (const [name, digest] of additional) await place(`${workFiles.additionalOutput}/${name}`, digest);
  for (const [index, name] of scripts.entries()) {
    const script = files.scripts.find((file) => file.path === name);
    if (script) await place(workFiles.script(index), script.digest);
  }
  if (files.requirements) await place(workFiles.requirements, files.requirements.digest);
  await writeFile(join(path, workFiles.envList), envListText(variables));
  await writeFile(join(path, workFiles.previousMetrics), `${JSON.stringify(base?.metrics ?? {})}\n`);
}

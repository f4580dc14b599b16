import { ApiError } from '../../api';
import { createJob, deleteFile, putFile, updateJob } from '../job-client';
import { bodyOf, type JobDraft } from './job-draft';

/**
 * Stores the fields, then the files. What was stored stays so when a later step fails, and saving again goes on.
 * @param onStored - the job is there from now on, whatever becomes of its files
 */
export async function saveJob(
  draft: JobDraft,
  isNew: boolean,
  onStored: () => void,
  signal: AbortSignal,
): Promise<string> {
  const body = bodyOf(draft);
  const { name } = isNew
    ? await createJob({ name: draft.name, ...body }, signal)
    : await updateJob(draft.name, body, signal);
  onStored();
  const { staged, removed } = draft;
  const remove = (kind: string, path: string): Promise<void> => deleteFile(name, kind, path, signal).catch(unlessGone);
  if (removed.requirements && !staged.requirements) await remove('requirements', 'requirements.txt');
  if (staged.requirements) await putFile(name, 'requirements', 'requirements.txt', staged.requirements.body, signal);
  for (const kind of ['scripts', 'additional'] as const) {
    for (const path of removed[kind]) await remove(kind, path);
    for (const { path, body: content } of staged[kind]) await putFile(name, kind, path, content, signal);
  }
  return name;
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError) || error.code !== 'FILE_NOT_FOUND') throw error;
}

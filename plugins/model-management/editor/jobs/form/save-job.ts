import { createJob, deleteFile, putFile, updateJob } from '../job-client';
import { bodyOf, type JobDraft } from './job-draft';

/** Stores the fields, then the files; what was stored stays so when a later step fails, and saving again goes on. */
export async function saveJob(draft: JobDraft, isNew: boolean, signal: AbortSignal): Promise<string> {
  const body = bodyOf(draft);
  const { name } = isNew
    ? await createJob({ name: draft.name, ...body }, signal)
    : await updateJob(draft.name, body, signal);
  const { staged, removed } = draft;
  if (removed.requirements && !staged.requirements) await deleteFile(name, 'requirements', 'requirements.txt', signal);
  if (staged.requirements) await putFile(name, 'requirements', 'requirements.txt', staged.requirements.body, signal);
  for (const kind of ['scripts', 'additional'] as const) {
    for (const path of removed[kind]) await deleteFile(name, kind, path, signal);
    for (const { path, body: content } of staged[kind]) await putFile(name, kind, path, content, signal);
  }
  return name;
}

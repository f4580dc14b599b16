import { z } from 'zod';
import { type Log, silentLog } from '../../../lib/log';
import { type DocumentStore, openDocumentStore } from '../../../lib/store';

/** A document for tests: anything that JSON can say. */
export const Note = z.strictObject({ _id: z.string(), body: z.custom<unknown>((body) => body !== undefined) });
export type Note = z.infer<typeof Note>;

/** Opens `notes.db` in a folder. */
export function openNotes(path: string, log: Log = silentLog): Promise<DocumentStore<Note>> {
  return openDocumentStore({ path, name: 'notes', log, parse: (raw) => Note.parse(raw) });
}

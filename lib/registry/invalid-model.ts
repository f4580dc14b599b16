import { ModelManagementError } from '../errors';

/** How far an upload came: the check list the screen fills in. */
export const uploadStages = ['read', 'checked', 'test-loaded'] as const;
export type UploadStage = (typeof uploadStages)[number];

/** `INVALID_MODEL`; `details.stage` is the step that failed. */
export function invalidModel(stage: UploadStage, message: string, hint: string, cause?: unknown): ModelManagementError {
  return new ModelManagementError('INVALID_MODEL', message, hint, {
    details: { stage },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Text from a file, for a message: one line, printable, short. */
export function quoted(text: string): string {
  const printable = text.replace(/[^\P{C} ]/gu, '?');
  return `"${printable.length > 80 ? `${printable.slice(0, 79)}…` : printable}"`;
}

import { asModelManagementError, ModelManagementError } from '../errors';
import type { UploadStage } from './invalid-model';

/** Runs a step of an upload; what it throws tells in `details.stage` which step that was. */
export async function atStage<T>(stage: UploadStage, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    const error = asModelManagementError(thrown);
    throw new ModelManagementError(error.code, error.message, error.hint, {
      cause: error.cause ?? error,
      details: { stage, ...error.details },
    });
  }
}

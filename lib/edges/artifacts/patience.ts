import { type ErrorCode, ModelManagementError } from '../../errors';

/**
 * Tries in a row in which who has the artifact says that it has none. With the pauses between them they last longer than
 * a file is held for damaged after it could not be read once.
 */
const MAX_ABSENT_TRIES = 10;
const AWAY: ReadonlySet<string> = new Set(['TIMEOUT', 'BROKER_UNAVAILABLE'] satisfies ErrorCode[]);

/** Decides whether an artifact that did not come may come later; one for all tries to get it. */
export class ArtifactPatience {
  #absentTries = 0;

  /** @returns true while nobody is there who has it, however long; false for `NOT_FOUND` once that is sure, and for all else */
  mayComeLater(error: unknown): boolean {
    this.#absentTries = isAbsent(error) ? this.#absentTries + 1 : 0;
    if (this.#absentTries > 0) return this.#absentTries < MAX_ABSENT_TRIES;
    return ModelManagementError.is(error) && AWAY.has(error.code);
  }
}

/** Who should have an artifact says that it has none. */
export const isAbsent = (error: unknown): error is ModelManagementError =>
  ModelManagementError.is(error) && error.code === ('NOT_FOUND' satisfies ErrorCode);

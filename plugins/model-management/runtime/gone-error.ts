import { ModelManagementError } from '../../../lib/errors';
import { errorCode } from '../../../lib/files';

/** A client that goes away is no failure of ours; other errors pass unchanged. */
export function goneError(error: unknown): unknown {
  if (!['ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error) ?? '')) return error;
  return new ModelManagementError('ABORTED', 'The download was given up.', 'Start it again.', { cause: error });
}

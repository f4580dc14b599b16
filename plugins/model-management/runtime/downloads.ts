import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { ModelManagementError } from '../../../lib/errors';
import { errorCode } from '../../../lib/files';

/** @param fileName - ASCII without quotes, as names of models and jobs are: so the plain form of the header is enough */
export function attachment(response: Response, fileName: string): void {
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
}

/**
 * Sends a file, and answers Range, If-Match and If-None-Match itself.
 * @param digest - the ETag; none = the file has none
 */
export function sendFile(response: Response, path: string, digest?: string): Promise<undefined> {
  if (digest !== undefined) response.setHeader('ETag', `"${digest}"`);
  response.type('application/octet-stream');
  return new Promise((resolve, reject) => {
    // Dotfiles allowed: the data folder may lie below one.
    const options = { dotfiles: 'allow', etag: false, lastModified: false, cacheControl: false } as const;
    response.sendFile(path, options, (error) => {
      if (error && !response.headersSent) reject(conditionError(error));
      else resolve(undefined);
    });
  });
}

/** @throws {ModelManagementError} `ABORTED` when the client goes away: no failure of ours */
export async function sendStream(response: Response, stream: Readable, signal: AbortSignal): Promise<undefined> {
  try {
    await pipeline(stream, response, { signal });
    return undefined;
  } catch (error) {
    if (!['ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error) ?? '')) throw error;
    throw new ModelManagementError('ABORTED', 'The download was given up.', 'Start it again.', { cause: error });
  }
}

/** What the sender of the file refuses on account of the request's own conditions; other errors pass unchanged. */
function conditionError(error: Error): Error {
  const { status } = error as Error & { readonly status?: number };
  if (status === 412) {
    return new ModelManagementError(
      'PRECONDITION_FAILED',
      'The file is not the one that If-Match asks for.',
      'Ask again without If-Match, and look at the ETag of the answer.',
    );
  }
  if (status === 416) {
    return new ModelManagementError(
      'RANGE_NOT_SATISFIABLE',
      'The file has no such range of bytes.',
      'See Content-Range of this answer for its length.',
    );
  }
  return error;
}

import { ModelManagementError } from '../../errors';
import type { Digest } from '../../ids';

export function cancelled(signal: AbortSignal): ModelManagementError {
  const message = 'the transfer was cancelled';
  const hint = 'Start it again: it goes on where it was.';
  return new ModelManagementError('ABORTED', message, hint, { cause: signal.reason });
}

export function absent(digest: Digest): ModelManagementError {
  return new ModelManagementError(
    'NOT_FOUND',
    `nobody offers the artifact ${digest}`,
    'Upload it to the hub again, or choose another version.',
    { details: { digest } },
  );
}

export function stalled(digest: Digest, stallMs: number, receivedBytes: number): ModelManagementError {
  return new ModelManagementError(
    'TIMEOUT',
    `nothing new of the artifact ${digest} came for ${stallMs} ms, ${receivedBytes} bytes are here`,
    'Check that the hub runs and that the broker passes messages of 128 KiB; the transfer goes on where it was.',
    { details: { digest, receivedBytes } },
  );
}

/** What came is not what was named, again and again. */
export function forged(expected: Digest, found: Digest): ModelManagementError {
  return new ModelManagementError(
    'DIGEST_MISMATCH',
    `the artifact should be ${expected} and came as ${found}`,
    'Somebody publishes wrong data: check who may write to artifacts/ on the broker, then try again.',
    { details: { expected, found } },
  );
}

/** What is offered is not what it was when it was stored. */
export function damaged(digest: Digest, what: string): ModelManagementError {
  return new ModelManagementError(
    'DIGEST_MISMATCH',
    `the artifact ${digest} ${what}`,
    'The file on the disk is damaged: upload it again.',
    { details: { digest } },
  );
}

export function noRoom(digest: Digest, what: string): ModelManagementError {
  return new ModelManagementError(
    'STORAGE_FULL',
    `there is no room for the artifact ${digest}: ${what}`,
    'Assign fewer versions to this edge, free space on its disk or raise the quota, then start it again.',
    { details: { digest } },
  );
}

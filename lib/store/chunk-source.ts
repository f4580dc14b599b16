import { Readable } from 'node:stream';
import { ModelManagementError } from '../errors';

/**
 * The chunks of a source, cut short by the signal even while the source is silent. The source is never destroyed: an
 * HTTP request that is would take the connection with it, and its answer.
 *
 * @throws {ModelManagementError} `ABORTED` when the signal fires, or with the cause when the source fails
 */
export async function* readChunks(
  source: Readable | AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const iterator: AsyncIterator<unknown> =
    source instanceof Readable ? source.iterator({ destroyOnReturn: false }) : source[Symbol.asyncIterator]();
  let interrupt = (): void => undefined;
  const onAbort = (): void => interrupt();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      // Not a race against one promise for all chunks: that would hold every chunk until the last has come.
      const result = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
        interrupt = () => reject(interrupted('the upload was cancelled', signal.reason));
        if (signal.aborted) interrupt();
        iterator.next().then(resolve, (error: unknown) => {
          reject(
            ModelManagementError.is(error) ? error : interrupted('the upload ended before it was complete', error),
          );
        });
      });
      if (result.done) return;
      yield asBuffer(result.value);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: it waits for the chunk under way, which may never come.
    iterator.return?.()?.catch(() => undefined);
  }
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new ModelManagementError(
    'INTERNAL',
    `an upload must consist of bytes, got ${typeof chunk}`,
    'Please report this defect.',
  );
}

function interrupted(message: string, cause: unknown): ModelManagementError {
  return new ModelManagementError('ABORTED', message, 'Start the upload again.', { cause });
}

import type { Codec, EncodedRequest } from './codec';
import type { LoadedModel, RunOptions } from './engine';

export interface Answer {
  /** As the codec's options want it. */
  readonly value: unknown;
  /** Time inside the runtime; 0 when nothing had to run. */
  readonly durationMs: number;
  /** Requests that ran in the same call; 0 when nothing had to run. */
  readonly batchSize: number;
}

/**
 * Runs an encoded request and decodes what comes. An empty batch whose answer follows from the signature never reaches
 * the runtime: some kernels fail on no rows.
 * @throws {ModelManagementError} what `LoadedModel.run` throws
 */
export async function answerTo(
  request: EncodedRequest,
  codec: Codec,
  loaded: LoadedModel,
  options: Omit<RunOptions, 'fetches'>,
): Promise<Answer> {
  const empty = codec.emptyOutputs(request);
  if (empty) return { value: codec.decode(empty, request), durationMs: 0, batchSize: 0 };
  const { outputs, durationMs, batchSize } = await loaded.run(request.feeds, { ...options, fetches: codec.fetches });
  return { value: codec.decode(outputs, request), durationMs, batchSize };
}

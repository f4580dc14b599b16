import { asModelManagementError, ModelManagementError } from '../errors';
import type { Codec, EncodedRequest } from './codec';
import type { GiveUp, LoadedModel, RunOptions, RunResult, StartOptions } from './engine';
import { toPromise } from './started-run';

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
 * the runtime: some kernels fail on no rows; it is answered at once, from within this call.
 * @throws {ModelManagementError} what `LoadedModel.start` throws; `onAnswer` is not called then
 */
export function startAnswer(
  request: EncodedRequest,
  codec: Codec,
  loaded: LoadedModel,
  options: Omit<StartOptions, 'fetches'>,
  onAnswer: (answer: Answer | ModelManagementError) => void,
): GiveUp {
  const empty = codec.emptyOutputs(request);
  if (empty) {
    onAnswer({ value: codec.decode(empty, request), durationMs: 0, batchSize: 0 });
    return () => undefined;
  }
  return loaded.start(request.feeds, { ...options, fetches: codec.fetches }, (result) => {
    onAnswer(result instanceof ModelManagementError ? result : decoded(result, codec, request));
  });
}

function decoded(
  { outputs, durationMs, batchSize }: RunResult,
  codec: Codec,
  request: EncodedRequest,
): Answer | ModelManagementError {
  try {
    return { value: codec.decode(outputs, request), durationMs, batchSize };
  } catch (error) {
    return asModelManagementError(error);
  }
}

/**
 * The same as a promise.
 * @throws {ModelManagementError} what `LoadedModel.run` throws
 */
export function answerTo(
  request: EncodedRequest,
  codec: Codec,
  loaded: LoadedModel,
  options: Omit<RunOptions, 'fetches'>,
): Promise<Answer> {
  return toPromise<Answer>(options, (rest, onAnswer) => startAnswer(request, codec, loaded, rest, onAnswer));
}

import type { RunOptions } from '../engine';
import type { Tensor } from '../tensor';
import { timerMs } from '../timer';
import type { AnswerItem, RequestItem } from '../wire/frames';
import { aborted, gaveUp } from './engine-errors';

/** A request from the call of `run` to its answer. */
export interface PendingRequest {
  readonly item: RequestItem;
  /** Of its tensors, about. */
  readonly bytes: number;
  /** Ends of a process that this request was in. */
  deathCount: number;
  /** The caller has gone: no answer is wanted any more. */
  isAbandoned: boolean;
  /** Idempotent: the first result counts. */
  settle(result: AnswerItem | Error): void;
}

export interface OpenRequest {
  readonly request: PendingRequest;
  /** Rejects with what `settle` was given, `TIMEOUT` or `ABORTED`. */
  readonly answer: Promise<AnswerItem>;
}

function bytesOf({ data }: Tensor): number {
  return ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + 4 + text.length, 0);
}

/** @param onAbandoned - called when the caller's time limit or signal came before an answer */
export function openRequest(
  item: RequestItem,
  { timeoutMs, signal }: RunOptions,
  onAbandoned: (request: PendingRequest) => void,
): OpenRequest {
  const { promise, resolve, reject } = Promise.withResolvers<AnswerItem>();
  let timer: NodeJS.Timeout | undefined;
  const request: PendingRequest = {
    item,
    bytes: item.tensors.reduce((sum, { tensor }) => sum + bytesOf(tensor), 0),
    deathCount: 0,
    isAbandoned: false,
    settle: (result) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (result instanceof Error) reject(result);
      else resolve(result);
    },
  };
  const abandon = (error: Error): void => {
    request.isAbandoned = true;
    request.settle(error);
    onAbandoned(request);
  };
  const onAbort = (): void => abandon(aborted('the request was given up'));
  if (timeoutMs !== undefined) timer = setTimeout(() => abandon(gaveUp(timeoutMs)), timerMs(timeoutMs));
  signal?.addEventListener('abort', onAbort, { once: true });
  return { request, answer: promise };
}

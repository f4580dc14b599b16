import type { ModelManagementError } from '../../errors';
import { tensorBytes } from '../tensor';
import type { AnswerItem, RequestItem } from '../wire/frames';
import type { FairPlace } from './fair-queue';

/** What became of a request: the child's answer, or why there is none. */
export type RequestResult = Extract<AnswerItem, { readonly status: 'ok' }> | ModelManagementError;

/** A request from the call to its result, which comes once. */
export class PendingRequest {
  readonly startMs = performance.now();
  /** Of its tensors, about. */
  readonly bytes: number;
  /** Along dimension 0 of all its inputs; 0 where they have none, or differ. */
  readonly rows: number;
  /** Where it waits. */
  place: FairPlace<PendingRequest> | undefined;
  /** Ends of a process that this request was in. */
  deathCount = 0;
  #isSettled = false;

  constructor(
    readonly item: RequestItem,
    /** Requests of different senders take turns. */
    readonly sender: unknown,
    private readonly onSettled: (result: RequestResult) => void,
  ) {
    let bytes = 0;
    for (const { tensor } of item.tensors) bytes += tensorBytes(tensor);
    this.bytes = bytes;
    this.rows = rowsOf(item);
  }

  /** Has its result: none of the child's is wanted any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The first result counts. */
  settle(result: RequestResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.onSettled(result);
  }

  /** Whether both may be rows of one batch. */
  isLike({ item, rows }: PendingRequest): boolean {
    if (this.rows === 0 || rows === 0) return false;
    return (
      areEqual(this.item.fetches, item.fetches, 0) &&
      this.item.tensors.every(({ tensor }, position) => {
        const other = item.tensors[position]?.tensor;
        return other !== undefined && other.type === tensor.type && areEqual(other.dims, tensor.dims, 1);
      })
    );
  }
}

function areEqual(a: readonly number[], b: readonly number[], from: number): boolean {
  if (a.length !== b.length) return false;
  for (let n = from; n < a.length; n += 1) if (a[n] !== b[n]) return false;
  return true;
}

function rowsOf({ tensors }: RequestItem): number {
  const rows = tensors[0]?.tensor.dims[0] ?? 0;
  for (const { tensor } of tensors) if (tensor.dims[0] !== rows) return 0;
  return rows;
}

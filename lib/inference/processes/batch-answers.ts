import { rowsOf } from '../tensor-rows';
import type { AnswerFrame, AnswerItem, BatchResults } from '../wire/frames';

/** The answer of each request, its rows taken out of those of its batch. */
export function answersIn(frame: AnswerFrame): readonly AnswerItem[] {
  return frame.kind === 'answers' ? frame.items : split(frame);
}

/** Of all its requests together. */
export function rowCountOf({ entries }: BatchResults): number {
  return entries.reduce((sum, { rows }) => sum + rows, 0);
}

function split({ entries, durationMs, tensors }: BatchResults): AnswerItem[] {
  const batchSize = entries.length;
  let from = 0;
  return entries.map(({ id, rows }) => {
    const start = from;
    from += rows;
    const own = tensors.map(({ index, tensor }) => ({ index, tensor: rowsOf(tensor, start, rows) }));
    return { id, status: 'ok', durationMs, batchSize, tensors: own };
  });
}

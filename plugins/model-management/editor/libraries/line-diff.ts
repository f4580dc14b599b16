import { diffArrays } from 'diff';

export interface DiffLine {
  /** In its own text, from 1. */
  readonly number: number;
  readonly text: string;
}

export type DiffBlock =
  | { readonly kind: 'same'; readonly lines: readonly { readonly before: number; readonly after: DiffLine }[] }
  /** Equal lines that are left out. */
  | { readonly kind: 'gap'; readonly count: number }
  | { readonly kind: 'changed'; readonly removed: readonly DiffLine[]; readonly added: readonly DiffLine[] };

/** Equal lines kept around a change. */
const CONTEXT_COUNT = 3;
/** Two long texts that have little in common could take the browser minutes. */
const TIMEOUT_MS = 1_000;

export const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** Whether two texts are the same to who reads them: code editors rewrite the ends of lines. */
export const isSameText = (a: string, b: string): boolean => a === b || linesOf(a).join('\n') === linesOf(b).join('\n');

/** What changed from one text to the other, line by line; far from any change equal lines are left out. */
export function diffBlocks(before: string, after: string): readonly DiffBlock[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const parts = diffArrays(old, now, { timeout: TIMEOUT_MS }) ?? [
    { value: old, removed: true, added: false },
    { value: now, removed: false, added: true },
  ];
  const blocks: DiffBlock[] = [];
  let [oldNumber, newNumber] = [1, 1];
  for (const { value, removed, added } of parts) {
    if (removed) {
      blocks.push(withChange(blocks, { removed: numbered(value, oldNumber), added: [] }));
      oldNumber += value.length;
    } else if (added) {
      blocks.push(withChange(blocks, { removed: [], added: numbered(value, newNumber) }));
      newNumber += value.length;
    } else {
      const [firstOld, firstNew] = [oldNumber, newNumber];
      const lines = value.map((text, at) => ({ before: firstOld + at, after: { number: firstNew + at, text } }));
      blocks.push({ kind: 'same', lines });
      oldNumber += value.length;
      newNumber += value.length;
    }
  }
  return blocks.flatMap((block, at) =>
    block.kind === 'same' ? shortened(block, at === 0, at === blocks.length - 1) : [block],
  );
}

/** Lines taken out and lines put in at the same place are one change: a change block that ends `blocks` is taken off. */
function withChange(
  blocks: DiffBlock[],
  more: { readonly removed: readonly DiffLine[]; readonly added: readonly DiffLine[] },
): DiffBlock {
  const last = blocks.at(-1);
  if (last?.kind !== 'changed') return { kind: 'changed', ...more };
  blocks.pop();
  return { kind: 'changed', removed: [...last.removed, ...more.removed], added: [...last.added, ...more.added] };
}

function numbered(lines: readonly string[], first: number): readonly DiffLine[] {
  return lines.map((text, at) => ({ number: first + at, text }));
}

function shortened(
  { lines }: Extract<DiffBlock, { kind: 'same' }>,
  isFirst: boolean,
  isLast: boolean,
): readonly DiffBlock[] {
  const head = isFirst ? 0 : CONTEXT_COUNT;
  const tail = isLast ? 0 : CONTEXT_COUNT;
  const count = lines.length - head - tail;
  // One line left out would save nothing.
  if (count <= 1) return [{ kind: 'same', lines }];
  return [
    ...(head > 0 ? [{ kind: 'same', lines: lines.slice(0, head) } as const] : []),
    { kind: 'gap', count },
    ...(tail > 0 ? [{ kind: 'same', lines: lines.slice(-tail) } as const] : []),
  ];
}

/** How many lines came and went. */
export function countChanges(blocks: readonly DiffBlock[]): { readonly added: number; readonly removed: number } {
  const changes = blocks.filter((block) => block.kind === 'changed');
  return {
    added: changes.reduce((sum, block) => sum + block.added.length, 0),
    removed: changes.reduce((sum, block) => sum + block.removed.length, 0),
  };
}

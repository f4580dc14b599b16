import { useState } from 'preact/hooks';

/** Rows at once; more are a page further, so that a thousand rows do not slow the editor down. */
const PAGE_COUNT = 50;

export interface Page<T> {
  readonly shown: readonly T[];
  /** Index of the first row shown. */
  readonly first: number;
  readonly total: number;
  /** Absent: there is no such page. */
  readonly onPrevious?: () => void;
  readonly onNext?: () => void;
}

/** The rows of the page in sight; a list that shrank shows its last page. */
export function usePage<T>(rows: readonly T[]): Page<T> {
  const [wanted, setWanted] = useState(0);
  const page = Math.min(wanted, Math.max(0, Math.ceil(rows.length / PAGE_COUNT) - 1));
  const first = page * PAGE_COUNT;
  const shown = rows.slice(first, first + PAGE_COUNT);
  return {
    shown,
    first,
    total: rows.length,
    ...(page > 0 && { onPrevious: () => setWanted(page - 1) }),
    ...(first + shown.length < rows.length && { onNext: () => setWanted(page + 1) }),
  };
}

import { ModelManagementError } from '../errors';

/** Rows that were left out because they do not fit. */
export interface Misfits {
  readonly count: number;
  /** What is wrong with the first of them. */
  readonly fault: string;
  /** Of the first of them, where it has one. */
  readonly itemId?: string;
}

/** `INVALID_INPUT`: a row that does not fit a collection. */
export class MisfitError extends ModelManagementError {
  /** What is wrong, without the number of the row. */
  readonly fault: string;

  /**
   * @param index - of the row, from 0
   * @param column - empty = the row as a whole
   */
  constructor(index: number, column: string, what: string) {
    const isWhole = column === '';
    const fault = isWhole ? `${what}.` : `${JSON.stringify(column.slice(0, 80))}: ${what}.`;
    super(
      'INVALID_INPUT',
      `row ${index + 1}${isWhole ? ':' : ','} ${fault}`,
      'Nothing of this insert was stored. Correct the row and insert all of them again.',
      { details: { field: isWhole ? `rows.${index}` : `rows.${index}.${column}` } },
    );
    this.fault = fault;
  }
}

/** Those of a part of the rows and those of the next one. */
export function addMisfits(first: Misfits | undefined, more: Misfits | undefined): Misfits | undefined {
  if (!first || !more) return first ?? more;
  return { ...first, count: first.count + more.count };
}

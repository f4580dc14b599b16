import type { QueryRows, Row } from '../types';

/** The first rows of an answer, as many as asked for and as fit. */
export class QueryAnswer {
  readonly #rows: Row[] = [];
  #bytes = 0;
  #isTruncated = false;

  constructor(
    private readonly columns: readonly string[],
    private readonly limits: { readonly limit: number; readonly maxBytes: number },
  ) {}

  /** False = enough, no more. */
  add(json: string): boolean {
    this.#bytes += json.length;
    if (this.#rows.length >= this.limits.limit || this.#bytes > this.limits.maxBytes) {
      this.#isTruncated = true;
      return false;
    }
    this.#rows.push(JSON.parse(json) as Row);
    return true;
  }

  result(): QueryRows {
    return { columns: this.columns, rows: this.#rows, truncated: this.#isTruncated };
  }
}

import { type ActivityColumns, type ActivityRow, activityFields } from '../activity';

const WIDTH = activityFields.length;

/** The last `capacity` samples, in place. */
export class SampleRing {
  readonly #at: Float64Array;
  /** Row by row; NaN = null. */
  readonly #values: Float32Array;
  #count = 0;

  constructor(private readonly capacity: number) {
    this.#at = new Float64Array(capacity);
    this.#values = new Float32Array(capacity * WIDTH);
  }

  /** When the newest sample was taken; undefined without one. */
  get newestAt(): number | undefined {
    return this.#count === 0 ? undefined : this.#at[(this.#count - 1) % this.capacity];
  }

  add(atMs: number, row: ActivityRow): void {
    const index = this.#count % this.capacity;
    this.#at[index] = atMs;
    for (const [field, name] of activityFields.entries()) this.#values[index * WIDTH + field] = row[name] ?? Number.NaN;
    this.#count++;
  }

  /** Samples taken after `sinceMs`, the oldest first. */
  read(sinceMs: number): ActivityColumns {
    const oldest = Math.max(0, this.#count - this.capacity);
    const indexes: number[] = [];
    for (let at = oldest; at < this.#count; at++) {
      const index = at % this.capacity;
      if ((this.#at[index] ?? 0) > sinceMs) indexes.push(index);
    }
    const column = (field: number) => indexes.map((index) => shownValue(this.#values[index * WIDTH + field]));
    const columns = activityFields.map((name, field) => [name, column(field)]);
    return { at: indexes.map((index) => this.#at[index] ?? 0), ...Object.fromEntries(columns) };
  }
}

/** With the digits that a number of 32 bits holds for certain. */
function shownValue(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : Number(value.toPrecision(6));
}

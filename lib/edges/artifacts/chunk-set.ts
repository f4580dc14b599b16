/** First and last, both included: `[3, 3]` is one. */
export type Range = readonly [first: number, last: number];

export interface RangeLimits {
  readonly maxCount: number;
  readonly maxRangeCount: number;
}

/** Which of the numbers from 0 to below `size` are there: one bit each. */
export class ChunkSet {
  readonly #bits: Uint8Array;
  #count = 0;

  /** @param bytes - as `toBytes` gave them; bits from `size` on are left out, missing bytes are empty */
  constructor(
    readonly size: number,
    bytes: Uint8Array = new Uint8Array(),
  ) {
    this.#bits = new Uint8Array(Math.ceil(size / 8));
    for (let n = 0; n < Math.min(size, bytes.length * 8); n += 1)
      if (((bytes[n >> 3] ?? 0) >> (n & 7)) & 1) this.add(n);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  has(n: number): boolean {
    return (((this.#bits[n >> 3] ?? 0) >> (n & 7)) & 1) === 1;
  }

  /** @returns false when it was there, or is no number of this set */
  add(n: number): boolean {
    if (!this.#isOfSet(n) || this.has(n)) return false;
    this.#bits[n >> 3] = (this.#bits[n >> 3] ?? 0) | (1 << (n & 7));
    this.#count += 1;
    return true;
  }

  /** @returns false when it was not there */
  delete(n: number): boolean {
    if (!this.#isOfSet(n) || !this.has(n)) return false;
    this.#bits[n >> 3] = (this.#bits[n >> 3] ?? 0) & ~(1 << (n & 7));
    this.#count -= 1;
    return true;
  }

  clear(): void {
    this.#bits.fill(0);
    this.#count = 0;
  }

  /** The first member from `start` on, before `end`. */
  firstFrom(start: number, end: number = this.size): number | undefined {
    if (this.#count === 0) return undefined;
    for (let n = start; n < end; n += 1) {
      if (this.#bits[n >> 3] === 0) n |= 7;
      else if (this.has(n)) return n;
    }
    return undefined;
  }

  /** The first numbers that are neither here nor in `except`, in order, as far as the limits go. */
  missingRanges({ maxCount, maxRangeCount }: RangeLimits, except?: ChunkSet): Range[] {
    const ranges: Range[] = [];
    let count = 0;
    for (let n = 0; n < this.size && count < maxCount; n += 1) {
      if (this.#bits[n >> 3] === 0xff) n |= 7;
      else if (!this.has(n) && !except?.has(n)) {
        const last = ranges.at(-1);
        if (last?.[1] === n - 1) ranges[ranges.length - 1] = [last[0], n];
        else if (ranges.length === maxRangeCount) return ranges;
        else ranges.push([n, n]);
        count += 1;
      }
    }
    return ranges;
  }

  /** Bit `n & 7` of byte `n >> 3`. */
  toBytes(): Uint8Array {
    return this.#bits.slice();
  }

  #isOfSet(n: number): boolean {
    return Number.isInteger(n) && n >= 0 && n < this.size;
  }
}

/** The numbers of the ranges in their order, at most `maxCount`; what lies outside of `size` costs nothing. */
export function* numbersOf(ranges: readonly Range[], size: number, maxCount: number): Generator<number, void> {
  let count = 0;
  for (const [first, last] of ranges) {
    for (let n = first; n <= Math.min(last, size - 1); n += 1) {
      if (count === maxCount) return;
      count += 1;
      yield n;
    }
  }
}

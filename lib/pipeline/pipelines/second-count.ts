/** Counts what happens in each second, where only some of it is looked at closely. */
export class SecondCount {
  #second = -1;
  #count = 0;

  /** Counts one more. @returns which one of its second it is, from 1 */
  next(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count;
  }
}

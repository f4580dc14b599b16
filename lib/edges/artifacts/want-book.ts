import { ChunkSet } from './chunk-set';

export interface WantBookOptions {
  /** After a rest wants are gathered until none came for so long, so that one publication serves all. */
  readonly gatherMs: number;
  /** But no longer than this: many edges hear of a file one after the other. */
  readonly maxGatherMs: number;
  /**
   * What was published less than this ago is not published again: who still asks asked before it came. Shorter than
   * the time after which one who missed it asks again.
   */
  readonly repeatAfterMs: number;
}

/**
 * What is wanted of one artifact by anybody: each unit is published once for all who want it at that time. The units
 * of the manifest have the lowest numbers and go first; the others go round, so that who begins late at the front does
 * not keep back who is near the end.
 */
export class WantBook {
  readonly #wanted: ChunkSet;
  readonly #publishedAt: Float64Array;
  #readyAt = 0;
  #lastReadyAt = 0;
  #cursor: number;

  constructor(
    readonly unitCount: number,
    private readonly manifestUnitCount: number,
    private readonly options: WantBookOptions,
  ) {
    this.#wanted = new ChunkSet(unitCount);
    this.#publishedAt = new Float64Array(unitCount).fill(Number.NEGATIVE_INFINITY);
    this.#cursor = manifestUnitCount;
  }

  get wantedCount(): number {
    return this.#wanted.count;
  }

  /** When the next unit may go; undefined = nothing is wanted. */
  get readyAt(): number | undefined {
    return this.#wanted.count === 0 ? undefined : this.#readyAt;
  }

  /** @returns false when it was wanted already, or came out a moment ago */
  want(unit: number, nowMs: number): boolean {
    const publishedAt = this.#publishedAt[unit];
    if (publishedAt === undefined || nowMs - publishedAt < this.options.repeatAfterMs) return false;
    const { gatherMs, maxGatherMs } = this.options;
    if (this.#wanted.count === 0) this.#lastReadyAt = nowMs + maxGatherMs;
    if (this.#wanted.count === 0 || nowMs < this.#readyAt) {
      this.#readyAt = Math.min(this.#lastReadyAt, nowMs + gatherMs);
    }
    return this.#wanted.add(unit);
  }

  /** The unit whose turn it is; it stays wanted until it is `published`. */
  next(nowMs: number): number | undefined {
    if (this.#wanted.count === 0 || nowMs < this.#readyAt) return undefined;
    return (
      this.#wanted.firstFrom(0, this.manifestUnitCount) ??
      this.#wanted.firstFrom(this.#cursor) ??
      this.#wanted.firstFrom(this.manifestUnitCount)
    );
  }

  published(unit: number, nowMs: number): void {
    if (!this.#wanted.delete(unit)) return;
    this.#publishedAt[unit] = nowMs;
    if (unit >= this.manifestUnitCount) this.#cursor = unit + 1;
  }
}

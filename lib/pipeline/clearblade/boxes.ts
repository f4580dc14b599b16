export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node as drawn, by its centre. */
export interface Box extends Point {
  readonly widthPx: number;
}

const NODE_HEIGHT_PX = 30;
const GAP_PX = 10;
/** Centres at least this far apart do not overlap, whatever their widths. */
const APART_PX = NODE_HEIGHT_PX + GAP_PX;

const shareColumn = (a: Box, b: Box): boolean => Math.abs(a.x - b.x) < (a.widthPx + b.widthPx) / 2;

/** The nodes drawn so far. A search looks at each box at most once, however many lie on one place. */
export class Boxes {
  /** From the top down. */
  readonly #boxes: Box[] = [];

  add(box: Box): void {
    const below = this.#boxes.findLastIndex(({ y }) => y <= box.y) + 1;
    this.#boxes.splice(below, 0, box);
  }

  isFree(box: Box): boolean {
    return !this.#boxes.some((other) => shareColumn(box, other) && Math.abs(box.y - other.y) < APART_PX);
  }

  /** The wish, or the first free place straight below it. */
  freeBelow(wish: Box): Point {
    let { x, y } = wish;
    for (const box of this.#boxes) {
      if (box.y >= y + APART_PX) break;
      if (box.y > y - APART_PX && shareColumn(box, wish)) y = box.y + APART_PX;
    }
    return { x, y };
  }

  get bottomPx(): number {
    return this.#boxes.reduce((lowest, { y }) => Math.max(lowest, y), 0);
  }

  /** `undefined` when there are none. */
  get leftPx(): number | undefined {
    return this.#boxes.length === 0 ? undefined : this.#boxes.reduce((left, { x }) => Math.min(left, x), Infinity);
  }
}

import type { Step } from './steps';

export interface Point {
  readonly x: number;
  readonly y: number;
}

const NODE_HEIGHT_PX = 30;
const GAP_PX = 10;
const CANVAS_PX = 7_800;
const FIRST: Point = { x: 150, y: 60 };
const COLUMN_PX = 220;
const ROW_PX = 60;
const COLUMN_COUNT = 4;

interface Box extends Point {
  readonly widthPx: number;
}

/** About as wide as the editor draws a node with this label. */
export function nodeWidthPx(label: string): number {
  return Math.max(100, 50 + 7 * label.length);
}

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) < (a.widthPx + b.widthPx) / 2 && Math.abs(a.y - b.y) < NODE_HEIGHT_PX + GAP_PX;

/**
 * Places for the nodes of a pipeline. Steps stay exactly where the original has them; only what the canvas does not
 * hold, and what would lie on another step, is moved.
 */
export class Layout {
  readonly #boxes: Box[] = [];
  readonly #places = new Map<string, Point>();
  /** Ids of the steps that are not where the original has them. */
  readonly moved: readonly string[];

  constructor(steps: Iterable<Step>) {
    const all = [...steps];
    const toCanvas = canvasFor(all.flatMap(({ styling }) => styling?.position ?? []));
    const moved: string[] = [];
    let unplacedCount = 0;
    for (const { id, label, styling } of all) {
      const wish = styling?.position && toCanvas(styling.position);
      if (!wish) continue;
      const place = this.#freeBelow(wish, label);
      if (place.x !== styling.position?.x || place.y !== styling.position.y) moved.push(id);
      this.#keep(id, place, label);
    }
    const top = this.#boxes.length === 0 ? FIRST.y : this.bottomPx + 2 * ROW_PX;
    for (const { id, label } of all) {
      if (this.#places.has(id)) continue;
      const column = unplacedCount % COLUMN_COUNT;
      const row = Math.floor(unplacedCount / COLUMN_COUNT);
      this.#keep(id, { x: FIRST.x + column * COLUMN_PX, y: top + row * ROW_PX }, label);
      unplacedCount += 1;
    }
    this.moved = moved;
  }

  get bottomPx(): number {
    return this.#boxes.reduce((lowest, { y }) => Math.max(lowest, y), 0);
  }

  get leftPx(): number {
    return this.#boxes.reduce((left, { x }) => Math.min(left, x), this.#boxes[0]?.x ?? FIRST.x);
  }

  of(stepId: string): Point {
    return this.#places.get(stepId) ?? FIRST;
  }

  /** A free place for a node that belongs to the step: above it, beside it, else below. */
  beside(stepId: string, label: string): Point {
    const { x, y } = this.of(stepId);
    const widthPx = nodeWidthPx(label);
    const sidePx = COLUMN_PX - 20;
    const wishes = [
      { x, y: y - ROW_PX },
      { x: x - sidePx, y },
      { x: x + sidePx, y },
    ].filter((wish) => wish.x >= widthPx / 2 && wish.y >= NODE_HEIGHT_PX);
    const place =
      wishes.find((wish) => this.#isFree({ ...wish, widthPx })) ?? this.#freeBelow({ x, y: y + ROW_PX }, label);
    this.#boxes.push({ ...place, widthPx });
    return place;
  }

  #isFree(box: Box): boolean {
    return !this.#boxes.some((other) => overlap(box, other));
  }

  #freeBelow(wish: Point, label: string): Point {
    let { x, y } = wish;
    while (!this.#isFree({ x, y, widthPx: nodeWidthPx(label) })) y += NODE_HEIGHT_PX + GAP_PX;
    return { x, y };
  }

  #keep(id: string, place: Point, label: string): void {
    this.#places.set(id, place);
    this.#boxes.push({ ...place, widthPx: nodeWidthPx(label) });
  }
}

/** Leaves places as they are where the canvas holds them all; else moves all alike, and shrinks what is too far apart. */
function canvasFor(points: readonly Point[]): (point: Point) => Point {
  const axis = (key: keyof Point): ((at: number) => number) => {
    const values = points.map((point) => point[key]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (low >= 0 && high <= CANVAS_PX) return (at) => at;
    const scale = high - low > CANVAS_PX - FIRST[key] ? (CANVAS_PX - FIRST[key]) / (high - low) : 1;
    return (at) => Math.round((at - low) * scale + FIRST[key]);
  };
  const [toX, toY] = [axis('x'), axis('y')];
  return ({ x, y }) => ({ x: toX(x), y: toY(y) });
}

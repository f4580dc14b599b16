import { Boxes, type Point } from './boxes';
import { nameOf } from './step-graph';
import type { Step } from './steps';

/** No helper is drawn higher: half of it would be cut off. */
const MIN_Y_PX = 30;
const CANVAS_PX = 7_800;
/** Of Node-RED's canvas. */
const EDGE_PX = 8_000;
const FIRST: Point = { x: 150, y: 60 };
const COLUMN_PX = 220;
const ROW_PX = 60;
const COLUMN_COUNT = 4;

/** About as wide as the editor draws a node with this label. */
export function nodeWidthPx(label: string): number {
  return Math.max(100, 50 + 7 * label.length);
}

/**
 * Places for the nodes of a pipeline. Steps stay exactly where the original has them; only what the canvas does not
 * hold, and what would lie on another step, is moved.
 */
export class Layout {
  readonly #boxes = new Boxes();
  readonly #places = new Map<string, Point>();
  /** Ids of the steps that are not where the original has them. */
  readonly moved: readonly string[];

  constructor(steps: Iterable<Step>) {
    const all = [...steps];
    const toCanvas = canvasFor(all.flatMap(({ styling }) => styling?.position ?? []));
    const moved: string[] = [];
    let unplacedCount = 0;
    for (const step of all) {
      const { position } = step.styling ?? {};
      if (!position) continue;
      const widthPx = nodeWidthPx(nameOf(step));
      const place = this.#boxes.freeBelow({ ...toCanvas(position), widthPx });
      if (place.x !== position.x || place.y !== position.y) moved.push(step.id);
      this.#keep(step.id, place, widthPx);
    }
    const top = this.#places.size === 0 ? FIRST.y : this.bottomPx + 2 * ROW_PX;
    for (const step of all) {
      if (this.#places.has(step.id)) continue;
      const column = unplacedCount % COLUMN_COUNT;
      const row = Math.floor(unplacedCount / COLUMN_COUNT);
      const place = { x: FIRST.x + column * COLUMN_PX, y: top + row * ROW_PX };
      this.#keep(step.id, place, nodeWidthPx(nameOf(step)));
      unplacedCount += 1;
    }
    this.moved = moved;
  }

  get bottomPx(): number {
    return this.#boxes.bottomPx;
  }

  get leftPx(): number {
    return this.#boxes.leftPx ?? FIRST.x;
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
    ].filter(({ x: at, y: top }) => at >= widthPx / 2 && at + widthPx / 2 <= EDGE_PX && top >= MIN_Y_PX);
    const place =
      wishes.find((wish) => this.#boxes.isFree({ ...wish, widthPx })) ??
      this.#boxes.freeBelow({ x, y: y + ROW_PX, widthPx });
    this.#boxes.add({ ...place, widthPx });
    return place;
  }

  #keep(id: string, place: Point, widthPx: number): void {
    this.#places.set(id, place);
    this.#boxes.add({ ...place, widthPx });
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

import uPlot from 'uplot';
import { plotColour } from './plot-colours';
import { type ValueRange, valueRange } from './value-range';

export interface PlotPoint {
  /** Below the axis. */
  readonly label: string;
  /** Null leaves a gap. */
  readonly value: number | null;
  /** Of a second line, dashed. */
  readonly second?: number | null;
  /** Drawn as a diamond, with this word. */
  readonly mark?: string;
}

/** What a plot shows; read anew at each drawing. */
export interface PlotState {
  readonly points: readonly PlotPoint[];
  /** Index of the point that is ringed. */
  readonly cursor: number | undefined;
  readonly format: (value: number) => string;
  /** Small: many points, drawn as lines from 0. Never changes. Default: a point for each step, room around the values. */
  readonly isSmall?: boolean;
}

const HEIGHT_PX = { full: 150, small: 96 } as const;
const POINT_PX = 7;
const SMALL_POINT_PX = 4;
/** Above the largest value. */
const SMALL_ROOM = 1.15;
const LABEL_SPACE_PX = 44;
const SMALL_LABEL_SPACE_PX = 56;
const AXIS_GAP_PX = 14;

/** A line or two over named steps. `state` tells what to draw, `onPoint` hears which step lies below the pointer. */
export function linePlot(host: HTMLElement, state: () => PlotState, onPoint: (index: number) => void) {
  const { isSmall = false } = state();
  const height = isSmall ? HEIGHT_PX.small : HEIGHT_PX.full;
  const range = (): ValueRange => rangeOf(state().points, isSmall);
  const { fontFamily } = getComputedStyle(host);
  const axis: uPlot.Axis = {
    font: `12px ${fontFamily}`,
    stroke: () => plotColour(host, 'text'),
    ticks: { stroke: () => plotColour(host, 'grid'), size: 4 },
  };
  const plot = new uPlot(
    {
      width: host.clientWidth,
      height,
      legend: { show: false },
      cursor: { x: false, y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => [-0.5, Math.max(1, state().points.length) - 0.5] },
        y: { range: () => [range().min, range().max] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          space: isSmall ? SMALL_LABEL_SPACE_PX : LABEL_SPACE_PX,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
          grid: { show: false },
          values: (_plot, steps) => steps.map((step) => state().points[step]?.label ?? ''),
        },
        {
          ...axis,
          space: 28,
          grid: { stroke: () => plotColour(host, 'grid'), width: 1 },
          values: (_plot, steps) => steps.map((step) => state().format(step * range().divisor)),
          size: (self, texts) => widestPx(self.ctx, texts ?? [], `12px ${fontFamily}`) + AXIS_GAP_PX,
        },
      ],
      series: [
        {},
        { stroke: () => plotColour(host, 'text'), width: 1, dash: [4, 3], points: pointsOf(host, 'text', isSmall) },
        { stroke: () => plotColour(host, 'line'), width: 2, points: pointsOf(host, 'line', isSmall) },
      ],
      hooks: {
        // Off the plot it stays where it was: the keyboard moves it too.
        setCursor: [({ cursor: { idx, left = -1 } }) => left >= 0 && typeof idx === 'number' && onPoint(idx)],
        draw: [(self) => drawMarks(self, host, state(), range())],
      },
    },
    dataOf(state().points, range()),
    host,
  );
  return {
    /** Draws again what `state` tells now. */
    update: (): void => plot.setData(dataOf(state().points, range())),
    redraw: (): void => plot.redraw(false, true),
    resize: (): void => plot.setSize({ width: host.clientWidth, height }),
    destroy: (): void => plot.destroy(),
  };
}

function rangeOf(points: readonly PlotPoint[], isSmall: boolean): ValueRange {
  const known = points.flatMap(({ value, second = null }) => [value, second].filter((one) => one !== null));
  const range = valueRange(known);
  return isSmall ? { ...range, min: 0, max: (Math.max(0, ...known) / range.divisor || 1) * SMALL_ROOM } : range;
}

/** On many points only those are drawn that no line leads to. */
function pointsOf(host: HTMLElement, colour: 'line' | 'text', isSmall: boolean): uPlot.Series.Points {
  const fill = (): string => plotColour(host, colour);
  if (!isSmall) return { show: true, size: POINT_PX, fill };
  const isGap = (value: number | null | undefined): boolean => value === null || value === undefined;
  const filter: uPlot.Series.Points.Filter = (plot, series) => {
    const values = plot.data[series] ?? [];
    return Array.from(values.keys()).filter(
      (index) => !isGap(values[index]) && isGap(values[index - 1]) && isGap(values[index + 1]),
    );
  };
  return { show: true, size: SMALL_POINT_PX, fill, filter };
}

function dataOf(points: readonly PlotPoint[], { divisor }: ValueRange): uPlot.AlignedData {
  const drawn = (value: number | null): number | null => (value === null ? null : value / divisor);
  return [
    points.map((_point, index) => index),
    // Drawn first, so that the main line lies above it.
    points.map(({ second = null }) => drawn(second)),
    points.map(({ value }) => drawn(value)),
  ];
}

function widestPx(context: CanvasRenderingContext2D, texts: readonly string[], font: string): number {
  context.save();
  context.font = font;
  const widths = texts.map((text) => context.measureText(text).width);
  context.restore();
  return Math.max(0, ...widths);
}

/** The diamond with its word, and the ring around the point that is read out. */
function drawMarks(plot: uPlot, host: HTMLElement, { points, cursor }: PlotState, { divisor }: ValueRange): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  points.forEach(({ value, mark }, index) => {
    if (value === null || (mark === undefined && index !== cursor)) return;
    const x = plot.valToPos(index, 'x', true);
    const y = plot.valToPos(value / divisor, 'y', true);
    ctx.save();
    ctx.strokeStyle = plotColour(host, 'text');
    ctx.fillStyle = plotColour(host, 'text');
    ctx.lineWidth = 2 * ratio;
    if (mark !== undefined) {
      const size = POINT_PX * ratio;
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.closePath();
      ctx.fill();
      drawWord(plot, mark, x, y, host);
    }
    if (index === cursor) {
      ctx.beginPath();
      ctx.arc(x, y, (POINT_PX + 3) * ratio, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.restore();
  });
}

/** Above the mark, or below it near the upper edge; never beyond the sides. */
function drawWord({ ctx, bbox }: uPlot, word: string, x: number, y: number, host: HTMLElement): void {
  const ratio = uPlot.pxRatio;
  ctx.font = `${12 * ratio}px ${getComputedStyle(host).fontFamily}`;
  ctx.textAlign = 'center';
  const half = ctx.measureText(word).width / 2;
  const left = Math.min(Math.max(x, bbox.left + half), bbox.left + bbox.width - half);
  const isHigh = y - bbox.top < 30 * ratio;
  ctx.textBaseline = isHigh ? 'top' : 'bottom';
  ctx.fillText(word, left, isHigh ? y + 12 * ratio : y - 12 * ratio);
}

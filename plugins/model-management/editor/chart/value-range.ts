/** What a chart shows of its values, upwards. */
export interface ValueRange {
  /** Values are drawn divided by it: beyond these sizes a canvas counts no more. Never 0. */
  readonly divisor: number;
  /** In drawn values; `min` < `max`, both finite. */
  readonly min: number;
  readonly max: number;
}

const MAX_DRAWN = 1e12;
const MIN_DRAWN = 1e-6;
/** Room above and below, as a share of the span: for the mark and its word. */
const MARGIN_RATIO = 0.15;
/** A span this small beside the values cannot be told apart on a scale. */
const FLAT_RATIO = 1e-9;

/** Room for all of `values` (finite), whatever their size and sign; equal ones lie in the middle. */
export function valueRange(values: readonly number[]): ValueRange {
  const largest = Math.max(...values.map(Math.abs), 0);
  const divisor = largest > MAX_DRAWN || (largest > 0 && largest < MIN_DRAWN) ? largest : 1;
  const drawn = values.map((value) => value / divisor);
  const low = Math.min(...drawn, drawn[0] ?? 0);
  const high = Math.max(...drawn, drawn[0] ?? 0);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const isFlat = high - low <= size * FLAT_RATIO;
  const margin = isFlat ? size / 2 || 1 : (high - low) * MARGIN_RATIO;
  return { divisor, min: low - margin, max: high + margin };
}

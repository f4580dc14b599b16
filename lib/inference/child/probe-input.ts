import type { TensorInfo } from '../../registry/signature';
import { numberToFloat16 } from '../codec/float16';
import type { Tensor, TensorData } from '../tensor';

/** How inputs for trying a model out are made: not every model takes any number, length or text. */
export interface ProbeStyle {
  /** For sizes that the model leaves open, beside the batch. */
  readonly openSize: number;
  /** Whole numbers go from 0 to below this: they may be indices. */
  readonly intLimit: number;
  readonly texts: readonly string[];
}

const words = ['red', 'green', 'blue', 'x', ''] as const;
const digits = ['1', '2', '30', '4.5', '-6'] as const;

/** Tried in this order until the model takes one. */
export const probeStyles: readonly ProbeStyle[] = [
  { openSize: 3, intLimit: 10, texts: words },
  { openSize: 2, intLimit: 2, texts: digits },
  { openSize: 1, intLimit: 10, texts: words },
  { openSize: 1, intLimit: 2, texts: digits },
];

/** The same numbers at every start, so that what is proven once is proven again. xorshift32, see Marsaglia 2003. */
function randomOf(seed: number): () => number {
  let state = (seed + 1) * 0x9e37_79b9;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
  for (let n = 0; n < 8; n += 1) next();
  return next;
}

type Fill = (count: number, random: () => number, style: ProbeStyle) => TensorData;

/** Mostly small, some large: both sides of the thresholds a model may have. */
const real = (random: () => number): number => (random() * 2 - 1) * (random() < 0.2 ? 100 : 3);
const whole = (random: () => number, { intLimit }: ProbeStyle): number => Math.floor(random() * intLimit);

function filled<T extends TensorData & { [index: number]: unknown }>(data: T, next: () => unknown): T {
  for (let n = 0; n < data.length; n += 1) (data as { [index: number]: unknown })[n] = next();
  return data;
}

const fills: Record<Tensor['type'], Fill> = {
  float32: (count, random) => filled(new Float32Array(count), () => real(random)),
  float64: (count, random) => filled(new Float64Array(count), () => real(random)),
  float16: (count, random) => filled(new Uint16Array(count), () => numberToFloat16(real(random))),
  int8: (count, random, style) => filled(new Int8Array(count), () => whole(random, style)),
  int16: (count, random, style) => filled(new Int16Array(count), () => whole(random, style)),
  int32: (count, random, style) => filled(new Int32Array(count), () => whole(random, style)),
  int64: (count, random, style) => filled(new BigInt64Array(count), () => BigInt(whole(random, style))),
  uint8: (count, random, style) => filled(new Uint8Array(count), () => whole(random, style)),
  uint16: (count, random, style) => filled(new Uint16Array(count), () => whole(random, style)),
  uint32: (count, random, style) => filled(new Uint32Array(count), () => whole(random, style)),
  uint64: (count, random, style) => filled(new BigUint64Array(count), () => BigInt(whole(random, style))),
  bool: (count, random) => filled(new Uint8Array(count), () => Math.round(random())),
  string: (count, random, { texts }) =>
    filled(new Array<string>(count), () => texts[Math.floor(random() * texts.length)] ?? ''),
};

/**
 * One row of an input whose dim 0 is the batch; undefined where it would have more than `maxElements` elements.
 * @param seed - another one, another row
 */
export function probeTensor(
  { type, shape }: TensorInfo,
  style: ProbeStyle,
  seed: number,
  maxElements: number,
): Tensor | undefined {
  const dims = (shape ?? []).map((size, axis) => (axis === 0 ? 1 : typeof size === 'number' ? size : style.openSize));
  const count = dims.reduce((product, size) => product * size, 1);
  return count > maxElements ? undefined : { type, dims, data: fills[type](count, randomOf(seed), style) };
}

import { isDeepStrictEqual } from 'node:util';
import type { Dimension, Signature, TensorInfo } from '../../registry/signature';
import type { Tensor, TensorData, Tensors } from '../tensor';
import { joinRows, rowsOf } from '../tensor-rows';
import { type ProbeStyle, probeStyles, probeTensor } from './probe-input';

/** What is known of a model whose rows may be run together. */
export interface BatchProof {
  /** Most rows that were seen to give what each gives alone. */
  readonly maxRows: number;
  /** Of a single row, in milliseconds. */
  readonly rowMs: number;
}

/** Slower ones gain nothing: not even two rows would fit into the time of a batch. */
const SLOWEST_ROW_MS = 10;
/** Batches that take longer are never made, so that nothing needs to be shown of them. */
const LONGEST_BATCH_MS = 20;
/** Ends of what kernels treat alike: single rows, rests of vector widths, blocks. */
const ROW_COUNTS = [2, 3, 5, 8, 17, 64] as const;
/** A proof needs no larger inputs. */
const MAX_ELEMENT_COUNT = 16 * 1024 * 1024;
const PROBE_COUNT = 5;

/** Names of outputs, in their order. */
const namesOf = (values: readonly TensorInfo[]): string[] => values.map(({ name }) => name);

/**
 * Whether the signature leaves open that dim 0 is a batch: of no fixed size everywhere, and named like no other
 * dimension. Names alone prove nothing: exporters name them as they like.
 */
export function mayBatch({ inputs, outputs }: Signature): boolean {
  if (inputs.length === 0) return false;
  const values = [...inputs, ...outputs];
  const firsts = new Set<Dimension>();
  for (const { shape } of values) {
    const first = shape?.[0];
    if (first === undefined || typeof first === 'number') return false;
    if (first) firsts.add(first);
  }
  return values.every(({ shape }) => (shape ?? []).slice(1).every((size) => size === null || !firsts.has(size)));
}

/**
 * Runs rows together and apart, and compares them bit by bit. It shows what happens whatever the values are; what
 * happens only for some of them has to be read from the graph.
 *
 * @param run - one call of the runtime
 * @param signature - of a model that `mayBatch`
 * @returns undefined = not to be batched
 */
export async function proveBatching(
  signature: Signature,
  run: (feeds: Tensors) => Promise<Tensors>,
): Promise<BatchProof | undefined> {
  for (const style of probeStyles) {
    const probes = probesOf(signature, style);
    const singles = probes && (await runApart(signature, probes, run));
    if (singles) return await compare(signature, singles, run);
  }
  return undefined;
}

interface Single {
  readonly feeds: Tensors;
  readonly outputs: Tensors;
}

interface Singles {
  readonly rows: readonly Single[];
  readonly rowMs: number;
}

function probesOf({ inputs }: Signature, style: ProbeStyle): Tensors[] | undefined {
  const largest = ROW_COUNTS[ROW_COUNTS.length - 1] ?? 1;
  const probes: Tensors[] = [];
  for (let row = 0; row < PROBE_COUNT; row += 1) {
    const feeds = new Map<string, Tensor>();
    let elementCount = 0;
    for (const [index, info] of inputs.entries()) {
      const tensor = probeTensor(info, style, row * inputs.length + index, MAX_ELEMENT_COUNT);
      if (!tensor) return undefined;
      elementCount += tensor.data.length;
      feeds.set(info.name, tensor);
    }
    if (elementCount * largest > MAX_ELEMENT_COUNT) return undefined;
    probes.push(feeds);
  }
  return probes;
}

/** Undefined where the model does not take such inputs, is slow, or gives other than one row for one row. */
async function runApart(
  { outputs }: Signature,
  probes: readonly Tensors[],
  run: (feeds: Tensors) => Promise<Tensors>,
): Promise<Singles | undefined> {
  const rows: Single[] = [];
  let rowMs = Number.POSITIVE_INFINITY;
  try {
    for (const feeds of probes) {
      const startMs = performance.now();
      const results = await run(feeds);
      rowMs = Math.min(rowMs, performance.now() - startMs);
      if (rowMs > SLOWEST_ROW_MS) return undefined;
      rows.push({ feeds, outputs: results });
    }
  } catch {
    // Not every model takes any input: the next style may fit it.
    return undefined;
  }
  const isRowWise = rows.every((row) => namesOf(outputs).every((name) => row.outputs.get(name)?.dims[0] === 1));
  return isRowWise ? { rows, rowMs } : undefined;
}

async function compare(
  signature: Signature,
  { rows, rowMs }: Singles,
  run: (feeds: Tensors) => Promise<Tensors>,
): Promise<BatchProof | undefined> {
  const [first] = rows;
  try {
    if (!first || !areEqual(namesOf(signature.outputs), first.outputs, await run(first.feeds), 0)) return undefined;
    let maxRows = 1;
    let nextRowMs = 0;
    for (const count of ROW_COUNTS) {
      if (count * nextRowMs > LONGEST_BATCH_MS) break;
      // Every count begins with another row and runs through them in another step.
      const batch = Array.from(
        { length: count },
        (_, n) => rows[(count + n * (1 + (count % 3))) % rows.length] ?? first,
      );
      const feeds = new Map(
        namesOf(signature.inputs).map((name) => [name, joinRows(batch.map((row) => row.feeds.get(name) as Tensor))]),
      );
      const startMs = performance.now();
      const together = await run(feeds);
      nextRowMs = (performance.now() - startMs) / count;
      const isSame = batch.every((row, n) => areEqual(namesOf(signature.outputs), row.outputs, together, n));
      if (!isSame || namesOf(signature.outputs).some((name) => together.get(name)?.dims[0] !== count)) return undefined;
      maxRows = count;
    }
    return { maxRows, rowMs };
  } catch {
    return undefined;
  }
}

/** Whether row `index` of `together` is the one row of `single`, bit by bit. */
function areEqual(names: readonly string[], single: Tensors, together: Tensors, index: number): boolean {
  return names.every((name) => {
    const [own, all] = [single.get(name), together.get(name)];
    if (!own || !all || own.type !== all.type || own.dims.length !== all.dims.length) return false;
    if (own.dims.some((size, axis) => axis > 0 && size !== all.dims[axis])) return false;
    return index < (all.dims[0] ?? 0) && sameData(own.data, rowsOf(all, index, 1).data);
  });
}

function sameData(a: TensorData, b: TensorData): boolean {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
  }
  return isDeepStrictEqual(a, b);
}

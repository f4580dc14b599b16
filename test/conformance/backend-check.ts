import { type Codec, createCodec, type TensorLiteral } from '../../lib/inference/codec';
import type { Tensors } from '../../lib/inference/tensor';
import type { Signature } from '../../lib/registry/signature';
import type { DataSet } from './backend-cases';

/** Runs one loaded model. */
export type Run = (feeds: Tensors, fetches: readonly string[]) => Promise<Tensors>;

/**
 * Puts a data set through codec and model, as nested arrays and as `{type, dims, data}`.
 * @throws with the difference, or what codec or runtime said
 */
export async function checkDataSet(signature: Signature, { inputs, outputs }: DataSet, run: Run): Promise<void> {
  const names = signature.outputs.slice(0, outputs.length).map(({ name }) => name);
  const result = { mode: 'named', names } as const;
  const nested = createCodec(signature, { result });
  const nestedAnswer = await answer(nested, payloadOf(signature, inputs.map(nest)), run);
  const literal = createCodec(signature, { result, format: 'tensor' });
  const literalAnswer = await answer(literal, payloadOf(signature, inputs), run);
  for (const [index, expected] of outputs.entries()) {
    const name = names[index] ?? '';
    const { type, dims, data } = literalAnswer.get(name) as TensorLiteral;
    if (type !== expected.type) throw new Error(`${name} has the type ${type}, not ${expected.type}`);
    if (String(dims) !== String(expected.dims))
      throw new Error(`${name} has the dims [${dims}], not [${expected.dims}]`);
    compare(`${name} as tensor`, data, expected.data);
    compare(`${name} as nested arrays`, nestedAnswer.get(name), nest(expected));
  }
}

async function answer(codec: Codec, payload: unknown, run: Run): Promise<Map<string, unknown>> {
  const request = codec.encode(payload);
  const answered = codec.decode(await run(request.feeds, codec.fetches), request);
  return new Map(Object.entries(answered as object));
}

/** The value itself where there is one input, else by name. */
function payloadOf({ inputs }: Signature, values: readonly unknown[]): unknown {
  return values.length === 1 && inputs.length === 1
    ? values[0]
    : Object.fromEntries(values.map((value, index) => [inputs[index]?.name ?? `input ${index}`, value]));
}

function nest({ dims, data }: Pick<TensorLiteral, 'dims' | 'data'>): unknown {
  const [size, ...inner] = dims;
  if (size === undefined) return data[0];
  const step = data.length / size;
  return Array.from({ length: size }, (_, i) => nest({ dims: inner, data: data.slice(i * step, (i + 1) * step) }));
}

function compare(where: string, actual: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      throw new Error(`${where} is ${show(actual)}, not ${show(expected)}`);
    }
    for (const [index, value] of expected.entries()) compare(`${where}[${index}]`, actual[index], value);
  } else if (!isClose(actual, expected)) {
    throw new Error(`${where} is ${show(actual)}, not ${show(expected)}`);
  }
}

function isClose(actual: unknown, expected: unknown): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  if (typeof actual !== 'number' || typeof expected !== 'number') return false;
  return Math.abs(actual - expected) <= 1e-3 * Math.abs(expected) + 1e-5;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

import type { Signature, TensorInfo } from '../../registry/signature';
import type { Tensor, TensorData, Tensors } from '../tensor';
import type { RuntimeSession, RuntimeValue } from './runtime';

/** The pair of preprocessing and model, or the model alone, as one function of tensors. */
export interface RunnableModel {
  readonly signature: Signature;
  /** @throws what the runtime says of the tensors */
  run(feeds: Tensors, fetches: readonly string[]): Map<string, Tensor> | Promise<Map<string, Tensor>>;
}

function usable(value: RuntimeValue, role: string): TensorInfo {
  if (value.type !== null) return { name: value.name, type: value.type, shape: value.shape };
  throw new Error(`${role} "${value.name}" is of a type that cannot be passed on: ${value.typeName}`);
}

function single(session: RuntimeSession): RunnableModel {
  return {
    signature: {
      inputs: session.inputs.map((value) => usable(value, 'input')),
      outputs: session.outputs.map((value) => usable(value, 'output')),
    },
    run: (feeds, fetches) => session.run(feeds, fetches),
  };
}

function subset(feeds: Tensors, names: readonly string[]): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const name of names) {
    const tensor = feeds.get(name);
    if (tensor) found.set(name, tensor);
  }
  return found;
}

/**
 * Inputs are those of the preprocessing model, then those of the model that preprocessing does not produce; outputs
 * are the model's.
 *
 * @throws {Error} a value that cannot be passed as a tensor, or two models that do not fit, naming the value
 */
export function composeModel(model: RuntimeSession, preprocessing: RuntimeSession | undefined): RunnableModel {
  const main = single(model);
  if (!preprocessing) return main;
  const produced = new Map(preprocessing.outputs.map((value) => [value.name, value]));
  const bridged = main.signature.inputs.filter(({ name }) => produced.has(name));
  if (bridged.length === 0) {
    throw new Error(
      `preprocessing produces ${[...produced.keys()].map((name) => `"${name}"`).join(', ')}, none of which is an input ` +
        `of the model (${main.signature.inputs.map(({ name }) => `"${name}"`).join(', ')})`,
    );
  }
  for (const input of bridged) {
    const value = produced.get(input.name);
    if (value && usable(value, 'preprocessing output').type !== input.type) {
      throw new Error(
        `preprocessing produces "${input.name}" as ${value.type ?? 'no tensor'}, the model takes ${input.type}`,
      );
    }
  }
  const ownInputs = preprocessing.inputs.map((value) => usable(value, 'preprocessing input'));
  const others = main.signature.inputs.filter(({ name }) => !produced.has(name));
  for (const { name, type } of others) {
    const shared = ownInputs.find((input) => input.name === name);
    if (shared && shared.type !== type) {
      throw new Error(`input "${name}" is ${shared.type} for preprocessing and ${type} for the model`);
    }
  }
  const added = others.filter(({ name }) => !ownInputs.some((input) => input.name === name));
  const ownNames = ownInputs.map(({ name }) => name);
  const otherNames = others.map(({ name }) => name);
  const bridgedNames = bridged.map(({ name }) => name);
  const merge = (feeds: Tensors, prepared: Tensors): Tensors => new Map([...subset(feeds, otherNames), ...prepared]);
  return {
    signature: { inputs: [...ownInputs, ...added], outputs: main.signature.outputs },
    run: (feeds, fetches) => {
      const prepared = preprocessing.run(subset(feeds, ownNames), bridgedNames);
      if (prepared instanceof Promise) return prepared.then((tensors) => model.run(merge(feeds, tensors), fetches));
      return model.run(merge(feeds, prepared), fetches);
    },
  };
}

const zeros: Record<Tensor['type'], (count: number) => TensorData> = {
  float32: (count) => new Float32Array(count),
  float64: (count) => new Float64Array(count),
  float16: (count) => new Uint16Array(count),
  int8: (count) => new Int8Array(count),
  int16: (count) => new Int16Array(count),
  int32: (count) => new Int32Array(count),
  int64: (count) => new BigInt64Array(count),
  uint8: (count) => new Uint8Array(count),
  uint16: (count) => new Uint16Array(count),
  uint32: (count) => new Uint32Array(count),
  uint64: (count) => new BigUint64Array(count),
  bool: (count) => new Uint8Array(count),
  string: (count) => new Array<string>(count).fill(''),
};

/** Zeros and empty strings of the declared shapes, 1 for every size that is not fixed. */
export function generatedFeeds({ inputs }: Signature): Map<string, Tensor> {
  return new Map(
    inputs.map(({ name, type, shape }) => {
      const dims = (shape ?? []).map((size) => (typeof size === 'number' ? size : 1));
      const count = dims.reduce((product, size) => product * size, 1);
      return [name, { type, dims, data: zeros[type](count) }];
    }),
  );
}

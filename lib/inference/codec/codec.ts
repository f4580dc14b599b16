import { invalidInput, ModelManagementError } from '../../errors';
import type { Signature } from '../../registry/signature';
import type { Tensor, Tensors } from '../tensor';
import { elementTypes } from './element-type';
import { hasAllFeatures } from './feature-rows';
import type { EncodedInput, InputSlot } from './input-slot';
import { encodeInputValue } from './input-value';
import { toLabels } from './label-result';
import { namedValues } from './named-values';
import type { CodecOptions } from './options';
import { chooseOutputs, chooseScores } from './output-choice';
import { toNested, toTensorLiteral, withoutBatch } from './output-value';
import { describe, isRecord, keyPath, quote, quoteAll } from './refusal';
import { describeShape, isBatched, isFixed } from './shape';
import { hasSharedSymbol, settleSymbols } from './symbol-sizes';
import { areColumns, encodeTableRows } from './table-rows';
import { isJsonBuffer, isTensorLiteral } from './tensor-literal';

/** Tensors of one message, and whether its answer loses the batch dimension that was added. */
export interface EncodedRequest {
  readonly feeds: Tensors;
  readonly isSample: boolean;
}

/** Conversion for one signature and one set of options; made once, then used for every message. Pure. */
export interface Codec {
  /** Outputs that have to be computed. */
  readonly fetches: readonly string[];
  /**
   * Tensors of a payload. An object is read by the first rule that fits:
   * 1. all its keys are names of inputs: values by input name
   * 2. it has every feature (more keys do not matter): one row
   * 3. `{type, dims, data}`, or a Buffer that went through JSON
   * so an input's name wins over a feature of the same name. A model with several inputs takes only rule 1, and where
   * each input takes one value per row also a list of such objects, a row each; a model without inputs takes anything. Values by input name follow rules 2 and 3.
   * @throws {ModelManagementError} `INVALID_INPUT` with what was wanted and what came, and where
   */
  encode(value: unknown): EncodedRequest;
  /** Tensors of values that are already sorted by input. @throws as `encode` */
  encodeInputs(values: ReadonlyMap<string, unknown>): EncodedRequest;
  /**
   * The answer to an empty batch where the signature itself says it is empty too (one symbol for the batch
   * everywhere), so that nothing has to run; else undefined. Some kernels fail on no rows.
   */
  emptyOutputs(request: EncodedRequest): Tensors | undefined;
  /**
   * Result for `msg.payload`. bool gives true and false; int64 and uint64 give numbers if all of the tensor are exact
   * as such, else text; NaN and ±Infinity stay (see `toJsonSafe`).
   * @throws {ModelManagementError} `INFERENCE_FAILED` when an output is missing or cannot be shown in the format
   */
  decode(outputs: Tensors, request: EncodedRequest): unknown;
}

/**
 * Compiles the conversion for one model version.
 * @throws {ModelManagementError} `INVALID_INPUT` for options that do not fit the signature
 */
export function createCodec(signature: Signature, options: CodecOptions = {}): Codec {
  return new SignatureCodec(signature, options);
}

class SignatureCodec implements Codec {
  readonly fetches: readonly string[];
  readonly #options: CodecOptions;
  readonly #signature: Signature;
  readonly #slots: ReadonlyMap<string, InputSlot>;
  readonly #batched: boolean;
  readonly #comparesSizes: boolean;
  /** The signature says by one symbol that no rows give no rows. */
  readonly #isEmptyByEmpty: boolean;
  readonly #topK: number;

  constructor(signature: Signature, options: CodecOptions) {
    this.#signature = signature;
    this.#options = options;
    this.#batched = isBatched(signature);
    this.#comparesSizes = hasSharedSymbol(signature.inputs);
    this.#isEmptyByEmpty = hasOneBatch(signature);
    const features = options.features ?? [];
    this.#slots = new Map(
      signature.inputs.map((info) => [
        info.name,
        { info, type: elementTypes[info.type], batched: this.#batched, features },
      ]),
    );
    this.#topK = parseTopK(options.label?.topK);
    this.fetches =
      options.format === 'label' ? [chooseScores(signature, options.result)] : chooseOutputs(signature, options.result);
  }

  encode(value: unknown): EncodedRequest {
    const [slot] = this.#slots.values();
    if (!slot) return { feeds: new Map(), isSample: false };
    const isObject = !Array.isArray(value) && isRecord(value);
    if (isObject && this.#isByName(slot, value)) return this.#encodeByName(new Map(Object.entries(value)), 'payload');
    if (this.#slots.size > 1) {
      const slots = [...this.#slots.values()];
      if (Array.isArray(value) && areColumns(slots)) {
        return this.#request(slots, encodeTableRows(slots, value, 'payload'));
      }
      throw invalidInput(
        'payload',
        `the model has ${this.#slots.size} inputs, but payload is ${describe(value)}`,
        `Send an object by input names: ${quoteAll(this.#slots.keys())}.`,
      );
    }
    return this.#request([slot], [encodeInputValue(slot, value, 'payload')]);
  }

  encodeInputs(values: ReadonlyMap<string, unknown>): EncodedRequest {
    return this.#encodeByName(values, 'inputs');
  }

  emptyOutputs({ feeds }: EncodedRequest): Tensors | undefined {
    if (!this.#isEmptyByEmpty) return undefined;
    for (const { dims } of feeds.values()) if (dims[0] !== 0) return undefined;
    return new Map(
      this.#signature.outputs.map(({ name, type, shape }): [string, Tensor] => {
        const dims = (shape ?? []).map((size, axis) => (axis > 0 && isFixed(size) ? size : 0));
        return [name, { type, dims, data: elementTypes[type].open(0).data }];
      }),
    );
  }

  decode(outputs: Tensors, { isSample }: EncodedRequest): unknown {
    const tensors = this.fetches.map((name) => {
      const tensor = outputs.get(name);
      if (tensor) return isSample ? withoutBatch(tensor) : tensor;
      throw new ModelManagementError(
        'INFERENCE_FAILED',
        `the model gave no output ${quote(name)}`,
        'Choose another output; this one may be optional.',
      );
    });
    const values = tensors.map((tensor) => this.#present(tensor, this.#batched && !isSample));
    const mode = this.#options.result?.mode ?? 'first';
    if (this.#options.format === 'label' || mode === 'first') return values[0];
    return namedValues(this.fetches.map((name, index) => [name, values[index]]));
  }

  #present(tensor: Tensor, hasBatch: boolean): unknown {
    switch (this.#options.format ?? 'nested') {
      case 'nested':
        return toNested(tensor);
      case 'tensor':
        return toTensorLiteral(tensor);
      case 'label':
        return toLabels(tensor, hasBatch, {
          topK: this.#topK,
          softmax: this.#options.label?.softmax ?? false,
          labels: this.#options.labels ?? [],
        });
    }
  }

  /** Also true where nothing else fits and some names are right: the error then tells which are not. */
  #isByName(slot: InputSlot, value: Readonly<Record<string, unknown>>): boolean {
    const keys = Object.keys(value);
    if (keys.length > 0 && keys.every((key) => this.#slots.has(key))) return true;
    if (this.#slots.size > 1) return true;
    const isOneValue = hasAllFeatures(slot.features, value) || isTensorLiteral(value) || isJsonBuffer(value);
    return !isOneValue && keys.some((key) => this.#slots.has(key));
  }

  #encodeByName(values: ReadonlyMap<string, unknown>, path: string): EncodedRequest {
    const unknown = [...values.keys()].filter((name) => !this.#slots.has(name));
    const missing = [...this.#slots.keys()].filter((name) => !values.has(name));
    if (unknown.length > 0 || missing.length > 0) {
      const parts = [
        missing.length > 0 ? `the inputs ${quoteAll(missing)} are missing` : '',
        unknown.length > 0 ? `the model has no inputs ${quoteAll(unknown)}` : '',
      ];
      throw invalidInput(
        path,
        parts.filter(Boolean).join('; '),
        `Its inputs are ${[...this.#slots.values()].map(describeSlot).join(', ')}.`,
      );
    }
    const slots = [...this.#slots.values()];
    return this.#request(
      slots,
      slots.map((slot) => encodeInputValue(slot, values.get(slot.info.name), keyPath(path, slot.info.name))),
    );
  }

  #request(slots: readonly InputSlot[], encoded: readonly EncodedInput[]): EncodedRequest {
    const hasOpenSize = encoded.some(({ tensor }) => tensor.dims.includes(-1));
    const settled = this.#comparesSizes || hasOpenSize ? settleSymbols(this.#signature.inputs, encoded) : encoded;
    const feeds = new Map<string, Tensor>();
    for (const [index, { tensor }] of settled.entries()) feeds.set(slots[index]?.info.name ?? '', tensor);
    return { feeds, isSample: settled.length > 0 && settled.every(({ isSample }) => isSample) };
  }
}

function hasOneBatch({ inputs, outputs }: Signature): boolean {
  const symbol = inputs[0]?.shape?.[0];
  if (typeof symbol !== 'string' || symbol === '') return false;
  return [...inputs, ...outputs].every(({ shape }) => shape?.[0] === symbol);
}

function parseTopK(topK: number | undefined): number {
  if (topK === undefined) return 1;
  if (Number.isSafeInteger(topK) && topK >= 1) return topK;
  throw invalidInput('label.topK', `label.topK is ${describe(topK)}`, 'Send a whole number of at least 1.');
}

function describeSlot({ info }: InputSlot): string {
  return `${quote(info.name)} (${info.type} ${describeShape(info.shape)})`;
}

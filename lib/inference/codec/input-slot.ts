import type { ModelManagementError } from '../../errors';
import type { TensorInfo } from '../../registry/signature';
import type { Tensor } from '../tensor';
import type { ElementSink, ElementType } from './element-type';
import { refusal } from './refusal';
import { describeShape } from './shape';

/** What the encoders need to know of the input they fill. */
export interface InputSlot {
  readonly info: TensorInfo;
  readonly type: ElementType;
  /** A value of one rank less is one sample. */
  readonly batched: boolean;
  readonly features: readonly string[];
}

/** A dim of -1 waits for another input that has the same symbol. */
export interface EncodedInput {
  readonly tensor: Tensor;
  readonly isSample: boolean;
}

/** One tensor of 2 GiB is more than a protobuf, and so an ONNX file, can hold. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;
const TEXT_REFERENCE_BYTES = 8;

/** Opens storage. @throws {ModelManagementError} `INVALID_INPUT` beyond 2 GiB */
export function openSink(slot: InputSlot, count: number, path: string): ElementSink {
  if (count * (slot.type.elementBytes || TEXT_REFERENCE_BYTES) > MAX_TENSOR_BYTES) {
    throw refusal(slot.info, path, `${count} elements, more than 2 GiB`, 'Send it in smaller batches.');
  }
  return slot.type.open(count);
}

/** Refusal of a value whose rank or sizes do not fit. */
export function misfit(slot: InputSlot, path: string, came: string): ModelManagementError {
  const { shape } = slot.info;
  const full = `Send values of the shape ${describeShape(shape)}`;
  const sample = slot.batched && shape ? `, or one sample of the shape ${describeShape(shape.slice(1))}` : '';
  return refusal(slot.info, path, came, `${full}${sample}.`);
}

/** What to send instead of an element of the wrong kind. */
export function elementHint({ info }: InputSlot): string {
  switch (info.type) {
    case 'string':
      return 'Send text.';
    case 'bool':
      return 'Send true, false, 0 or 1.';
    default:
      return 'Send numbers. Text that holds JSON or numbers has to be parsed first, for example by a json node.';
  }
}

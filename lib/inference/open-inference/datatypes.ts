import type { TensorType } from '../../registry/signature';

/** Names of the protocol for our tensor types. BF16 has none: no runtime here passes it on. */
export const datatypes: Readonly<Record<TensorType, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

export { type Codec, createCodec, type EncodedRequest } from './codec';
export { toJsonSafe } from './json-safe';
export type { LabelScore } from './label-result';
export type { CodecOptions } from './options';
export type { TensorLiteral } from './output-value';
export { sampleInput } from './sample-input';

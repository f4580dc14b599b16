export { type InferRequest, parseInferRequest } from './infer-request';
export { buildInferResponse, type InferResponse } from './infer-response';
export { type ModelMetadata, modelMetadata } from './metadata';

import assert from 'node:assert/strict';
import { onnx } from 'onnx-proto';
import { buildModel, identityModel } from './onnx-models';

export function graphIn(model: onnx.ModelProto): onnx.IGraphProto {
  return model.graph ?? assert.fail('the model has no graph');
}

/** A model changed behind the back of its builder; by default `y = x`. */
export function mutatedModel(mutate: (model: onnx.ModelProto) => unknown, bytes = buildModel(identityModel())): Buffer {
  const model = onnx.ModelProto.decode(bytes);
  mutate(model);
  return Buffer.from(onnx.ModelProto.encode(model).finish());
}

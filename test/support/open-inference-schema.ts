import { z } from 'zod';

/*
 * What the published OpenAPI document of the Open Inference Protocol v2 says of answers, in its words:
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/open_inference_rest.yaml
 * Its objects are open; here they are closed, so that a field that is none of the protocol is seen.
 */

const Parameters = z.record(z.string(), z.unknown());
type Data = readonly (number | string | boolean | Data)[];
const TensorData: z.ZodType<Data> = z.lazy(() => z.array(z.union([z.number(), z.string(), z.boolean(), TensorData])));
const Shape = z.array(z.number().int());

export const MetadataServerResponse = z.strictObject({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});

const MetadataTensor = z.strictObject({ name: z.string(), datatype: z.string(), shape: Shape });
export const MetadataModelResponse = z.strictObject({
  name: z.string(),
  versions: z.array(z.string()).optional(),
  platform: z.string(),
  inputs: z.array(MetadataTensor).optional(),
  outputs: z.array(MetadataTensor).optional(),
});

export const InferenceResponse = z.strictObject({
  model_name: z.string(),
  model_version: z.string().optional(),
  id: z.string().optional(),
  parameters: Parameters.optional(),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      shape: Shape,
      datatype: z.string(),
      parameters: Parameters.optional(),
      data: TensorData,
    }),
  ),
});

export const ErrorResponse = z.strictObject({ error: z.string().min(1) });

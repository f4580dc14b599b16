import { download, path, request, requestAll, upload } from './api';
import type { Health, InferAnswer, Model, Version } from './contract';

export const fetchModels = (signal?: AbortSignal): Promise<readonly Model[]> =>
  requestAll('models', { sort: 'name' }, signal);

export const fetchModel = (name: string, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}`, { signal });

/** `version` is a number or an alias. */
export const fetchVersion = (name: string, version: number | string, signal: AbortSignal): Promise<Version> =>
  request(path`models/${name}/versions/${version}`, { signal });

export const fetchHealth = (signal: AbortSignal): Promise<Health> => request('health', { signal });

/** Resolves when the version is loaded and answers; until then the one before it is in service. */
export const deployVersion = (name: string, version: number, force: boolean, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}/aliases/deployed`, { method: 'PUT', body: { version, force }, signal });

export const rollBack = (name: string, force: boolean, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}/rollback`, { method: 'POST', body: { force }, signal });

export const deleteModel = (name: string, force: boolean, signal: AbortSignal): Promise<void> =>
  request(path`models/${name}`, { method: 'DELETE', query: { force: force || undefined }, signal });

export const deleteVersion = (name: string, version: number, signal: AbortSignal): Promise<void> =>
  request(path`models/${name}/versions/${version}`, { method: 'DELETE', signal });

export const downloadVersion = (name: string, version: number): Promise<void> =>
  download(path`models/${name}/versions/${version}/file`, `${name}-${version}.onnx`);

export interface UploadOptions {
  readonly description: string;
  readonly allowDuplicate: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (ratio: number) => void;
}

/** Stores the file as the next version of the model, which is made if there is none of that name. */
export function uploadVersion(name: string, file: Blob, options: UploadOptions): Promise<Version> {
  const { description, allowDuplicate, signal, onProgress } = options;
  const query = { create: true, description: description || undefined, allowDuplicate: allowDuplicate || undefined };
  return upload(path`models/${name}/versions`, file, { query, signal, onProgress });
}

export interface InferRequest {
  readonly payload: unknown;
  readonly features?: readonly string[];
  readonly result?: unknown;
  readonly format?: unknown;
  readonly label?: unknown;
}

export const infer = (
  name: string,
  version: number | string,
  body: InferRequest,
  signal: AbortSignal,
): Promise<InferAnswer> => request(path`models/${name}/versions/${version}/infer`, { method: 'POST', body, signal });

export interface PipelineRequest {
  readonly inboundTopic: string;
  readonly outboundTopic: string;
  /** Absent: the flow brings its own broker node. */
  readonly brokerId?: string;
}

export const createInferenceFlow = (
  name: string,
  body: PipelineRequest,
  signal: AbortSignal,
): Promise<{ readonly flow: readonly { readonly id: string; readonly type: string }[] }> =>
  request(path`models/${name}/inference-flow`, { method: 'POST', body, signal });

import { download, path, request, requestAll, upload } from './api';
import type { Activity, AuditEntry, Health, InferAnswer, List, Model, Tags, Version, VersionPatch } from './contract';

export const fetchModels = (signal?: AbortSignal): Promise<readonly Model[]> =>
  requestAll('models', { sort: 'name' }, signal);

export const fetchModel = (name: string, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}`, { signal });

/** `version` is a number or an alias. */
export const fetchVersion = (name: string, version: number | string, signal: AbortSignal): Promise<Version> =>
  request(path`models/${name}/versions/${version}`, { signal });

export const fetchHealth = (signal: AbortSignal): Promise<Health> => request('health', { signal });

/** @param minutes - how far back */
export const fetchActivity = (name: string, minutes: number, signal: AbortSignal): Promise<Activity> =>
  request(`${path`models/${name}/activity`}?minutes=${minutes}`, { signal });

export const updateModel = (name: string, patch: ModelPatch, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}`, { method: 'PATCH', body: patch, signal });

export interface ModelPatch {
  readonly description?: string;
  readonly tags?: Tags;
}

export const updateVersion = (
  name: string,
  version: number,
  patch: VersionPatch,
  signal: AbortSignal,
): Promise<Version> => request(path`models/${name}/versions/${version}`, { method: 'PATCH', body: patch, signal });

export interface AliasMove {
  readonly version: number;
  /** What it names now, null: it does not exist. Somebody else's move is then no surprise. */
  readonly expectedVersion: number | null;
  readonly force: boolean;
}

/** Resolves when the version is loaded and answers; until then the one before it is in service. */
export const setAlias = (name: string, alias: string, move: AliasMove, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}/aliases/${alias}`, { method: 'PUT', body: move, signal });

export const deleteAlias = (name: string, alias: string, force: boolean, signal: AbortSignal): Promise<void> =>
  request(path`models/${name}/aliases/${alias}`, { method: 'DELETE', query: { force: force || undefined }, signal });

/** As `setAlias`. */
export const rollBack = (name: string, force: boolean, signal: AbortSignal): Promise<Model> =>
  request(path`models/${name}/rollback`, { method: 'POST', body: { force }, signal });

/** Newest first. */
export const fetchAudit = (
  name: string,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<List<AuditEntry>> => request(path`models/${name}/audit`, { query: { offset, limit }, signal });

export const deleteModel = (name: string, force: boolean, signal: AbortSignal): Promise<void> =>
  request(path`models/${name}`, { method: 'DELETE', query: { force: force || undefined }, signal });

export const deleteVersion = (name: string, version: number, signal: AbortSignal): Promise<void> =>
  request(path`models/${name}/versions/${version}`, { method: 'DELETE', signal });

export const downloadVersion = (name: string, version: number, signal: AbortSignal): Promise<void> =>
  download(path`models/${name}/versions/${version}/file`, `${name}-${version}.onnx`, signal);

/** The archive that `uploadVersion` takes back: files, metrics, labels, features, description, tags. */
export const exportVersion = (name: string, version: number, signal: AbortSignal): Promise<void> =>
  download(path`models/${name}/versions/${version}/export`, `${name}-${version}.tar`, signal);

export interface UploadOptions {
  /** A tar as `exportVersion` gives it; else a model file. */
  readonly isArchive: boolean;
  readonly description: string;
  readonly allowDuplicate: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (ratio: number) => void;
}

/** Stores the file as the next version of the model, which is made if there is none of that name. */
export function uploadVersion(name: string, file: Blob, options: UploadOptions): Promise<Version> {
  const { isArchive, description, allowDuplicate, signal, onProgress } = options;
  const query = { create: true, description: description || undefined, allowDuplicate: allowDuplicate || undefined };
  return upload(path`models/${name}/versions`, file, {
    contentType: isArchive ? 'application/x-tar' : 'application/octet-stream',
    query,
    signal,
    onProgress,
  });
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

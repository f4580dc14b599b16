import type { EngineStats } from '../../../lib/inference/engine';

export type { Signature, TensorInfo } from '../../../lib/registry/signature';
export type { Model, Usage, Version, VersionSummary } from '../../../lib/registry/types';

/** The part of `GET /health` that the editor reads. */
export interface Health {
  readonly engine: EngineStats;
  readonly auth: { readonly adminAuth: boolean };
}

export interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

export interface InferAnswer {
  readonly payload: unknown;
  readonly durationMs: number;
  /** NaN or an infinity stands as null in the payload. */
  readonly nonFinite?: boolean;
}

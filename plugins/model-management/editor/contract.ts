import type { EngineStats } from '../../../lib/inference/engine';
import type { Metrics, Tags } from '../../../lib/registry/types';

export type { Signature, TensorInfo } from '../../../lib/registry/signature';
export type { AuditEntry, Model, Tags, Usage, Version, VersionSummary } from '../../../lib/registry/types';

/** What may be said of a version; a field replaces the old value as a whole, null or [] takes names away. */
export interface VersionPatch {
  readonly description?: string;
  readonly tags?: Tags;
  readonly metrics?: Metrics;
  readonly labels?: readonly string[];
  readonly features?: readonly string[];
}

/** The part of `GET /health` that the editor reads. */
export interface Health {
  readonly engine: EngineStats;
  readonly docker: { readonly available: boolean; readonly reason?: string };
  readonly broker: { readonly connected: boolean; readonly url?: string };
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

import type { ActivityField } from '../../../lib/inference/activity';
import type { EngineStats } from '../../../lib/inference/engine';
import type { NodeFigures } from '../../../lib/pipeline/node/node-figures';
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

/** Of one version, by column, the oldest sample first; null = nothing to tell. */
export type ActivitySamples = Readonly<Record<ActivityField, readonly (number | null)[]>> & {
  readonly at: readonly string[];
};

export interface Activity {
  readonly stepMs: number;
  /** When it was read. */
  readonly at: string;
  /** The newest first. */
  readonly versions: readonly {
    readonly version: number;
    readonly loaded: boolean;
    readonly samples: ActivitySamples;
  }[];
}

/** The part of `GET /health` that the editor reads. */
export interface Health {
  /** On an edge a hub says what runs. */
  readonly role: 'hub' | 'edge';
  /** After the next start of Node-RED. */
  readonly nextRole: 'hub' | 'edge';
  /** settings.js says it, and the sidebar cannot. */
  readonly isRoleSet: boolean;
  readonly engine: EngineStats;
  readonly nodes: readonly NodeFigures[];
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

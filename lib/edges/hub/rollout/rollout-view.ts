import { toIso } from '../../../clock';
import {
  type EdgeNow,
  leaveReasonOf,
  nextWaveDueAt,
  nowOf,
  type Outcome,
  outcomeOf,
  type RolloutFacts,
} from './plan-rollout';
import {
  type AuditEntry,
  type LeaveReason,
  type RolloutDocument,
  type RolloutEdge,
  type RolloutStatus,
  type StopReason,
  waveCount,
} from './rollout-document';

export interface RolloutEdgeView {
  readonly name: string;
  /** From 1. */
  readonly wave: number;
  readonly state: Outcome;
  /** 0..1, of the download while it is `pending`. */
  readonly progress?: number;
  /** What the edge says of its last try. */
  readonly error?: string;
  /** Why it is left alone. */
  readonly reason?: LeaveReason;
  /** What it had: a number or an alias; null = nothing. */
  readonly before: number | string | null;
}

/** A rollout as the HTTP API lists it. */
export interface RolloutSummary {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly state: RolloutStatus;
  /** Why it was stopped. */
  readonly reason?: StopReason;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly selection: RolloutDocument['selection'];
  readonly waves: RolloutDocument['waves'];
  readonly soakMs: number;
  readonly stop: RolloutDocument['stop'];
  /** How many of `waveCount` were opened. */
  readonly openWaves: number;
  readonly waveCount: number;
  /** When the next wave opens if nothing happens until then; absent while the open ones are not well yet. */
  readonly nextWaveAt?: string;
  /** Of edges, by their state; those that are not zero. */
  readonly counts: Readonly<Partial<Record<Outcome, number>>>;
}

export interface RolloutView extends RolloutSummary {
  readonly edges: readonly RolloutEdgeView[];
  /** Oldest first. */
  readonly audit: readonly (Omit<AuditEntry, 'at'> & { readonly at: string })[];
}

export function toRolloutView(rollout: RolloutDocument, facts: RolloutFacts): RolloutView {
  const edges = rollout.edges.map((edge) => toEdgeView(rollout, edge, nowOf(facts, edge)));
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { state } of edges) counts[state] = (counts[state] ?? 0) + 1;
  const dueAt = nextWaveDueAt(rollout, facts);
  const { _id: id, model, version, state, createdAt, selection, waves, soakMs, stop, openWaves, audit } = rollout;
  return {
    id,
    model,
    version,
    state: state.status,
    ...(state.status === 'stopped' ? { reason: state.reason } : {}),
    createdAt: toIso(createdAt),
    createdBy: audit[0]?.user ?? null,
    selection,
    waves,
    soakMs,
    stop,
    openWaves,
    waveCount: waveCount(rollout),
    ...(dueAt === null ? {} : { nextWaveAt: toIso(dueAt) }),
    counts,
    edges,
    audit: audit.map((entry) => ({ ...entry, at: toIso(entry.at) })),
  };
}

/** Of a rollout that is over, an edge that others changed since is one that would be left alone. */
function toEdgeView(rollout: RolloutDocument, edge: RolloutEdge, now: EdgeNow | undefined): RolloutEdgeView {
  const reason = leaveReasonOf(rollout, edge, now);
  const state = reason ? 'left' : outcomeOf(rollout, edge, now);
  return {
    name: edge.name,
    wave: edge.wave + 1,
    state,
    ...(state === 'pending' && now?.progress !== undefined ? { progress: now.progress } : {}),
    ...((state === 'pending' || state === 'failed') && now?.error !== undefined ? { error: now.error } : {}),
    ...(reason ? { reason } : {}),
    before: edge.before?.ref ?? null,
  };
}

export function toRolloutSummary({ edges: _, audit: __, ...summary }: RolloutView): RolloutSummary {
  return summary;
}

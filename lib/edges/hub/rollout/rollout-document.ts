import { z } from 'zod';
import { ModelName, VersionNumber } from '../../../ids';
import { EdgeName } from '../../protocol/documents';

const at = z.int();
const user = z.string().nullable();

/** The size of a wave: so many edges, or so many of a hundred of all, rounded up. What is over is the last wave. */
export const WaveSize = z.union([
  z.strictObject({ count: z.int().positive() }),
  z.strictObject({ percent: z.number().positive().max(100) }),
]);
export type WaveSize = z.infer<typeof WaveSize>;

/** More failed edges than this stop the rollout; the percentage is of the edges that were assigned so far. */
export const StopCriteria = z.union([
  z.strictObject({ maxFailed: z.int().nonnegative() }),
  z.strictObject({ maxFailedPercent: z.number().min(0).max(100) }),
]);
export type StopCriteria = z.infer<typeof StopCriteria>;

const Before = z.object({
  /** A number, or an alias that was followed. */
  ref: z.union([z.int(), z.string()]),
  /** What the reference named: it stays when its alias goes. */
  version: VersionNumber,
});

export const leaveReasons = ['deleted', 'changed', 'refused'] as const;
export type LeaveReason = (typeof leaveReasons)[number];

/**
 * `assigning` and `restoring` are on the disk before the assignment is written, so that a start after a crash knows a
 * change of its own from one by hand.
 */
const phase = z.discriminatedUnion('phase', [
  z.object({ phase: z.enum(['waiting', 'assigning', 'assigned', 'restoring', 'restored']) }),
  z.object({ phase: z.literal('left'), reason: z.enum(leaveReasons) }),
]);

export const RolloutEdge = z.intersection(
  z.object({
    name: EdgeName,
    /** Another edge that takes the name of a deleted one is not the same. */
    createdAt: at,
    /** From 0. */
    wave: z.int().nonnegative(),
    /** What it had of the model; null = nothing. */
    before: Before.nullable(),
  }),
  phase,
);
export type RolloutEdge = z.infer<typeof RolloutEdge>;

export const stopReasons = ['by-user', 'failures', 'version-gone', 'nothing-left'] as const;
export type StopReason = (typeof stopReasons)[number];

export const RolloutState = z.discriminatedUnion('status', [
  /** `soakingSince`: since when the open waves are well; null = they are not yet. */
  z.object({ status: z.literal('running'), soakingSince: at.nullable() }),
  z.object({ status: z.literal('paused') }),
  z.object({ status: z.literal('stopped'), reason: z.enum(stopReasons) }),
  z.object({ status: z.literal('succeeded') }),
  z.object({ status: z.literal('rolling_back') }),
  z.object({ status: z.literal('rolled_back') }),
]);
export type RolloutState = z.infer<typeof RolloutState>;
export type RolloutStatus = RolloutState['status'];

export const AuditEntry = z.object({
  at,
  /** Null = the hub itself, or nobody is logged in. */
  user,
  action: z.enum([
    'started',
    'wave-opened',
    'edge-left',
    'paused',
    'resumed',
    'stopped',
    'succeeded',
    'roll-back-started',
    'rolled-back',
  ]),
  /** From 1, as people count. */
  wave: z.int().positive().exactOptional(),
  edge: EdgeName.exactOptional(),
  reason: z.string().exactOptional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `edge-rollouts.db`: one version on its way to many edges. */
export const RolloutDocument = z
  .object({
    _id: z.string(),
    model: ModelName,
    version: VersionNumber,
    createdAt: at,
    /** What was asked for; `edges` is what that was at the start, and who joins later is not touched. */
    selection: z.union([
      z.object({ labels: z.array(z.string()).readonly() }),
      z.object({ edges: z.array(EdgeName).readonly() }),
    ]),
    waves: z.array(WaveSize).readonly(),
    /** Between the moment when the open waves are well and the next wave. */
    soakMs: z.int().nonnegative(),
    stop: StopCriteria,
    edges: z.array(RolloutEdge.readonly()).min(1).readonly(),
    /** How many waves were opened. */
    openWaves: z.int().nonnegative(),
    state: RolloutState,
    audit: z.array(AuditEntry.readonly()).readonly(),
  })
  .readonly();
export type RolloutDocument = z.infer<typeof RolloutDocument>;

/** It may still change assignments, so no other may of the same model. A paused one does when it is resumed. */
export function isActive({ state: { status } }: RolloutDocument): boolean {
  return status === 'running' || status === 'paused' || status === 'rolling_back';
}

export function waveCount({ edges }: RolloutDocument): number {
  return Math.max(...edges.map(({ wave }) => wave)) + 1;
}

export function withAudit(rollout: RolloutDocument, ...entries: readonly AuditEntry[]): RolloutDocument {
  return entries.length === 0 ? rollout : { ...rollout, audit: [...rollout.audit, ...entries] };
}

import { edgeKey } from '../../protocol/names';
import {
  type AuditEntry,
  type LeaveReason,
  type RolloutDocument,
  type RolloutEdge,
  type StopReason,
  waveCount,
  withAudit,
} from './rollout-document';

export type EdgeRef = number | string;

/** What is known of an edge now, and of the model of the rollout on it. */
export interface EdgeNow {
  readonly createdAt: number;
  readonly isOnline: boolean;
  /** What is assigned; null = nothing. */
  readonly ref: EdgeRef | null;
  /** The version that answers there; null = none, or not known. */
  readonly reported: number | null;
  /** Of what is assigned: a word of the edge on what was assigned before is `pending`. */
  readonly state: 'pending' | 'downloading' | 'running' | 'failed';
  /** 0..1, of its download. */
  readonly progress?: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface RolloutFacts {
  /** By `edgeKey`. */
  readonly edges: ReadonlyMap<string, EdgeNow>;
  /** False when the model or the version is deleted. */
  readonly hasVersion: boolean;
  /** Since when edges are heard without a break: nothing soaks while nobody listens. */
  readonly watchedSinceMs: number;
}

/** An assignment to be written unless it is another than `from` by then. */
export interface AssignmentWrite {
  readonly edge: string;
  readonly from: EdgeRef | null;
  /** Null = the edge shall not run the model. */
  readonly to: RolloutEdge['before'];
}

export interface RolloutPlan {
  /** To be on the disk before `writes` are made; the same object when nothing changed. */
  readonly rollout: RolloutDocument;
  readonly writes: readonly AssignmentWrite[];
  /** When to plan again though nothing happens; null = nothing is due. */
  readonly wakeAt: number | null;
}

/**
 * What a rollout does next. It can be asked again at any time, also after a crash between any two of its writes:
 * what is done already is found done.
 *
 * A wave opens when the edges of all waves before it that are online run the version, or failed within the criteria, at
 * least one of them runs it, and that was so for `soakMs`. Edges that are offline are not waited for.
 */
export function planRollout(rollout: RolloutDocument, facts: RolloutFacts, nowMs: number): RolloutPlan {
  switch (rollout.state.status) {
    case 'running':
      return planWaves(notice(rollout, facts, nowMs), facts, nowMs);
    case 'rolling_back':
      return planRollBack(notice(rollout, facts, nowMs), nowMs);
    default:
      return { rollout, writes: [], wakeAt: null };
  }
}

/** Leaves edges alone from now on, and says so. */
export function leaveEdges(
  rollout: RolloutDocument,
  reasons: ReadonlyMap<string, LeaveReason>,
  nowMs: number,
): RolloutDocument {
  const left: AuditEntry[] = [];
  const edges = rollout.edges.map((edge): RolloutEdge => {
    const reason = reasons.get(edgeKey(edge.name));
    if (!reason || edge.phase === 'left') return edge;
    left.push({ at: nowMs, user: null, action: 'edge-left', edge: edge.name, reason });
    const { name, createdAt, wave, before } = edge;
    return { name, createdAt, wave, before, phase: 'left', reason };
  });
  return left.length === 0 ? rollout : withAudit({ ...rollout, edges }, ...left);
}

/** The edges that were assigned, or are about to be. */
export const isExposed = ({ phase }: RolloutEdge): boolean => phase === 'assigning' || phase === 'assigned';

export const nowOf = ({ edges }: RolloutFacts, { name }: RolloutEdge): EdgeNow | undefined => edges.get(edgeKey(name));

export type Outcome = 'waiting' | 'pending' | 'offline' | 'running' | 'failed' | 'restoring' | 'restored' | 'left';

/** Why a rollout leaves this edge alone, or will as soon as it goes on; undefined = it does not. */
export function leaveReasonOf(
  rollout: RolloutDocument,
  edge: RolloutEdge,
  now: EdgeNow | undefined,
): LeaveReason | undefined {
  if (edge.phase === 'left') return edge.reason;
  const noticed = noticedPhase(rollout, edge, now);
  return noticed === 'deleted' || noticed === 'changed' ? noticed : undefined;
}

/** How it stands with one edge. What an edge said last counts also when it is offline now. */
export function outcomeOf({ version }: RolloutDocument, edge: RolloutEdge, now: EdgeNow | undefined): Outcome {
  if (edge.phase === 'assigning') return 'pending';
  if (edge.phase !== 'assigned') return edge.phase;
  if (now?.state === 'failed') return 'failed';
  if (!now?.isOnline) return 'offline';
  return now.state === 'running' && now.reported === version ? 'running' : 'pending';
}

/** When its next wave opens if all stays as it is; null = nobody knows, or there is none. */
export function nextWaveDueAt({ state, soakMs }: RolloutDocument, { watchedSinceMs }: RolloutFacts): number | null {
  if (state.status !== 'running' || state.soakingSince === null) return null;
  return Math.max(state.soakingSince, watchedSinceMs) + soakMs;
}

/** Takes in what was written, and what others changed. */
function notice(rollout: RolloutDocument, facts: RolloutFacts, nowMs: number): RolloutDocument {
  const gone = new Map<string, LeaveReason>();
  let hasChanged = false;
  const edges = rollout.edges.map((edge): RolloutEdge => {
    const phase = noticedPhase(rollout, edge, nowOf(facts, edge));
    if (phase === edge.phase || phase === 'left') return edge;
    if (phase === 'deleted' || phase === 'changed') {
      gone.set(edgeKey(edge.name), phase);
      return edge;
    }
    hasChanged = true;
    return inPhase(edge, phase);
  });
  return leaveEdges(hasChanged ? { ...rollout, edges } : rollout, gone, nowMs);
}

type ActivePhase = Exclude<RolloutEdge['phase'], 'left'>;

function inPhase({ name, createdAt, wave, before }: RolloutEdge, phase: ActivePhase): RolloutEdge {
  return { name, createdAt, wave, before, phase };
}

function noticedPhase(
  { version }: RolloutDocument,
  edge: RolloutEdge,
  now: EdgeNow | undefined,
): RolloutEdge['phase'] | 'deleted' | 'changed' {
  const { phase } = edge;
  if (phase === 'left' || phase === 'restored') return phase;
  if (now?.createdAt !== edge.createdAt) return 'deleted';
  const isBefore = now.ref === (edge.before?.ref ?? null);
  const isNew = now.ref === version;
  switch (phase) {
    case 'waiting':
      return isBefore ? phase : 'changed';
    case 'assigning':
      if (isNew) return 'assigned';
      return isBefore ? phase : 'changed';
    case 'assigned':
      return isNew ? phase : 'changed';
    case 'restoring':
      if (isBefore) return 'restored';
      return isNew ? phase : 'changed';
  }
}

function planWaves(rollout: RolloutDocument, facts: RolloutFacts, nowMs: number): RolloutPlan {
  if (!facts.hasVersion) return stopped(rollout, 'version-gone', nowMs);
  if (rollout.openWaves === 0) return openWave(rollout, nowMs);
  const exposed = rollout.edges.filter(isExposed);
  if (exposed.length === 0) return stopped(rollout, 'nothing-left', nowMs);
  const outcomes = exposed.map((edge) => outcomeOf(rollout, edge, nowOf(facts, edge)));
  const countOf = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
  if (isTooMany(rollout, countOf('failed'), exposed.length)) return stopped(rollout, 'failures', nowMs);
  if (countOf('running') === 0) return going(soaking(rollout, null), null);
  if (countOf('pending') > 0) return going(rollout, null);
  if (rollout.openWaves >= waveCount(rollout)) return succeeded(rollout, nowMs);
  const since = rollout.state.status === 'running' ? (rollout.state.soakingSince ?? nowMs) : nowMs;
  const soaked = soaking(rollout, since);
  const dueAt = nextWaveDueAt(soaked, facts) ?? nowMs;
  return nowMs >= dueAt ? openWave(rollout, nowMs) : going(soaked, dueAt);
}

function planRollBack(rollout: RolloutDocument, nowMs: number): RolloutPlan {
  const writes = rollout.edges
    .filter(({ phase }) => phase === 'restoring')
    .map(({ name, before }): AssignmentWrite => ({ edge: name, from: rollout.version, to: before }));
  if (writes.length > 0) return { rollout, writes, wakeAt: null };
  return ended({ ...rollout, state: { status: 'rolled_back' } }, { at: nowMs, user: null, action: 'rolled-back' });
}

/** A wave of which nobody is left opens as well: the one after it then waits another time. */
function openWave(rollout: RolloutDocument, nowMs: number): RolloutPlan {
  const edges = rollout.edges.map((edge) =>
    edge.phase === 'waiting' && edge.wave === rollout.openWaves ? inPhase(edge, 'assigning') : edge,
  );
  const openWaves = rollout.openWaves + 1;
  const state = { status: 'running', soakingSince: null } as const;
  const entry = { at: nowMs, user: null, action: 'wave-opened', wave: openWaves } as const;
  return going(withAudit({ ...rollout, edges, openWaves, state }, entry), nowMs);
}

function going(rollout: RolloutDocument, wakeAt: number | null): RolloutPlan {
  const to = { ref: rollout.version, version: rollout.version };
  const writes = rollout.edges
    .filter(({ phase }) => phase === 'assigning')
    .map(({ name, before }): AssignmentWrite => ({ edge: name, from: before?.ref ?? null, to }));
  return { rollout, writes, wakeAt };
}

function soaking(rollout: RolloutDocument, soakingSince: number | null): RolloutDocument {
  const { state } = rollout;
  if (state.status === 'running' && state.soakingSince === soakingSince) return rollout;
  return { ...rollout, state: { status: 'running', soakingSince } };
}

function isTooMany({ stop }: RolloutDocument, failedCount: number, exposedCount: number): boolean {
  return 'maxFailed' in stop ? failedCount > stop.maxFailed : failedCount * 100 > stop.maxFailedPercent * exposedCount;
}

function stopped(rollout: RolloutDocument, reason: StopReason, nowMs: number): RolloutPlan {
  const entry = { at: nowMs, user: null, action: 'stopped', reason } as const;
  return ended({ ...rollout, state: { status: 'stopped', reason } }, entry);
}

function succeeded(rollout: RolloutDocument, nowMs: number): RolloutPlan {
  return ended({ ...rollout, state: { status: 'succeeded' } }, { at: nowMs, user: null, action: 'succeeded' });
}

function ended(rollout: RolloutDocument, entry: AuditEntry): RolloutPlan {
  return { rollout: withAudit(rollout, entry), writes: [], wakeAt: null };
}

import { toIso } from '../../clock';
import type { ModelEdge } from '../../registry';
import type { Capabilities, ReportedModel, ReportedState } from '../protocol/documents';
import type { AssignmentDocument, EdgeDocument, EdgeStateDocument } from './hub-documents';
import type { EdgePipelineView } from './pipelines/pipeline-views';
import { isOnline } from './presence';

export type EdgeState = 'pending' | 'online' | 'offline' | 'conflict' | 'revoked';

export interface EdgeModelView {
  readonly name: string;
  /** The version that is wanted. */
  readonly desired: number;
  /** The version that answers there; null = none yet, or not known. */
  readonly reported: number | null;
  readonly state: ReportedModel['state'];
  /** 0..1. */
  readonly progress?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** An edge as the HTTP API shows it. */
export interface EdgeView {
  readonly name: string;
  readonly labels: readonly string[];
  readonly state: EdgeState;
  readonly since: string;
  /** Null before it has told. */
  readonly capabilities: Omit<Capabilities, 'features'> | null;
  readonly models: readonly EdgeModelView[];
  readonly pipelines: readonly EdgePipelineView[];
  /** Its clock against the hub's; null = not known. */
  readonly clockSkewMs: number | null;
}

/** A model that runs on an edge, whether it was assigned or is there for a pipeline. */
export type AssignedModel = Pick<AssignmentDocument, 'model' | 'ref' | 'version'>;

export interface EdgeFacts {
  readonly edge: EdgeDocument;
  /** Under the key it has now. */
  readonly said: EdgeStateDocument | undefined;
  /** As of then where its key was taken back since: it keeps what it runs, and is not heard any more. Null = it never told. */
  readonly lastReport: ReportedState | null;
  readonly isConflict: boolean;
  /** It has taken what was issued last: only then its word on a model is about what is wanted. */
  readonly isTaken: boolean;
  /** The version that is assigned is nowhere any more, so it can be given to no edge. */
  readonly isGone: (assigned: AssignedModel) => boolean;
}

export function stateOf({ edge, said, isConflict }: EdgeFacts): {
  readonly state: EdgeState;
  readonly sinceMs: number;
} {
  if (!edge.key) {
    return edge.revoked
      ? { state: 'revoked', sinceMs: edge.revoked.at }
      : { state: 'pending', sinceMs: edge.createdAt };
  }
  // It has a key and was never heard of.
  if (!said) return { state: 'offline', sinceMs: edge.key.enrolledAt };
  if (isConflict) return { state: 'conflict', sinceMs: said.marks.alternatedAt ?? said.marks.changedAt };
  return { state: isOnline(said.marks) ? 'online' : 'offline', sinceMs: said.marks.changedAt };
}

/**
 * True when something is wanted of an edge that is online and, by its last word, not brought about yet; or it has runs or
 * rows for the hub, of which it would say more.
 */
export function isUnderWay(facts: EdgeFacts): boolean {
  const { said, isTaken } = facts;
  if (stateOf(facts).state !== 'online') return false;
  const { models = [], pipelines = [], runs = [], rows = [] } = said?.report ?? {};
  const isBusy = ({ state }: { readonly state: string }): boolean => state === 'pending' || state === 'downloading';
  if (runs.length > 0 || rows.length > 0) return true;
  return !said?.report || !isTaken || models.some(isBusy) || pipelines.some(isBusy);
}

export function toEdgeView(
  facts: EdgeFacts,
  wanted: readonly AssignedModel[],
  pipelines: readonly EdgePipelineView[],
): EdgeView {
  const { edge, said, lastReport } = facts;
  const { state, sinceMs } = stateOf(facts);
  const { features: _, ...capabilities } = lastReport?.capabilities ?? { features: [] };
  return {
    name: edge.name,
    labels: edge.labels,
    state,
    since: toIso(sinceMs),
    capabilities: lastReport ? (capabilities as Omit<Capabilities, 'features'>) : null,
    models: wanted.map((assignment) => toEdgeModel(facts, assignment)),
    pipelines,
    clockSkewMs: said?.clockSkewMs ?? null,
  };
}

export function toModelEdge(facts: EdgeFacts, assignment: AssignmentDocument): ModelEdge {
  const { reported, state, error } = toEdgeModel(facts, assignment);
  const shown = error ? { error: error.message } : {};
  return { name: assignment.edge, version: assignment.ref, reported: { version: reported, state, ...shown } };
}

/** How it stands with what is assigned, by what the edge says of it. */
export function toEdgeModel(facts: EdgeFacts, assignment: AssignedModel): EdgeModelView {
  const { model, version: desired } = assignment;
  const reported = facts.lastReport?.models.find(({ name }) => name === model);
  const common = { name: model, desired, reported: reported?.version ?? null };
  if (facts.isGone(assignment)) {
    const message = `Version ${desired} of ${model} is gone: the edge keeps what it runs of it until another version is assigned.`;
    return { ...common, state: 'failed', error: { code: 'VERSION_NOT_FOUND', message } };
  }
  if (!reported || !holds(facts, reported.state, reported.version === desired)) {
    return { ...common, state: 'pending', ...obstacleOf(facts) };
  }
  const { state, progress, error } = reported;
  return { ...common, state, ...(progress === undefined ? {} : { progress }), ...(error ? { error } : {}) };
}

/**
 * True when what an edge says of something is about what is wanted now: when it has taken what was issued last. One whose
 * key was taken back says no more and gets nothing new: what stood then stands still, what was under way came to nothing.
 * @param isWanted - what it has is what is wanted
 */
export function holds(
  { edge, isTaken }: Pick<EdgeFacts, 'edge' | 'isTaken'>,
  state: string,
  isWanted: boolean,
): boolean {
  return edge.key ? isTaken : state === 'failed' || (isWanted && state !== 'downloading');
}

/** Why an edge has not taken what is wanted, where its disk is the reason. It tries again by itself. */
export function obstacleOf({ edge, isTaken, lastReport }: Pick<EdgeFacts, 'edge' | 'isTaken' | 'lastReport'>): {
  readonly error?: { readonly code: string; readonly message: string };
} {
  const { reason: code, message } = lastReport?.refused ?? {};
  return edge.key && !isTaken && code !== undefined && message !== undefined ? { error: { code, message } } : {};
}

import type { EdgeAgentStatus, OwnModel } from '../../../../lib/edges/agent/edge-agent';
import type { OwnPipeline } from '../../../../lib/edges/agent/pipelines/own-pipelines';
import type { OwnRun } from '../../../../lib/edges/agent/runs/own-runs';
import type { Enrolment } from '../../../../lib/edges/hub/edge-hub';
import type { EdgeView } from '../../../../lib/edges/hub/views';
import { path, request, requestAll } from '../api';
import type { Health, Model } from '../contract';

export type { Enrolment } from '../../../../lib/edges/hub/edge-hub';
export type { EdgeModelView, EdgeState, EdgeView } from '../../../../lib/edges/hub/views';

/** With `local`, this Node-RED itself. */
export const fetchEdges = (signal?: AbortSignal): Promise<readonly EdgeView[]> =>
  requestAll('edges', { sort: 'name' }, signal);

export const fetchEdge = (name: string, signal: AbortSignal): Promise<EdgeView> =>
  request(path`edges/${name}`, { signal });

/** The token in it is shown once. */
export interface Enrolling {
  readonly edge: EdgeView;
  readonly enrolment: Enrolment;
}

export const createEdge = (
  body: { readonly name: string; readonly labels: readonly string[] },
  signal: AbortSignal,
): Promise<Enrolling> => request('edges', { method: 'POST', body, signal });

export const updateEdge = (
  name: string,
  body: { readonly labels?: readonly string[] },
  signal: AbortSignal,
): Promise<EdgeView> => request(path`edges/${name}`, { method: 'PATCH', body, signal });

/** @param revoke - the key in use is void at once, not only when the token is used */
export const newToken = (name: string, revoke: boolean, signal: AbortSignal): Promise<Enrolling> =>
  request(path`edges/${name}/enrolment`, {
    method: 'POST',
    body: {},
    query: { revoke: revoke || undefined },
    signal,
  });

/** The edge tries again, on its own, what failed there. */
export const retryEdge = (name: string, signal: AbortSignal): Promise<void> =>
  request(path`edges/${name}/retry`, { method: 'POST', body: {}, signal });

export const deleteEdge = (name: string, signal: AbortSignal): Promise<void> =>
  request(path`edges/${name}`, { method: 'DELETE', signal });

export interface EdgeLogEntry {
  readonly at: string;
  readonly level: 'error' | 'warn' | 'info';
  readonly text: string;
}

/** Newest first. */
export const fetchEdgeLog = (name: string, signal: AbortSignal): Promise<readonly EdgeLogEntry[]> =>
  requestAll(path`edges/${name}/log`, {}, signal);

export interface EdgeChoice {
  readonly name: string;
  /** A number or an alias. */
  readonly version: number | string;
}

/** The whole list of edges that run the model. */
export const assignEdges = (model: string, edges: readonly EdgeChoice[], signal: AbortSignal): Promise<Model> =>
  request(path`models/${model}/edges`, { method: 'PUT', body: { edges }, signal });

/** Of an edge: what it is to its hub. */
export interface OwnEdge extends EdgeAgentStatus {
  readonly name: string;
  readonly hubId: string;
  readonly nextRole: Health['nextRole'];
  readonly isRoleSet: boolean;
  /** Those that are wanted, and those that run still. */
  readonly models: readonly OwnModel[];
  readonly pipelines: readonly OwnPipeline[];
  /** Under way, or waiting. */
  readonly runs: readonly OwnRun[];
}

export const fetchOwnEdge = (signal: AbortSignal): Promise<OwnEdge> => request('edge', { signal });

export const enrolHere = (token: string, signal: AbortSignal): Promise<OwnEdge> =>
  request('edge/enrol', { method: 'POST', body: { token }, signal });

/** What this Node-RED will be after its next start. */
export interface Joining extends Pick<Health, 'nextRole' | 'isRoleSet'> {
  readonly edge?: { readonly name: string; readonly hubId: string };
}

/** @param force - what is here may rest while this Node-RED is an edge */
export const joinHub = (settings: object, force: boolean, signal: AbortSignal): Promise<Joining> =>
  request('edge/join', { method: 'POST', body: { settings, force }, signal });

/** Stays what it is, while it was not started again. */
export const undoJoin = (signal: AbortSignal): Promise<Joining> => request('edge/join', { method: 'DELETE', signal });

/** This edge tries again what failed here. */
export const retryHere = async (signal: AbortSignal): Promise<void> => {
  await request('edge/retry', { method: 'POST', body: {}, signal });
};

export const leaveHub = (signal: AbortSignal): Promise<OwnEdge> =>
  request('edge/leave', { method: 'POST', body: {}, signal });

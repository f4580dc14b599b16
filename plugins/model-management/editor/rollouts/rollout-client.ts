import type { RolloutAction } from '../../../../lib/edges/hub/rollout/rollout-actions';
import type { StopCriteria, WaveSize } from '../../../../lib/edges/hub/rollout/rollout-document';
import type { RolloutSummary, RolloutView } from '../../../../lib/edges/hub/rollout/rollout-view';
import { path, request, requestAll } from '../api';

export type { RolloutAction } from '../../../../lib/edges/hub/rollout/rollout-actions';
export type { RolloutStatus, WaveSize } from '../../../../lib/edges/hub/rollout/rollout-document';
export type { RolloutEdgeView, RolloutSummary, RolloutView } from '../../../../lib/edges/hub/rollout/rollout-view';

/** Those of all models that are not over, newest first. */
export const fetchActiveRollouts = (signal: AbortSignal): Promise<readonly RolloutSummary[]> =>
  requestAll('rollouts', { active: true }, signal);

/** Newest first. */
export const fetchModelRollouts = (model: string, signal: AbortSignal): Promise<readonly RolloutSummary[]> =>
  requestAll(path`models/${model}/rollouts`, {}, signal);

export const fetchRollout = (id: string, signal: AbortSignal): Promise<RolloutView> =>
  request(path`rollouts/${id}`, { signal });

/** Edges by name, or those that have all labels. */
export type RolloutBody = {
  readonly version: number;
  readonly waves: readonly WaveSize[];
  readonly soakMs: number;
  readonly stop: StopCriteria;
} & ({ readonly labels: readonly string[] } | { readonly edges: readonly string[] });

export const startRollout = (model: string, body: RolloutBody, signal: AbortSignal): Promise<RolloutView> =>
  request(path`models/${model}/rollouts`, { method: 'POST', body, signal });

export const actOnRollout = (id: string, action: RolloutAction, signal: AbortSignal): Promise<RolloutView> =>
  request(`${path`rollouts/${id}`}/${action}`, { method: 'POST', body: {}, signal });

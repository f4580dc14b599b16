import type { EdgeState, EdgeView } from './edge-client';

/** The state of an edge, and of one that is online how its models do. */
export type EdgeLook = EdgeState | 'working' | 'failing';

export function lookOf({ state, models }: Pick<EdgeView, 'state' | 'models'>): EdgeLook {
  if (state !== 'online') return state;
  if (models.some((model) => model.state === 'failed')) return 'failing';
  return models.some((model) => model.state !== 'running') ? 'working' : 'online';
}

import { onEdgeLook } from '../pipelines/on-edges/edge-summary';
import type { EdgeState, EdgeView } from './edge-client';

/** The state of an edge, and of one that is online how its models and pipelines do. */
export type EdgeLook = EdgeState | 'working' | 'failing' | 'failingPipeline';

export function lookOf({ state, models, pipelines }: Pick<EdgeView, 'state' | 'models' | 'pipelines'>): EdgeLook {
  if (state !== 'online') return state;
  if (models.some((model) => model.state === 'failed')) return 'failing';
  const looks = pipelines.map(({ reported }) => onEdgeLook(reported));
  if (looks.includes('failed')) return 'failingPipeline';
  const isWorking = models.some((model) => model.state !== 'running') || looks.includes('working');
  return isWorking ? 'working' : 'online';
}

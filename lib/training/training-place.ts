import type { TrainingEdge, TrainingEdges } from './edges';
import type { JobFields } from './job';
import type { Problem } from './problems';

const LABEL = /^label:\s*(\S.{0,62})$/i;

/** Any edge with a label, written `label:gpu`; undefined = one place, named by itself. No name of an edge holds a colon. */
export const labelOf = (place: string): string | undefined => LABEL.exec(place)?.[1]?.trim();

export const placeWithLabel = (label: string): string => `label:${label}`;

/** In words. */
export const placeText = (place: string): string => {
  const label = labelOf(place);
  return label === undefined ? place : `an edge with the label ${label}`;
};

/** Those where a job may run, by name. */
export function edgesOf(place: string, edges: TrainingEdges): readonly TrainingEdge[] {
  const label = labelOf(place);
  if (label === undefined) return [edges.find(place) ?? []].flat();
  const found = edges.list().filter(({ labels }) => labels.includes(label));
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Why a job cannot run at a place; undefined = it can. */
export function refusalAt(place: string, runner: JobFields['runner'], edges: TrainingEdges): string | undefined {
  const found = edgesOf(place, edges);
  const label = labelOf(place);
  if (found.length === 0) {
    return label === undefined ? `There is no edge named ${place}.` : `No edge has the label ${label}.`;
  }
  const refusals = found.map((edge) => edge.refusal(runner));
  return refusals.includes(undefined) ? undefined : refusals[0];
}

/**
 * What a run needs before it can begin on any edge with a label, in words.
 * @returns undefined = nothing but its turn; also for one that has its place, which takes it also while it is away
 */
export function waitsFor(place: string, runner: JobFields['runner'], edges: TrainingEdges): string | undefined {
  const label = labelOf(place);
  if (label === undefined || readyPlaces(place, runner, edges).length > 0) return undefined;
  return refusalAt(place, runner, edges) ?? `No edge that has the label ${label} and can take the run is online.`;
}

/** Names of the edges with the label that can take a run now. */
export function readyPlaces(place: string, runner: JobFields['runner'], edges: TrainingEdges): readonly string[] {
  return edgesOf(place, edges)
    .filter((edge) => edge.state === 'online' && edge.refusal(runner) === undefined)
    .map(({ name }) => name);
}

/** The first that does not go by itself: what an edge lacks may come, as when it has just started. */
export function lastingProblem(problems: readonly Problem[], place: string, edges: TrainingEdges): Problem | undefined {
  const hasPlace = edgesOf(place, edges).length > 0;
  return problems.find(({ field }) => field !== 'trainingEdge' || !hasPlace);
}

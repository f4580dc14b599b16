import type { Digest } from '../../../ids';
import type { DesiredFile } from '../../protocol/documents';
import type { DesiredLibrary, DesiredPipeline, ReportedPipeline } from '../../protocol/pipeline-documents';
import { isAhead, isFailureOf, isStuck, type PipelineState, pipelineKey } from './pipeline-state';

/** One thing to do. Each can be done again, and leaves what runs as it is when it fails. */
export type PipelineStep =
  | { readonly kind: 'fetch'; readonly target: DesiredPipeline; readonly file: DesiredFile }
  /** It answers again as it did before this process started; nobody has said yet what is wanted. */
  | { readonly kind: 'recall'; readonly library: DesiredLibrary }
  /** Its source answers from now on. */
  | { readonly kind: 'provide'; readonly target: DesiredPipeline; readonly library: DesiredLibrary }
  /** Its tab stands in the flows as it is wanted, and its libraries answer as it knows them. */
  | {
      readonly kind: 'place';
      readonly target: DesiredPipeline;
      /** Those that do not yet. */
      readonly libraries: readonly DesiredLibrary[];
    }
  | { readonly kind: 'remove'; readonly id: string }
  /** No pipeline calls it any more. */
  | { readonly kind: 'withdraw'; readonly library: string };

export interface PipelineSituation {
  /** What the hub wants; null before it has said so. */
  readonly desired: {
    readonly pipelines: readonly DesiredPipeline[];
    readonly libraries: readonly DesiredLibrary[];
  } | null;
  readonly states: ReadonlyMap<string, PipelineState>;
  /** Files that are whole on the disk. */
  readonly present: Pick<ReadonlySet<Digest>, 'has'>;
  /** Libraries that answered before, as the disk says. */
  readonly stored: readonly DesiredLibrary[];
  /** Libraries of the hub that answer, by name. */
  readonly provided: ReadonlyMap<string, Digest>;
  /** True of a model that runs as the hub wants it. */
  readonly isModelReady: (model: string) => boolean;
  /** True of a model that runs, be it an earlier version than the hub wants. */
  readonly isModelServed: (model: string) => boolean;
  /** True of a pipeline that does not stand in the flows as it was placed. */
  readonly isChanged: (id: string) => boolean;
  readonly surroundings: string;
  /** Flows can be changed: they are loaded, and Node-RED runs them. */
  readonly areFlowsReady: boolean;
}

/**
 * The next thing to do for the pipelines of an edge; undefined = nothing now. One that fails waits for its time and
 * holds up no other. What a user changed on the edge stays until somebody wants it back, which is another attempt.
 */
export function planPipelines(situation: PipelineSituation, nowMs: number): PipelineStep | undefined {
  const { desired, states, provided, areFlowsReady } = situation;
  if (!desired) {
    const library = situation.stored.find(({ name }) => !provided.has(name));
    return library && { kind: 'recall', library };
  }
  const wanted = new Set(desired.pipelines.map(({ id }) => id));
  const steps = [...desired.pipelines]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((target) => planOne(target, situation, nowMs) ?? []);
  // A file may take long to come, or never: what needs none goes first.
  const first = steps.find(({ kind }) => kind !== 'fetch');
  if (first) return first;
  for (const state of [...states.values()].sort((a, b) => (a._id < b._id ? -1 : 1))) {
    if (!wanted.has(state._id) && areFlowsReady && !isStuck(state, nowMs)) return { kind: 'remove', id: state._id };
  }
  if (steps[0]) return steps[0];
  // A pipeline that waits may still call what it brought before.
  const isAllPlaced = desired.pipelines.every((target) => isPlacedAs(states.get(target.id), target, situation));
  if (!isAllPlaced || [...states.keys()].some((id) => !wanted.has(id))) return undefined;
  const libraries = new Set<string>(desired.libraries.map(({ name }) => name));
  const known = [...provided.keys(), ...situation.stored.map(({ name }) => name as string)];
  const idle = known.sort().find((name) => !libraries.has(name));
  return idle === undefined ? undefined : { kind: 'withdraw', library: idle };
}

function planOne(target: DesiredPipeline, situation: PipelineSituation, nowMs: number): PipelineStep | undefined {
  const { states, present, provided, areFlowsReady } = situation;
  const state = states.get(target.id);
  if (state && isFailureOf(state, target) && isAhead(state.failure?.retryAt ?? 0, nowMs)) return undefined;
  const libraries = librariesOf(target, situation);
  const isPlaced = isPlacedAs(state, target, situation);
  const { digest, sizeBytes } = target;
  if (!isPlaced && !present.has(digest)) {
    return { kind: 'fetch', target, file: { kind: 'pipeline', digest, sizeBytes } };
  }
  const missing = libraries.filter(({ name, digest: wanted }) => provided.get(name) !== wanted);
  const absent = missing.find((library) => !present.has(library.digest));
  if (absent) {
    const file = { kind: 'library', digest: absent.digest, sizeBytes: absent.sizeBytes };
    return { kind: 'fetch', target, file };
  }
  // Another pipeline brought a later one, or took it away again.
  const [library] = missing;
  if (isPlaced) return library && { kind: 'provide', target, library };
  // Until it can be placed, what runs keeps the libraries that it knows.
  if (!areFlowsReady || waitingFor(target, situation) !== undefined) return undefined;
  return { kind: 'place', target, libraries: missing };
}

const isPlacedAs = (
  state: PipelineState | undefined,
  target: DesiredPipeline,
  { surroundings }: PipelineSituation,
): boolean =>
  state?.surroundings === surroundings &&
  state.applied?.attempt === target.attempt &&
  pipelineKey(state.applied) === pipelineKey(target);

function librariesOf(target: DesiredPipeline, { desired }: PipelineSituation): readonly DesiredLibrary[] {
  const names = new Set<string>(target.libraries);
  return desired?.libraries.filter(({ name }) => names.has(name)) ?? [];
}

/**
 * What a pipeline cannot start without, in words. One that is to stand still needs no models; one that ran here starts
 * with what they answer, and goes over to later versions as it would have done while it ran.
 */
function waitingFor(
  { id, digest, running, models }: DesiredPipeline,
  { states, isModelReady, isModelServed, areFlowsReady }: PipelineSituation,
): string | undefined {
  const isEnough = states.get(id)?.ran === digest ? isModelServed : isModelReady;
  const missing = running ? models.find((model) => !isEnough(model)) : undefined;
  if (missing !== undefined) return `the model ${missing}`;
  return areFlowsReady ? undefined : 'the flows of this Node-RED, which do not run';
}

/** How a pipeline stands; its status is for whoever sees it run. */
export function reportPipeline(target: DesiredPipeline, situation: PipelineSituation): ReportedPipeline {
  const { states, isChanged, present } = situation;
  const state = states.get(target.id);
  const revision = state?.applied?.revision ?? null;
  const common = { id: target.id, revision };
  if (state?.failure && isFailureOf(state, target)) {
    const { code, message, retryAt } = state.failure;
    return { ...common, state: 'failed', error: { code, message }, retryAt };
  }
  if (isPlacedAs(state, target, situation)) {
    return { ...common, state: 'deployed', ...(isChanged(target.id) && { changed: true }) };
  }
  if (!present.has(target.digest)) return { ...common, state: 'downloading' };
  const missing = waitingFor(target, situation);
  return { ...common, state: 'pending', ...(missing !== undefined && { waitingFor: missing }) };
}

/** When to plan again if nothing happens; undefined = nothing waits. */
export function nextPipelinePlanAt(states: Iterable<PipelineState>, nowMs: number): number | undefined {
  const moments = [...states].flatMap(({ failure }) => (failure && failure.retryAt > nowMs ? [failure.retryAt] : []));
  return moments.length === 0 ? undefined : Math.min(...moments);
}

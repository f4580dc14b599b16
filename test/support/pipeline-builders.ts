import { newPipeline, type PipelineState, reducePipeline } from '../../lib/edges/agent/pipelines/pipeline-state';
import type { PipelineSituation } from '../../lib/edges/agent/pipelines/plan-pipelines';
import { DesiredLibrary, DesiredPipeline } from '../../lib/edges/protocol/pipeline-documents';
import { digestFor } from './edge-builders';

/** A pipeline as it is wanted: a bundle of its own for each revision. */
export function aPipeline(id: string, revision: number, fields: Record<string, unknown> = {}): DesiredPipeline {
  return DesiredPipeline.parse({
    id,
    name: `Pipeline ${id}`,
    revision,
    digest: digestFor(`${id} ${revision}`),
    sizeBytes: 100,
    running: true,
    attempt: 0,
    models: [],
    libraries: [],
    ...fields,
  });
}

export const aLibrary = (name: string, revision: number): DesiredLibrary =>
  DesiredLibrary.parse({ name, digest: digestFor(`${name} ${revision}`), sizeBytes: 10 });

/** When tests plan. */
export const NOW = 1_000_000;

/** As they were placed one after the other. */
export const applied = (...targets: readonly DesiredPipeline[]): PipelineState =>
  targets.reduce(
    (state, target) => reducePipeline(state, { kind: 'applied', target, surroundings: 's' }, NOW),
    newPipeline(targets[0]?.id ?? '', 'hub-1'),
  );
export const failed = (target: DesiredPipeline, before = newPipeline(target.id, 'hub-1')): PipelineState =>
  reducePipeline(before, { kind: 'failed', target, code: 'MISSING_NODE_TYPES', message: 'x', jitter: 0 }, NOW);

export const stuck = (target: DesiredPipeline): PipelineState =>
  reducePipeline(applied(target), { kind: 'stuck', code: 'FLOWS_NOT_RUNNING', message: 'x', jitter: 0 }, NOW);

export const situation = (
  pipelines: readonly DesiredPipeline[] | null,
  fields: Partial<Omit<PipelineSituation, 'desired' | 'states'>> & {
    readonly libraries?: readonly DesiredLibrary[];
    readonly states?: readonly PipelineState[];
  } = {},
): PipelineSituation => {
  const { libraries = [], states = [], ...more } = fields;
  return {
    desired: pipelines && { pipelines, libraries },
    states: new Map(states.map((state) => [state._id, state])),
    present: new Set(),
    stored: [],
    provided: new Map(),
    isModelReady: () => true,
    isModelServed: () => true,
    isChanged: () => false,
    surroundings: 's',
    areFlowsReady: true,
    ...more,
  };
};
export const has = (...files: { readonly digest: string }[]) => ({
  present: new Set(files.map(({ digest }) => digest)) as never,
});

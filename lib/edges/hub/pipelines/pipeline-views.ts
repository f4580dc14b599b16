import { toIso } from '../../../clock';
import type { PipelineView } from '../../../pipeline/pipelines/views';
import type { PipelineStatus, ReportedPipeline } from '../../protocol/pipeline-documents';
import type { EdgeFacts, EdgeState } from '../views';
import { holds, obstacleOf, stateOf } from '../views';
import type { PipelineDeploymentDocument, PipelineRevisionDocument } from './deployment-documents';

/** What an edge says of a pipeline. */
export interface ReportedPipelineView {
  /** What stands in its flows; null = nothing yet, or not known. */
  readonly revision: number | null;
  readonly state: ReportedPipeline['state'];
  /** Somebody changed it on the edge. */
  readonly changed?: boolean;
  readonly waitingFor?: string;
  readonly error?: { readonly code: string; readonly message: string };
  /** How it does there. */
  readonly status?: PipelineStatus;
}

/** One of `Edge.pipelines`. */
export interface EdgePipelineView {
  readonly id: string;
  readonly name: string;
  /** The revision that is wanted. */
  readonly desired: number;
  readonly running: boolean;
  readonly reported: ReportedPipelineView;
}

/** One of `Pipeline.edges`. */
export interface PipelineEdgeView {
  readonly name: string;
  /** Of the edge itself. */
  readonly state: EdgeState;
  readonly revision: number;
  /** What ran there before, and what a rollback goes to; null = nothing. */
  readonly previousRevision: number | null;
  readonly brokerId?: string;
  readonly running: boolean;
  readonly reported: ReportedPipelineView;
}

/** A pipeline as the HTTP API shows it: here, and on edges. */
export type PipelineOnEdges = PipelineView & { readonly edges: readonly PipelineEdgeView[] };

/** A pipeline as it was when it was deployed to edges. */
export interface PipelineRevisionView {
  readonly revision: number;
  readonly name: string;
  readonly createdAt: string;
  readonly createdBy: string | null;
  readonly models: readonly { readonly model: string; readonly ref: string }[];
  readonly libraries: readonly { readonly name: string; readonly revision: number }[];
  /** Edges that shall have it. */
  readonly edges: readonly string[];
}

export function toEdgePipeline(
  facts: EdgeFacts,
  deployment: PipelineDeploymentDocument,
  revision: PipelineRevisionDocument | undefined,
): EdgePipelineView {
  return {
    id: deployment.pipeline,
    name: revision?.name ?? deployment.pipeline,
    desired: deployment.revision,
    running: deployment.running,
    reported: toReported(facts, deployment),
  };
}

export function toPipelineEdge(facts: EdgeFacts, deployment: PipelineDeploymentDocument): PipelineEdgeView {
  const { edge: name, revision, previousRevision, brokerId, running } = deployment;
  return {
    name,
    state: stateOf(facts).state,
    revision,
    previousRevision,
    ...(brokerId === null ? {} : { brokerId }),
    running,
    reported: toReported(facts, deployment),
  };
}

function toReported(facts: EdgeFacts, deployment: PipelineDeploymentDocument): ReportedPipelineView {
  const reported = facts.lastReport?.pipelines?.find(({ id }) => id === deployment.pipeline);
  const { state = 'pending', revision = null, changed, waitingFor, error, status } = reported ?? {};
  const isShown = holds(facts, state, revision === deployment.revision);
  return {
    revision,
    state: isShown ? state : 'pending',
    ...(changed && { changed }),
    ...(status && { status }),
    ...(isShown && waitingFor !== undefined && { waitingFor }),
    ...(isShown ? error && { error } : obstacleOf(facts)),
  };
}

export function toRevisionView(
  { revision, name, at, user, models, libraries }: PipelineRevisionDocument,
  deployments: readonly PipelineDeploymentDocument[],
): PipelineRevisionView {
  return {
    revision,
    name,
    createdAt: toIso(at),
    createdBy: user,
    models,
    libraries: libraries.map(({ name: library, revision: number }) => ({ name: library, revision: number })),
    edges: deployments.filter((one) => one.revision === revision).map(({ edge }) => edge),
  };
}

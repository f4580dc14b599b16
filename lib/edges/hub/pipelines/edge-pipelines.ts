import { ModelManagementError } from '../../../errors';
import type { Log } from '../../../log';
import type { PipelineBundle } from '../../../pipeline/bundle/bundle';
import type { User } from '../../../registry';
import type { EdgeCommand } from '../../agent/command-desk';
import { edgeKey } from '../../protocol/names';
import type { PipelinePart } from '../../protocol/pipeline-documents';
import type { EdgeBook } from '../edge-book';
import type { EdgeDocument } from '../hub-documents';
import type { EdgeFacts } from '../views';
import type { PipelineDeployments, StandingPipeline } from './deployments';
import {
  type EdgePipelineView,
  type PipelineEdgeView,
  type PipelineRevisionView,
  toEdgePipeline,
  toPipelineEdge,
  toRevisionView,
} from './pipeline-views';
import type { PipelineRevisions } from './revisions';

export interface EdgePipelinesDeps {
  readonly book: Pick<EdgeBook, 'all' | 'find' | 'get'>;
  readonly deployments: PipelineDeployments;
  readonly revisions: PipelineRevisions;
  readonly factsOf: (edge: EdgeDocument) => EdgeFacts;
  /** What is wanted of these edges has changed. */
  readonly changed: (keys: Iterable<string>) => void;
  readonly ask: (facts: EdgeFacts, command: EdgeCommand, patienceMs?: number) => Promise<unknown>;
  readonly log: Log;
}

/** Node-RED stops its flows, and starts them: each may take its time. */
const RESTART_MS = 60_000;

/** Pipelines of the hub on its edges: which revision where, started or stopped, and what the edges tell of them. */
export class EdgePipelines {
  constructor(private readonly deps: EdgePipelinesDeps) {}

  /** `Pipeline.edges`. */
  edgesOf(pipeline: string): readonly PipelineEdgeView[] {
    return this.deps.deployments.ofPipeline(pipeline).flatMap((deployment) => {
      const edge = this.deps.book.find(deployment.edge);
      return edge ? [toPipelineEdge(this.deps.factsOf(edge), deployment)] : [];
    });
  }

  /** `Edge.pipelines`. */
  ofEdge(facts: EdgeFacts): readonly EdgePipelineView[] {
    const { deployments } = this.deps;
    return deployments
      .ofEdge(facts.edge.name)
      .map((deployment) => toEdgePipeline(facts, deployment, deployments.revisionOf(deployment)));
  }

  /**
   * Newest first; also of a pipeline whose tab is gone, while they are kept.
   * @param require - throws where there is no such pipeline; asked only where nothing is known of it
   */
  revisions(pipeline: string, require: () => void): readonly PipelineRevisionView[] {
    const deployments = this.deps.deployments.ofPipeline(pipeline);
    const revisions = this.deps.revisions.of(pipeline);
    if (deployments.length + revisions.length === 0) require();
    return revisions.map((revision) => toRevisionView(revision, deployments));
  }

  /** Ids of pipelines with revisions that no edge shall have, and that none told it has. */
  idle(): readonly string[] {
    const { book, deployments, factsOf, revisions } = this.deps;
    const told = new Set(
      book.all().flatMap((edge) => factsOf(edge).said?.report?.pipelines?.map(({ id }) => id) ?? []),
    );
    return revisions.pipelines().filter((id) => !told.has(id) && deployments.ofPipeline(id).length === 0);
  }

  /** The revisions of a pipeline that is gone for good. */
  async forget(pipeline: string): Promise<void> {
    await this.deps.deployments.forgetRevisions(pipeline);
    this.deps.log.info('revisions of a pipeline forgotten', { pipeline });
  }

  /**
   * Deploys it to edges: the whole list.
   * @param bundle - the pipeline as it is
   * @param input - `{edges: [{name, brokerId?, revision?}]}`
   * @throws as `PipelineDeployments.deploy`; `EDGE_UNAVAILABLE` of an edge whose release knows no pipelines
   */
  deploy(pipeline: string, bundle: () => PipelineBundle, input: unknown, user: User): Promise<void> {
    return this.#set('deploy', pipeline, bundle, input, user);
  }

  /** Deploys it to some edges, and takes it off some. @throws as `PipelineDeployments.change`, and as {@link deploy} */
  change(pipeline: string, bundle: () => PipelineBundle, input: unknown, user: User): Promise<void> {
    return this.#set('change', pipeline, bundle, input, user);
  }

  /** @throws {ModelManagementError} `EDGE_NOT_FOUND`, `PIPELINE_NOT_ON_EDGE` */
  async setRunning(pipeline: string, edge: string, running: boolean, user: User): Promise<void> {
    const { name } = this.deps.book.get(edge);
    await this.deps.deployments.setRunning(pipeline, name, running);
    this.deps.log.info('pipeline of an edge set', { pipeline, edge: name, running, user });
    this.deps.changed([edgeKey(name)]);
  }

  /** Places it anew where it failed, or was changed on the edge. @throws as {@link setRunning} */
  async restore(pipeline: string, edge: string, user: User): Promise<void> {
    const { name } = this.deps.book.get(edge);
    await this.deps.deployments.repeat(pipeline, name);
    this.deps.log.info('pipeline of an edge restored', { pipeline, edge: name, user });
    this.deps.changed([edgeKey(name)]);
  }

  /** One that is stopped is started. @throws as {@link setRunning}; as `EdgeCommands.ask` */
  async restart(pipeline: string, edge: string, user: User): Promise<void> {
    const { name } = this.deps.book.get(edge);
    if (!this.deps.deployments.get(pipeline, name).running) return this.setRunning(pipeline, edge, true, user);
    await this.#ask(pipeline, edge, { type: 'pipeline-restart', pipeline }, RESTART_MS);
  }

  /** @param input - as of `POST /pipelines/:id/test`. @returns the id of the run there. @throws as {@link restart} */
  test(pipeline: string, edge: string, input: unknown): Promise<unknown> {
    return this.#ask(pipeline, edge, { type: 'pipeline-test', pipeline, input });
  }

  /** Runs, results or figures of nodes, as the edge has them now. @throws as {@link restart} */
  read(pipeline: string, edge: string, what: PipelinePart, runId?: string): Promise<unknown> {
    return this.#ask(pipeline, edge, {
      type: 'pipeline-read',
      pipeline,
      what,
      ...(runId === undefined ? {} : { runId }),
    });
  }

  async #set(
    how: 'deploy' | 'change',
    pipeline: string,
    bundle: () => PipelineBundle,
    input: unknown,
    user: User,
  ): Promise<void> {
    const { deployments, log } = this.deps;
    const before = deployments.ofPipeline(pipeline).map(({ edge }) => edgeKey(edge));
    try {
      await deployments[how](pipeline, bundle, input, (edge) => this.#standing(pipeline, edge), user);
    } finally {
      // Also of a change of which only a part could be written.
      const after = deployments.ofPipeline(pipeline).map(({ edge }) => edgeKey(edge));
      this.deps.changed(new Set([...before, ...after]));
    }
    log.info('edges of a pipeline set', { pipeline, user });
  }

  #ask(pipeline: string, name: string, command: EdgeCommand, patienceMs?: number): Promise<unknown> {
    const edge = this.deps.book.get(name);
    this.deps.deployments.get(pipeline, edge.name);
    return this.deps.ask(this.deps.factsOf(edge), command, patienceMs);
  }

  #standing(pipeline: string, name: string): StandingPipeline {
    const facts = this.deps.factsOf(this.deps.book.get(name));
    const { state, changed, revision = null } = this.ofEdge(facts).find(({ id }) => id === pipeline)?.reported ?? {};
    return { revision, isToRepeat: state === 'failed' || changed === true };
  }
}

/** @throws {ModelManagementError} `EDGE_UNAVAILABLE` of an edge that has told that it cannot */
export function requirePipelines({ edge, said }: EdgeFacts): void {
  const { features, version } = said?.report?.capabilities ?? {};
  if (!features || features.includes('pipelines')) return;
  throw new ModelManagementError(
    'EDGE_UNAVAILABLE',
    `The edge ${edge.name} has release ${version} of the package, which takes no pipelines.`,
    'Update the package on the edge.',
  );
}

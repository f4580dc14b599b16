import { z } from 'zod';
import { invalidInput, ModelManagementError } from '../../../errors';
import { modelKey } from '../../../names';
import { parseInput } from '../../../parse-input';
import type { ModelNeed, PipelineBundle } from '../../../pipeline/bundle/bundle';
import { pipelineNotFound } from '../../../pipeline/pipelines/tab-changes';
import type { Usage, User } from '../../../registry';
import type { DocumentStore } from '../../../store';
import { KeyedQueue } from '../../../store/keyed-queue';
import { edgeKey, LOCAL_EDGE } from '../../protocol/names';
import { type DesiredLibrary, type DesiredPipeline, PipelineId } from '../../protocol/pipeline-documents';
import { allEnded } from '../all-ended';
import type { EdgeDocument } from '../hub-documents';
import type { PipelineDeploymentDocument, PipelineRevisionDocument } from './deployment-documents';
import type { PipelineRevisions } from './revisions';

const MAX_EDGES = 100_000;
const BrokerId = z.string().min(1).max(64);
const entry = {
  name: z.string(),
  /** One that was deployed before; without it, the pipeline as it is now. */
  revision: z.int().positive().optional(),
};

const PipelineEdges = z.strictObject({
  edges: z.array(z.strictObject({ ...entry, brokerId: BrokerId.optional() })).max(MAX_EDGES),
});

const PipelineEdgeChanges = z.strictObject({
  /** Without `brokerId` an edge keeps the one it has; null = its own. */
  edges: z
    .array(z.strictObject({ ...entry, brokerId: BrokerId.nullable().optional() }))
    .max(MAX_EDGES)
    .default([]),
  remove: z.array(z.string()).max(MAX_EDGES).default([]),
});

/** What an edge shall have of a pipeline. */
interface Wanted {
  readonly edge: EdgeDocument;
  readonly revision: number | undefined;
  readonly brokerId: string | null;
  /** An entry that says what is there already only keeps it. */
  readonly isKept: boolean;
}

export interface DeploymentsDeps {
  readonly deployments: DocumentStore<PipelineDeploymentDocument>;
  readonly revisions: PipelineRevisions;
  readonly getEdge: (name: string) => EdgeDocument;
  /** Throws when the edge cannot take them. */
  readonly check: (edge: EdgeDocument, documents: readonly PipelineDeploymentDocument[]) => void;
}

/** How a pipeline stands on an edge, as that edge told. */
export interface StandingPipeline {
  /** In its flows; null = none, or not known. */
  readonly revision: number | null;
  /** It failed there, or was changed: it is placed anew. */
  readonly isToRepeat: boolean;
}

/** Pipeline, what makes its bundle, input, what is known of it on an edge, and who asks. */
type Deploy = readonly [
  pipeline: string,
  bundle: () => PipelineBundle,
  input: unknown,
  standing: (edge: string) => StandingPipeline,
  user: User,
];

const idOf = (pipeline: string, edge: string): string => `${pipeline}/${edgeKey(edge)}`;

interface Indexed {
  readonly all: readonly PipelineDeploymentDocument[];
  readonly byEdge: ReadonlyMap<string, readonly PipelineDeploymentDocument[]>;
  readonly byPipeline: ReadonlyMap<string, readonly PipelineDeploymentDocument[]>;
}

/** Which pipelines run on which edges, and which revision of them. */
export class PipelineDeployments {
  readonly #turns = new KeyedQueue();
  /** Made anew when a deployment has changed. */
  #indexed: Indexed | undefined;

  constructor(private readonly deps: DeploymentsDeps) {}

  all(): readonly PipelineDeploymentDocument[] {
    return this.deps.deployments.all();
  }

  ofEdge(edge: string): readonly PipelineDeploymentDocument[] {
    return this.#index().byEdge.get(edgeKey(edge)) ?? [];
  }

  ofPipeline(pipeline: string): readonly PipelineDeploymentDocument[] {
    return this.#index().byPipeline.get(pipeline) ?? [];
  }

  find(pipeline: string, edge: string): PipelineDeploymentDocument | undefined {
    return this.deps.deployments.get(idOf(pipeline, edge));
  }

  /** @throws {ModelManagementError} `PIPELINE_NOT_ON_EDGE` */
  get(pipeline: string, edge: string): PipelineDeploymentDocument {
    const found = this.find(pipeline, edge);
    if (found) return found;
    throw new ModelManagementError(
      'PIPELINE_NOT_ON_EDGE',
      `The pipeline is not deployed to the edge ${edge}.`,
      'Deploy it there first.',
    );
  }

  revisionOf({ pipeline, revision }: PipelineDeploymentDocument): PipelineRevisionDocument | undefined {
    return this.deps.revisions.find(pipeline, revision);
  }

  /**
   * The whole list of edges of a pipeline.
   * @param bundle - the pipeline as it is; asked for only where an edge shall have it so
   * @param input - `{edges: [{name, brokerId?, revision?}]}`
   * @param standing - what is known of it on an edge
   * @returns keys of the edges that are concerned
   * @throws {ModelManagementError} `INVALID_INPUT`, `EDGE_NOT_FOUND`, `REVISION_NOT_FOUND`, as `bundle` and
   * `PipelineRevisions.take`; nothing is deployed then
   */
  deploy(...[pipeline, bundle, input, standing, user]: Deploy): Promise<ReadonlySet<string>> {
    return this.#turns.run('', () => {
      const { edges } = parseInput(PipelineEdges, input);
      const wanted = edges.map(({ name, revision, brokerId = null }): Wanted => {
        const edge = this.#edge(name);
        const known = this.find(pipeline, edge.name);
        const isKept = known !== undefined && revision === known.revision && brokerId === known.brokerId;
        return { edge, revision, brokerId, isKept };
      });
      requireOnce(wanted.map(({ edge }) => edge));
      const ids = new Set(wanted.map(({ edge }) => idOf(pipeline, edge.name)));
      const gone = this.ofPipeline(pipeline).filter(({ _id }) => !ids.has(_id));
      return this.#write(pipeline, bundle, wanted, gone, standing, user);
    });
  }

  /**
   * Some edges of a pipeline; the others stay as they are, so that changes side by side add up.
   * @param input - `{edges?: [{name, brokerId?, revision?}], remove?: [name]}`
   * @returns as {@link deploy}, as are the other parameters. @throws as {@link deploy}
   */
  change(...[pipeline, bundle, input, standing, user]: Deploy): Promise<ReadonlySet<string>> {
    return this.#turns.run('', () => {
      const { edges, remove } = parseInput(PipelineEdgeChanges, input);
      if (edges.length + remove.length === 0) {
        throw invalidInput('edges', 'edges, remove: no edge is named.', 'Name those that get it, or lose it.');
      }
      const wanted = edges.map(({ name, revision, brokerId }): Wanted => {
        const edge = this.#edge(name);
        const known = this.find(pipeline, edge.name)?.brokerId ?? null;
        return { edge, revision, brokerId: brokerId === undefined ? known : brokerId, isKept: false };
      });
      const removed = remove.map((name) => this.#edge(name));
      requireOnce([...wanted.map(({ edge }) => edge), ...removed]);
      const gone = removed.flatMap((edge) => this.find(pipeline, edge.name) ?? []);
      return this.#write(pipeline, bundle, wanted, gone, standing, user);
    });
  }

  /** Starts or stops it on one edge. @throws {ModelManagementError} `PIPELINE_NOT_ON_EDGE` */
  async setRunning(pipeline: string, edge: string, running: boolean): Promise<void> {
    await this.#change(pipeline, edge, (known) => ({ ...known, running }));
  }

  /** Places it anew, as it was deployed. @throws {ModelManagementError} `PIPELINE_NOT_ON_EDGE` */
  async repeat(pipeline: string, edge: string): Promise<void> {
    await this.#change(pipeline, edge, (known) => ({ ...known, attempt: known.attempt + 1 }));
  }

  /** Its revisions, unless an edge shall have it. */
  async forgetRevisions(pipeline: string): Promise<void> {
    await this.#turns.run('', async () => {
      if (this.ofPipeline(pipeline).length === 0) await this.deps.revisions.forget(pipeline);
    });
  }

  async removeEdge(edge: string): Promise<void> {
    await this.#turns.run('', () => allEnded(this.ofEdge(edge).map(({ _id }) => this.deps.deployments.delete(_id))));
  }

  /** What an edge needs of the registry for its pipelines, each once; also for what runs there until they do. */
  needsOf(documents: readonly PipelineDeploymentDocument[]): readonly ModelNeed[] {
    const needs = documents.flatMap((one) => this.#revisionsOf(one).flatMap(({ models }) => models));
    return [...new Map(needs.map((need) => [`${need.model} ${need.ref}`, need])).values()];
  }

  /** Keys of edges with pipelines that ask for a model. */
  edgesOfModel(model: string): readonly string[] {
    return this.#usersOf(model).map(({ edge }) => edgeKey(edge));
  }

  /** What would stop if the model went away. */
  usage(model: string): readonly Usage[] {
    return this.#usersOf(model).flatMap((one) => {
      const revision = this.revisionOf(one);
      const refs = revision?.models.filter((need) => modelKey(need.model) === modelKey(model)) ?? [];
      return refs.map(({ ref }) => ({
        kind: 'pipeline' as const,
        id: one.pipeline,
        name: `${revision?.name} on ${one.edge}`,
        ref,
      }));
    });
  }

  /** The lists of a desired state. */
  desired(documents: readonly PipelineDeploymentDocument[]): {
    readonly libraries: readonly DesiredLibrary[];
    readonly pipelines: readonly DesiredPipeline[];
  } {
    /** Where two pipelines bring one library, the later revision counts, as on the hub. */
    const newest = new Map<string, PipelineRevisionDocument['libraries'][number]>();
    const pipelines = documents.flatMap((one): DesiredPipeline[] => {
      const revision = this.revisionOf(one);
      if (!revision) return [];
      for (const library of revision.libraries) {
        if ((newest.get(library.name)?.revision ?? 0) < library.revision) newest.set(library.name, library);
      }
      return [
        {
          id: one.pipeline,
          name: revision.name,
          revision: one.revision,
          ...revision.bundle,
          ...(one.brokerId === null ? {} : { brokerId: one.brokerId }),
          running: one.running,
          attempt: one.attempt,
          models: [...new Set(revision.models.map(({ model }) => model))],
          libraries: revision.libraries.map(({ name }) => name),
        },
      ];
    });
    const libraries = [...newest.values()].map(({ name, digest, sizeBytes }) => ({ name, digest, sizeBytes }));
    return { libraries: libraries.sort((a, b) => (a.name < b.name ? -1 : 1)), pipelines };
  }

  #index(): Indexed {
    const all = this.all();
    if (this.#indexed?.all !== all) {
      const byEdge = Map.groupBy(all, ({ edge }) => edgeKey(edge));
      this.#indexed = { all, byEdge, byPipeline: Map.groupBy(all, ({ pipeline }) => pipeline) };
    }
    return this.#indexed;
  }

  #usersOf(model: string): readonly PipelineDeploymentDocument[] {
    const key = modelKey(model);
    return this.all().filter((one) =>
      this.#revisionsOf(one).some(({ models }) => models.some((need) => modelKey(need.model) === key)),
    );
  }

  #revisionsOf({ pipeline, revision, previousRevision }: PipelineDeploymentDocument) {
    return [revision, previousRevision].flatMap((number) =>
      number === null ? [] : (this.deps.revisions.find(pipeline, number) ?? []),
    );
  }

  #edge(name: string): EdgeDocument {
    if (edgeKey(name) !== LOCAL_EDGE) return this.deps.getEdge(name);
    throw invalidInput('edges', 'edges: local has the pipeline already.', 'Leave it out.');
  }

  async #write(
    pipeline: string,
    bundle: () => PipelineBundle,
    wanted: readonly Wanted[],
    gone: readonly PipelineDeploymentDocument[],
    standing: (edge: string) => StandingPipeline,
    user: User,
  ): Promise<ReadonlySet<string>> {
    if (!PipelineId.safeParse(pipeline).success) throw pipelineNotFound(pipeline);
    const { deployments, revisions, check, getEdge } = this.deps;
    const isNew = wanted.some(({ revision }) => revision === undefined);
    // Nobody undeploys what never was: the id is wrong.
    if (!isNew && this.ofPipeline(pipeline).length === 0) bundle();
    for (const { revision } of wanted) if (revision !== undefined) revisions.get(pipeline, revision);
    const taken = isNew ? await revisions.take(bundle(), user) : undefined;
    const documents = wanted.map(({ edge: { name: edge }, brokerId, revision, isKept }) => {
      const known = this.find(pipeline, edge);
      const next = revision ?? taken?.revision ?? 0;
      const { revision: standingRevision, isToRepeat } = standing(edge);
      const last = standingRevision ?? known?.revision ?? null;
      return {
        _id: idOf(pipeline, edge),
        pipeline,
        edge,
        revision: next,
        previousRevision: last !== null && last !== next ? last : (known?.previousRevision ?? null),
        brokerId,
        running: known?.running ?? true,
        attempt: known ? known.attempt + (isToRepeat && !isKept ? 1 : 0) : 0,
      };
    });
    for (const document of documents) {
      const others = this.ofEdge(document.edge).filter(({ _id }) => _id !== document._id);
      check(getEdge(document.edge), [...others, document]);
    }
    // One that fails ends the turn only when the others are written.
    await allEnded([
      ...documents.map((document) => deployments.put(document)),
      ...gone.map(({ _id }) => deployments.delete(_id)),
    ]);
    const used = new Set(this.ofPipeline(pipeline).flatMap((one) => [one.revision, one.previousRevision]));
    await revisions.prune(pipeline, (revision) => used.has(revision));
    return new Set([...gone, ...documents].map(({ edge }) => edgeKey(edge)));
  }

  #change(
    pipeline: string,
    edge: string,
    change: (known: PipelineDeploymentDocument) => PipelineDeploymentDocument,
  ): Promise<void> {
    return this.#turns.run('', () => this.deps.deployments.put(change(this.get(pipeline, edge))));
  }
}

function requireOnce(edges: readonly EdgeDocument[]): void {
  if (new Set(edges.map(({ _id }) => _id)).size < edges.length) {
    throw invalidInput('edges', 'edges: an edge is named twice.', 'Name each edge once.');
  }
}

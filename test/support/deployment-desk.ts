import { systemClock } from '../../lib/clock';
import { Assignments } from '../../lib/edges/hub/assignments';
import { DesiredContent } from '../../lib/edges/hub/desired-content';
import { AssignmentDocument, EdgeDocument } from '../../lib/edges/hub/hub-documents';
import {
  PipelineDeploymentDocument,
  PipelineRevisionDocument,
} from '../../lib/edges/hub/pipelines/deployment-documents';
import { PipelineDeployments, type StandingPipeline } from '../../lib/edges/hub/pipelines/deployments';
import { EdgePipelines } from '../../lib/edges/hub/pipelines/edge-pipelines';
import { namesFile, PipelineRevisions } from '../../lib/edges/hub/pipelines/revisions';
import type { EdgeFacts } from '../../lib/edges/hub/views';
import { ModelManagementError } from '../../lib/errors';
import { LibraryName } from '../../lib/ids';
import { silentLog } from '../../lib/log';
import { bundleOf, type PipelineBundle } from '../../lib/pipeline/bundle/bundle';
import type { FlowEntry } from '../../lib/pipeline/flow-entry';
import { pipelineNotFound } from '../../lib/pipeline/pipelines/tab-changes';
import { openDocumentStore } from '../../lib/store';
import { aNode, aTab } from './flow-entries';
import { modelNumber, type RegistryLab, registryLab } from './registry-lab';
import { temporaryFolder } from './temporary-folder';

export const ask = (id: string, model: string, version = 'deployed', z = 't'): FlowEntry =>
  aNode(id, '', { z, type: 'onnx-model', model, version });
export const call = (id: string, library: string, z = 't'): FlowEntry => aNode(id, '', { z, type: 'pipelib', library });
export const bundle =
  (...nodes: FlowEntry[]) =>
  (): PipelineBundle =>
    bundleOf([aTab('t'), ...nodes], 't');
export const nothing = { revision: null, isToRepeat: false };

export const notFound = (): never => {
  throw pipelineNotFound('t');
};

const edgeOf = (name: string): EdgeDocument =>
  EdgeDocument.parse({
    _id: name,
    name,
    labels: [],
    createdAt: 0,
    deletedAt: null,
    tokens: [],
    key: null,
    revoked: null,
  });

/** A registry and the stores of a hub, without a broker. */
export class Desk implements AsyncDisposable {
  readonly libraries = new Map<string, { readonly revision: number; readonly source: string }>();
  standing: StandingPipeline = nothing;
  readonly told = new Set<string>();
  /** Throws where an edge cannot take so much. */
  check = (): void => undefined;

  private constructor(
    readonly lab: RegistryLab,
    readonly assignments: Assignments,
    readonly deployments: PipelineDeployments,
    readonly revisions: PipelineRevisions,
    readonly content: DesiredContent,
    readonly namesFile: (digest: string) => boolean,
    private readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Desk> {
    const [lab, folder] = [await registryLab(), await temporaryFolder()];
    const at = { path: folder.path, log: silentLog };
    const stores = {
      revisions: await openDocumentStore({ ...at, name: 'r', parse: (raw) => PipelineRevisionDocument.parse(raw) }),
      deployments: await openDocumentStore({ ...at, name: 'd', parse: (raw) => PipelineDeploymentDocument.parse(raw) }),
      assignments: await openDocumentStore({ ...at, name: 'a', parse: (raw) => AssignmentDocument.parse(raw) }),
    };
    const getEdge = (name: string): EdgeDocument => {
      if (/^edge-/i.test(name)) return edgeOf(name.toLowerCase());
      throw new ModelManagementError('EDGE_NOT_FOUND', 'no such edge', 'Add it.');
    };
    const { registry, blobs } = lab;
    const assignments = new Assignments({ registry, assignments: stores.assignments }, getEdge, () => undefined);
    const library = (name: string) => {
      const found = desk.libraries.get(name);
      if (!found) throw new ModelManagementError('LIBRARY_NOT_FOUND', 'no such library', 'Make it.');
      return { name: LibraryName.parse(name), builtIn: false, description: '', ...found };
    };
    const revisions = new PipelineRevisions({
      revisions: stores.revisions,
      blobs,
      registry,
      library,
      clock: systemClock,
    });
    const deployments = new PipelineDeployments({
      deployments: stores.deployments,
      revisions,
      getEdge,
      check: () => desk.check(),
    });
    const content = new DesiredContent(registry, assignments, deployments);
    const isNamed = (digest: string): boolean => namesFile(stores.revisions, digest as never);
    const close = async (): Promise<void> => {
      await Promise.all(Object.values(stores).map((store) => store.close()));
      await lab[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    const desk: Desk = new Desk(lab, assignments, deployments, revisions, content, isNamed, close);
    for (const number of [1, 2, 3]) await lab.upload('iris', modelNumber(number));
    await lab.upload('ocr', modelNumber(4));
    await lab.registry.setAlias('iris', 'deployed', { version: 1 }, 'ann');
    await lab.registry.setAlias('iris', 'canary', { version: 2 }, 'ann');
    desk.libraries.set('pipelib_scale', { revision: 1, source: 'scale 1' });
    return desk;
  }

  /** Beside one edge, which tells of the pipelines that are `told`. */
  pipelines(): EdgePipelines {
    const edge = edgeOf('edge-2');
    const pipelines = () => [...this.told].map((id) => ({ id, revision: 1, state: 'deployed' }));
    return new EdgePipelines({
      book: { all: () => [edge], find: () => edge, get: () => edge },
      deployments: this.deployments,
      revisions: this.revisions,
      factsOf: () => ({ edge, said: { report: { pipelines: pipelines() } } }) as unknown as EdgeFacts,
      changed: () => undefined,
      ask: () => Promise.reject(new Error('nobody is there')),
      log: silentLog,
    });
  }

  deploy(take: () => PipelineBundle, ...edges: object[]): Promise<ReadonlySet<string>> {
    return this.deployments.deploy('t', take, { edges }, () => this.standing, 'ann');
  }

  change(take: () => PipelineBundle, input: object): Promise<ReadonlySet<string>> {
    return this.deployments.change('t', take, input, () => this.standing, 'ann');
  }

  edges(): unknown {
    return this.deployments
      .ofPipeline('t')
      .map(({ edge, revision, brokerId, attempt }) => [edge, revision, brokerId, attempt]);
  }

  models(edge = 'edge-2'): unknown {
    const { models } = this.content.of(edge);
    return models.map(({ name, deployed, aliases, versions }) => [
      name,
      deployed,
      aliases,
      versions.map(({ version }) => version).sort(),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

import type { NodeAPI } from 'node-red';
import type { Clock } from '../../../../lib/clock';
import type { PipelineEdgeView, PipelineOnEdges } from '../../../../lib/edges/hub/pipelines/pipeline-views';
import { ModelManagementError } from '../../../../lib/errors';
import type { Log } from '../../../../lib/log';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { lastWrites } from '../../../../lib/pipeline/node/last-writes';
import { type Drawing, drawTab } from '../../../../lib/pipeline/pipelines/drawing';
import type {
  KeptOfPipelines,
  PipelineDocuments,
  SavedTest,
} from '../../../../lib/pipeline/pipelines/pipeline-documents';
import { PipelineWatch, type WatchedPipeline } from '../../../../lib/pipeline/pipelines/pipeline-watch';
import type { Pipeline } from '../../../../lib/pipeline/pipelines/pipelines';
import type { PipelineSurroundings } from '../../../../lib/pipeline/pipelines/problems';
import { type DuplicateOptions, duplicateTab, pipelineNotFound } from '../../../../lib/pipeline/pipelines/tab-changes';
import {
  type PipelineNodeView,
  type PipelineResultView,
  type PipelineRunView,
  type PipelineStart,
  startsOf,
  toNodeView,
  toPipelineView,
  toResultView,
  toRunDetails,
  toRunView,
} from '../../../../lib/pipeline/pipelines/views';
import type { Settings } from '../settings';
import { type Deployed, FlowAdapter } from './flow-adapter';
import { flowEntries } from './flow-entries';
import { type FlowsApi, inProcessFlows } from './flows-api';
import { adminTokenOf, ownFlowsOverHttp } from './http-flows';
import { PipelineSwitch } from './pipeline-switch';
import { PipelineTester, type TestInput } from './pipeline-tester';
import { describeStandstill, type Standstill, safeMode, standstillOf } from './standstill';
import { WatchHooks } from './watch-hooks';

/** What is known beside the flows, once the data folder is open. */
export interface PipelineSurrounding {
  readonly documents: PipelineDocuments;
  readonly modelFault: PipelineSurroundings['modelFault'];
  readonly fileFault: PipelineSurroundings['fileFault'];
  readonly hasLibrary: (name: string) => boolean;
  /** Where else a pipeline runs. */
  readonly edgesOf: (id: string) => readonly PipelineEdgeView[];
  /** Of those whose tabs are gone. */
  readonly keptElsewhere?: KeptOfPipelines;
  /** Libraries may load modules. */
  readonly hasLibraryModules: boolean;
  readonly settings: Settings['pipelines'];
}

type Opened = PipelineSurrounding & { readonly switch: PipelineSwitch };

const STORE_MS = 1_000;

/** The pipelines of this Node-RED: watched from its start, and started and stopped through its own API. */
export class Pipelines {
  readonly #watch: PipelineWatch;
  readonly #hooks: WatchHooks;
  readonly #flows: FlowAdapter;
  readonly #tester: PipelineTester;
  #surrounding: Opened | undefined;
  #isStarted = false;
  #doFlowsRun = false;
  /** Nodes are on their way down or up. */
  #isDeploying = false;
  #storeTimer: NodeJS.Timeout | undefined;
  readonly #storedChanges = new Map<string, number>();
  readonly #flowsListeners = new Set<() => void>();
  #standstill: Standstill | undefined;
  #api: FlowsApi | undefined;

  constructor(
    private readonly red: NodeAPI,
    private readonly log: Log,
    clock: Clock,
  ) {
    this.#watch = new PipelineWatch({
      readEntries: () => flowEntries(red),
      clock,
      log,
      onChange: (id) => this.#announce(id),
    });
    this.#hooks = new WatchHooks(red, this.#watch);
    this.#tester = new PipelineTester(red, this.#watch, () => ({
      hasLibraryModules: this.#surrounding?.hasLibraryModules ?? false,
    }));
    const settings = red.settings as { safeMode?: boolean; readOnly?: boolean };
    // Until flows start; what plugins see of the settings stays as it was.
    if (settings.safeMode) this.#standstill = safeMode;
    this.#flows = new FlowAdapter({ events: red.events, settings, standstill: () => this.#standstill }, () =>
      this.#flowsApi(),
    );
  }

  start(): void {
    const { events } = this.red;
    this.#isStarted = true;
    events.on('flows:started', this.#onStarted);
    events.on('flows:stopping', this.#onStopping);
    events.on('runtime-event', this.#onRuntimeEvent);
    this.#watch.start();
    this.#hooks.start();
  }

  /** What was kept is taken up, and kept from now on. */
  async open(surrounding: PipelineSurrounding): Promise<void> {
    const { documents } = surrounding;
    this.#surrounding = {
      ...surrounding,
      switch: new PipelineSwitch({
        documents,
        flows: this.#flows,
        log: this.log,
        isStopped: (id) => this.#watch.find(id)?.pipeline.isDisabled,
      }),
    };
    const { resultCount, keepPayloads } = surrounding.settings;
    const limits = { count: resultCount, ...(keepPayloads ? {} : { textLength: 0 }) };
    this.#watch.recall(documents.results, limits);
    this.#storeTimer = setInterval(() => {
      void this.#store();
      this.#tester.release();
    }, STORE_MS).unref();
    if (this.#doFlowsRun) await this.#tidy();
  }

  /** Puts to the disk what is not there yet. */
  async close(): Promise<void> {
    clearInterval(this.#storeTimer);
    await this.#store();
    this.#surrounding = undefined;
  }

  stop(): void {
    const { events } = this.red;
    this.#isStarted = false;
    this.#hooks.stop();
    this.#tester.stop();
    events.off('flows:started', this.#onStarted);
    events.off('flows:stopping', this.#onStopping);
    events.off('runtime-event', this.#onRuntimeEvent);
    this.#watch.stop();
  }

  list(): readonly PipelineOnEdges[] {
    const all = this.#watch.list();
    return all.map((watched) => this.#view(watched, all));
  }

  find(id: string): PipelineOnEdges | undefined {
    const watched = this.#watch.find(id);
    return watched && this.#view(watched, this.#watch.list());
  }

  /** With its drawing and the nodes that begin runs. @throws {ModelManagementError} `PIPELINE_NOT_FOUND`, as everything below */
  get(id: string): PipelineOnEdges & Drawing & { readonly starts: readonly PipelineStart[] } {
    const watched = this.#find(id);
    const view = this.#view(watched, this.#watch.list());
    return { ...view, starts: startsOf(watched.pipeline), ...drawTab(flowEntries(this.red), id) };
  }

  runs(id: string): readonly PipelineRunView[] {
    const { nodes } = this.#find(id).pipeline;
    const { traces } = this.#watch;
    return this.#watch.runs(id).map((run) => toRunView(run, nodes, traces.steps(run.id)));
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  run(id: string, runId: string): PipelineRunView {
    const { nodes } = this.#find(id).pipeline;
    const run = this.#watch.run(id, runId);
    if (run) return toRunDetails(run, nodes, this.#watch.traces.steps(runId));
    throw new ModelManagementError(
      'RUN_NOT_FOUND',
      'There is no such run.',
      'The last hundred of a pipeline are kept until Node-RED restarts.',
    );
  }

  results(id: string): readonly PipelineResultView[] {
    this.#find(id);
    return this.#watch.results(id).map(toResultView);
  }

  /** Times and payloads of its nodes; they are taken for as long as somebody asks for them. */
  nodes(id: string): readonly PipelineNodeView[] {
    const { nodes } = this.#find(id).pipeline;
    return this.#watch.figures(id).map((figures) => toNodeView(figures, nodes));
  }

  /** Inputs to test it with, by name. */
  tests(id: string): readonly SavedTest[] {
    this.#find(id);
    return this.#opened().documents.tests(id);
  }

  /** @throws as `PipelineDocuments.keepTest` */
  async keepTest(id: string, test: SavedTest): Promise<void> {
    this.#find(id);
    await this.#opened().documents.keepTest(id, test);
  }

  /** @throws {ModelManagementError} `TEST_NOT_FOUND` */
  async deleteTest(id: string, name: string): Promise<void> {
    this.#find(id);
    await this.#opened().documents.deleteTest(id, name);
  }

  /** A copy to import beside it. Nothing is deployed. */
  duplicate(id: string, options: DuplicateOptions): readonly FlowEntry[] {
    this.#find(id);
    return duplicateTab(flowEntries(this.red), id, options);
  }

  /** Gives a message to a node that begins runs, see `PipelineTester`. @returns the id of the run */
  test(id: string, input: TestInput): string {
    return this.#tester.test(this.#find(id).pipeline, !this.#isDeploying && this.#standstill === undefined, input);
  }

  /** A deploy would start what it changes, or may end a standstill. */
  get canChangeFlows(): boolean {
    const cause = this.#standstill?.cause;
    if (this.#isDeploying) return false;
    return this.#areLoaded && (cause === undefined || cause === 'missing-types' || cause === 'missing-modules');
  }

  get isReadOnly(): boolean {
    return (this.red.settings as { readonly readOnly?: boolean }).readOnly === true;
  }

  get #areNodesUp(): boolean {
    return this.#doFlowsRun && this.#standstill === undefined && !this.#isDeploying;
  }

  get #areLoaded(): boolean {
    return this.#doFlowsRun || this.#standstill !== undefined;
  }

  /** All of the flow file, what is disabled too. */
  entries(): readonly FlowEntry[] {
    return flowEntries(this.red);
  }

  /** All of the flow file, where it holds that pipeline. @throws {ModelManagementError} `PIPELINE_NOT_FOUND` */
  entriesOfPipeline(id: string): readonly FlowEntry[] {
    this.#find(id);
    return this.entries();
  }

  /** Node types that can run. @throws as {@link deploy} */
  types(): Promise<ReadonlySet<string>> {
    return this.#flowsApi().types();
  }

  /** @throws as `FlowAdapter.deploy` */
  deploy(...change: Parameters<FlowAdapter['deploy']>): Promise<Deployed> {
    return this.#flows.deploy(...change);
  }

  /** What is told of these pipelines may be another thing now, because of what they use. */
  usesChanged(isUser: (pipeline: Pipeline) => boolean): void {
    if (!this.#isStarted) return;
    for (const { pipeline } of this.#watch.list()) if (isUser(pipeline)) this.#announce(pipeline.id);
  }

  /** Told when flows were started, or stand still. @returns ends it */
  onFlows(listener: () => void): () => void {
    this.#flowsListeners.add(listener);
    return () => this.#flowsListeners.delete(listener);
  }

  /** @throws {ModelManagementError} `NOT_READY` before the data folder is open, and as the switch */
  get switch(): PipelineSwitch {
    return this.#opened().switch;
  }

  #announce(id: string): void {
    this.red.comms.publish('model-management/pipelines', { kind: 'pipeline', id, change: 'updated' }, false);
  }

  #refresh(): void {
    this.#watch.refresh();
    this.#hooks.update();
  }

  #opened(): Opened {
    if (this.#surrounding) return this.#surrounding;
    throw new ModelManagementError('NOT_READY', 'The data folder is not open yet.', 'Try again in a moment.');
  }

  /** Finishes what an earlier process began, and forgets in time what is kept of tabs that are gone. Never rejects. */
  async #tidy(): Promise<void> {
    if (!this.#surrounding) return;
    const { documents, keptElsewhere, switch: switching } = this.#surrounding;
    await switching.finishRestarts();
    const tabs = flowEntries(this.red).filter(({ type }) => type === 'tab');
    // Without any, it is more likely that they could not be read.
    if (tabs.length === 0) return;
    try {
      await documents.prune(new Set(tabs.map(({ id }) => id)), keptElsewhere);
    } catch (error) {
      this.log.debug('what is kept of pipelines not tidied', () => ({ error }));
    }
  }

  async #store(): Promise<void> {
    const documents = this.#surrounding?.documents;
    if (!documents) return;
    const fresh = this.#watch.toStore((id, changes) => changes > 0 && this.#storedChanges.get(id) !== changes);
    // Together, as the disk has to be waited for only once then.
    await Promise.all(
      fresh.map(async ({ id, results, changes }) => {
        try {
          await documents.keepResults(id, results);
          this.#storedChanges.set(id, changes);
        } catch (error) {
          this.log.debug('results of a pipeline not stored', () => ({ pipeline: id, error }));
        }
      }),
    );
  }

  #view(watched: WatchedPipeline, all: readonly WatchedPipeline[]): PipelineOnEdges {
    const view = toPipelineView(watched, {
      modelFault: (model, ref) => this.#surrounding?.modelFault(model, ref),
      fileFault: (path) => this.#surrounding?.fileFault(path),
      hasLibrary: (name) => this.#surrounding?.hasLibrary(name) ?? true,
      hasBroker: (id) => !this.#areNodesUp || Boolean(this.red.nodes.getNode(id)),
      all: all.map(({ pipeline }) => pipeline),
      flowsFault: this.#standstill && describeStandstill(this.#standstill),
    });
    return { ...view, edges: this.#surrounding?.edgesOf(view.id) ?? [] };
  }

  #find(id: string): WatchedPipeline {
    const found = this.#watch.find(id);
    if (!found) throw pipelineNotFound(id);
    return found;
  }

  #flowsApi(): FlowsApi {
    this.#api ??= inProcessFlows(this.red) ?? ownFlowsOverHttp(this.red, adminTokenOf(this.#surrounding?.settings));
    return this.#api;
  }

  /** Node-RED does not tell a plugin that it ends, but it stops the flows before, and waits for their nodes. */
  readonly #onStopping = (): void => {
    this.#isDeploying = true;
    lastWrites.add(this.#store());
  };

  readonly #onStarted = (): void => {
    this.#standstill = undefined;
    this.#refresh();
    this.#doFlowsRun = true;
    this.#isDeploying = false;
    void this.#tidy();
    for (const listener of this.#flowsListeners) listener();
  };

  readonly #onRuntimeEvent = (event: unknown): void => {
    const standstill = standstillOf(event);
    if (!standstill) return;
    this.#isDeploying = false;
    this.#standstill = standstill;
    this.#refresh();
    for (const listener of this.#flowsListeners) listener();
  };
}

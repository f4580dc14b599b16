import type { Clock } from '../../../clock';
import { asModelManagementError, ModelManagementError } from '../../../errors';
import type { Digest } from '../../../ids';
import type { Log } from '../../../log';
import type { DocumentStore } from '../../../store';
import type { DesiredFile } from '../../protocol/documents';
import type {
  DesiredLibrary,
  DesiredPipeline,
  PipelineStatus,
  ReportedPipeline,
} from '../../protocol/pipeline-documents';
import type { AcceptedDesired } from '../accepted-desired';
import type { PipelineEffects } from './pipeline-effects';
import {
  newPipeline,
  type PipelineEvent,
  type PipelineState,
  type ProvidedLibrary,
  reducePipeline,
} from './pipeline-state';
import {
  nextPipelinePlanAt,
  type PipelineSituation,
  type PipelineStep,
  planPipelines,
  reportPipeline,
} from './plan-pipelines';

export interface PipelineAgentDeps {
  readonly pipelines: DocumentStore<PipelineState>;
  readonly libraries: DocumentStore<ProvidedLibrary>;
  readonly effects: PipelineEffects;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of the edge that it is part of. */
export interface PipelineSurroundings {
  readonly isModelReady: (model: string) => boolean;
  /** What would be reported may have changed. */
  readonly changed: () => void;
  /** Files that lie whole on the disk. */
  readonly present: Pick<ReadonlyMap<Digest, number>, 'has'>;
  readonly fetched: (file: DesiredFile) => void;
  /** It is gone, or damaged. */
  readonly lost: (digest: Digest) => void;
  /** Something that a person wants to read. */
  readonly tell: (level: 'info' | 'warn', text: string) => void;
}

/** Between two looks at how pipelines do: every message changes a counter. */
const STATUS_MS = 10_000;
const MAX_SLEEP_MS = 60_000;
/** Of a step whose failure is noted nowhere. */
const HOLD_MS = 10_000;

/**
 * Brings the pipelines of the hub into the flows of this Node-RED, one step after the other: Node-RED takes deploys one
 * at a time. What stands there starts with Node-RED, whether hub and broker are there or not.
 */
export class PipelineAgent {
  #desired: PipelineSituation['desired'] = null;
  #around: PipelineSurroundings | undefined;
  #work: Promise<void> | undefined;
  #isAgain = false;
  #heldUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #abort = new AbortController();
  #statuses: { readonly at: number; readonly byId: ReadonlyMap<string, PipelineStatus | undefined> } | undefined;
  #endListening: (() => void) | undefined;

  constructor(private readonly deps: PipelineAgentDeps) {}

  /** Libraries answer again as they did before this process started; the flows are Node-RED's to start. */
  async start(desired: AcceptedDesired | null, around: PipelineSurroundings): Promise<void> {
    const { libraries, effects, log } = this.deps;
    this.#around = around;
    this.#desired = desired && listsOf(desired);
    for (const library of libraries.all()) {
      try {
        await effects.provide(library);
      } catch (error) {
        log.warn('library of the hub not taken up', { library: library.name, error });
      }
    }
    this.#endListening = effects.onChange(() => this.wake());
    this.wake();
  }

  async stop(): Promise<void> {
    this.#endListening?.();
    this.#around = undefined;
    clearTimeout(this.#timer);
    this.#abort.abort(new Error('the edge stops'));
    await this.#work;
  }

  desire(desired: AcceptedDesired | null): void {
    this.#desired = desired && listsOf(desired);
    this.wake();
  }

  /** What failed is tried at once. */
  async retry(): Promise<void> {
    this.#heldUntil = 0;
    for (const { _id } of this.deps.pipelines.all()) await this.#note(_id, { kind: 'retry' });
    this.wake();
  }

  /** Plans again, soon. */
  wake(): void {
    if (!this.#around) return;
    this.#isAgain = true;
    this.#work ??= this.#drain();
  }

  /** Files that pipelines need. */
  needed(): readonly Digest[] {
    const { pipelines = [], libraries = [] } = this.#desired ?? {};
    const applied = this.deps.pipelines.all().flatMap((state) => state.applied?.digest ?? []);
    const provided = this.deps.libraries.all().map(({ digest }) => digest);
    return [...pipelines, ...libraries].map(({ digest }) => digest).concat(applied, provided);
  }

  reported(): readonly ReportedPipeline[] {
    const situation = this.#situation();
    return (situation.desired?.pipelines ?? []).map((target) => {
      const reported = reportPipeline(target, situation);
      const status = reported.revision === null ? undefined : this.#status(target.id);
      return { ...reported, ...(status && { status }) };
    });
  }

  /** @throws {ModelManagementError} `PIPELINE_NOT_ON_EDGE` */
  require(id: string): PipelineEffects {
    if (this.deps.pipelines.get(id)?.applied) return this.deps.effects;
    throw new ModelManagementError(
      'PIPELINE_NOT_ON_EDGE',
      'The pipeline does not stand in the flows of the edge yet.',
      'Wait until it is deployed there.',
    );
  }

  #situation(): PipelineSituation {
    const states = new Map(this.deps.pipelines.all().map((state) => [state._id, state]));
    const { effects, libraries } = this.deps;
    const areFlowsReady = effects.areFlowsReady();
    const changed = [...states.values()].filter(
      ({ applied }) => applied !== null && areFlowsReady && effects.isChanged(applied),
    );
    return {
      desired: this.#desired,
      states,
      present: this.#around?.present ?? new Map(),
      provided: new Map(libraries.all().map(({ name, digest }) => [name, digest])),
      isModelReady: (model) => this.#around?.isModelReady(model) ?? false,
      changed: new Set(changed.map(({ _id }) => _id)),
      surroundings: effects.surroundings,
      areFlowsReady,
    };
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#isAgain && this.#around) {
      this.#isAgain = false;
      const now = this.deps.clock.now();
      const step = now < this.#heldUntil ? undefined : planPipelines(this.#situation(), now);
      if (step) {
        await this.#run(step);
        this.#isAgain = true;
      }
      this.#around?.changed();
    }
    this.#work = undefined;
    this.#sleep();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    if (!this.#around) return;
    const now = this.deps.clock.now();
    const at = Math.min(
      nextPipelinePlanAt(this.deps.pipelines.all(), now) ?? Number.POSITIVE_INFINITY,
      this.#heldUntil > now ? this.#heldUntil : Number.POSITIVE_INFINITY,
    );
    const isWatching = this.deps.pipelines.all().length > 0;
    const sleepMs = Math.min(isWatching ? STATUS_MS : MAX_SLEEP_MS, at - now);
    this.#timer = setTimeout(() => this.wake(), Math.max(10, sleepMs)).unref();
  }

  async #run(step: PipelineStep): Promise<void> {
    try {
      await this.#carryOut(step);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const { code, message } = asModelManagementError(error);
      this.deps.log.warn('step for a pipeline failed', { step: step.kind, code, message });
      try {
        if (!('target' in step)) throw error;
        // A file that is gone or damaged is fetched again.
        for (const digest of this.needed()) {
          if (!(await this.deps.effects.isPresent(digest))) this.#around?.lost(digest);
        }
        const failed = { kind: 'failed' as const, target: step.target, code, message: message.slice(0, 500) };
        await this.#note(step.target.id, { ...failed, jitter: Math.random() });
        this.#around?.tell('warn', `${step.target.name}: ${step.kind} failed: ${message}`.slice(0, 900));
      } catch {
        this.#heldUntil = this.deps.clock.now() + HOLD_MS;
      }
    }
  }

  async #carryOut(step: PipelineStep): Promise<void> {
    const { effects, libraries, pipelines } = this.deps;
    switch (step.kind) {
      case 'fetch':
        await effects.fetch(step.file, this.#abort.signal);
        return this.#around?.fetched(step.file);
      case 'provide':
        return this.#provide(step.library);
      case 'place':
        return this.#place(step.target, step.libraries);
      case 'remove': {
        // One that never got there has no tab: one of that id is the edge's own.
        if (pipelines.get(step.id)?.isClaimed) await effects.remove(step.id);
        await pipelines.delete(step.id);
        return this.#around?.tell('info', `the pipeline ${step.id} was removed`);
      }
      case 'withdraw':
        await libraries.delete(step.library);
        await effects.withdraw(step.library);
    }
  }

  async #provide(library: DesiredLibrary): Promise<void> {
    await this.deps.effects.provide(library);
    await this.deps.libraries.put({ ...library, _id: library.name });
    this.#around?.tell('info', `the library ${library.name} is as on the hub`);
  }

  async #place(target: DesiredPipeline, libraries: readonly DesiredLibrary[]): Promise<void> {
    const { effects, pipelines } = this.deps;
    await effects.check(target, pipelines.get(target.id)?.isClaimed ?? false);
    for (const library of libraries) await this.#provide(library);
    // On the disk before it stands there: after a crash between the two it is known whose it is.
    await this.#note(target.id, { kind: 'claimed' });
    await effects.place(target);
    await this.#note(target.id, { kind: 'applied', target, surroundings: effects.surroundings });
    this.#statuses = undefined;
    const how = target.running ? 'runs' : 'is stopped';
    this.#around?.tell('info', `${target.name} ${how}, revision ${target.revision}`);
  }

  async #note(id: string, event: PipelineEvent): Promise<void> {
    const before = this.deps.pipelines.get(id) ?? newPipeline(id);
    const after = reducePipeline(before, event, this.deps.clock.now());
    if (after !== before) await this.deps.pipelines.put(after);
  }

  #status(id: string): PipelineStatus | undefined {
    const now = this.deps.clock.now();
    const isFresh = this.#statuses && now - this.#statuses.at < STATUS_MS && now >= this.#statuses.at;
    if (!isFresh || !this.#statuses?.byId.has(id)) {
      const ids = this.deps.pipelines.all().map(({ _id }) => _id);
      this.#statuses = { at: now, byId: new Map(ids.map((one) => [one, this.deps.effects.status(one)])) };
    }
    return this.#statuses.byId.get(id);
  }
}

const listsOf = ({ pipelines, libraries }: AcceptedDesired) => ({ pipelines, libraries });

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
import { type OwnPipeline, ownPipelines } from './own-pipelines';
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
  readonly hubId: string;
  readonly isModelReady: (model: string) => boolean;
  readonly isModelServed: (model: string) => boolean;
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

/** Between two looks at how pipelines do. */
const STATUS_MS = 10_000;
/** Every message changes a counter; whoever looks at a pipeline asks for them. */
const COUNTERS_MS = 300_000;
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
  /** A fetch under way, with what it is for. */
  #fetching: { readonly id: string; readonly abort: AbortController } | undefined;
  /** What answers in this process. */
  readonly #answering = new Map<string, Digest>();
  readonly #statuses = new Map<
    string,
    { readonly status: PipelineStatus | undefined; readonly lookedAt: number; readonly toldAt: number }
  >();
  #endListening: (() => void) | undefined;

  constructor(private readonly deps: PipelineAgentDeps) {}

  /** Libraries come to answer again as they did before this process started; the flows are Node-RED's to start. */
  async start(desired: AcceptedDesired | null, around: PipelineSurroundings): Promise<void> {
    const { pipelines, effects } = this.deps;
    this.#around = around;
    this.#desired = desired && listsOf(desired);
    for (const { _id, hubId } of pipelines.all()) if (hubId !== around.hubId) await pipelines.delete(_id);
    this.#endListening = effects.onChange(() => this.wake());
    this.wake();
  }

  async stop(): Promise<void> {
    this.#endListening?.();
    this.#around = undefined;
    clearTimeout(this.#timer);
    this.#fetching?.abort.abort(new Error('the edge stops'));
    await this.#work;
  }

  desire(desired: AcceptedDesired | null): void {
    this.#desired = desired && listsOf(desired);
    this.wake();
  }

  /** What stands in the flows is this Node-RED's own from now on. */
  async forget(): Promise<void> {
    const { pipelines, libraries, effects } = this.deps;
    this.#desired = null;
    await this.#work;
    for (const { _id } of pipelines.all()) await pipelines.delete(_id);
    for (const { _id } of libraries.all()) await libraries.delete(_id);
    for (const name of this.#answering.keys()) await effects.withdraw(name);
    this.#answering.clear();
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
    this.#reconsider();
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

  /** For whoever looks at this edge itself. */
  own(): readonly OwnPipeline[] {
    return ownPipelines(this.#situation(), (id) => this.deps.effects.status(id));
  }

  /** As it was placed. */
  isRunning(id: string): boolean {
    return this.deps.pipelines.get(id)?.applied?.running ?? false;
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
    const stored = libraries.all();
    const areFlowsReady = effects.areFlowsReady();
    return {
      desired: this.#desired,
      states,
      present: this.#around?.present ?? new Map(),
      stored,
      provided: this.#answering,
      isModelReady: (model) => this.#around?.isModelReady(model) ?? false,
      isModelServed: (model) => this.#around?.isModelServed(model) ?? false,
      isChanged: (id) => {
        const applied = states.get(id)?.applied;
        return areFlowsReady && applied != null && effects.isChanged(applied);
      },
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
      if ('target' in step && step.kind !== 'place')
        await this.#note(step.target.id, { kind: 'recovered', target: step.target });
    } catch (error) {
      if (error === BROKEN_OFF) return;
      const { code, message } = asModelManagementError(error);
      this.deps.log.warn('step for a pipeline failed', { step: step.kind, code, message });
      try {
        if (step.kind === 'remove') {
          await this.#note(step.id, { kind: 'stuck', code, message: message.slice(0, 500), jitter: Math.random() });
          return this.#around?.tell('warn', `${this.#nameOf(step.id)} could not be removed: ${message}`.slice(0, 900));
        }
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
        return this.#fetch(step);
      case 'recall':
        await effects.provide(step.library);
        this.#answering.set(step.library.name, step.library.digest);
        return;
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
        this.#answering.delete(step.library);
    }
  }

  async #provide(library: DesiredLibrary): Promise<void> {
    await this.deps.effects.provide(library);
    this.#answering.set(library.name, library.digest);
    await this.deps.libraries.put({ ...library, _id: library.name });
    this.#around?.tell('info', `the library ${library.name} is as on the hub`);
  }

  async #place(target: DesiredPipeline, libraries: readonly DesiredLibrary[]): Promise<void> {
    const { effects, pipelines } = this.deps;
    const isClaimed = pipelines.get(target.id)?.isClaimed ?? false;
    await effects.check(target, isClaimed);
    for (const library of libraries) await this.#provide(library);
    // On the disk before it stands there: after a crash between the two it is known whose it is.
    await this.#note(target.id, { kind: 'claimed', isClaimed: true });
    try {
      await effects.place(target, isClaimed);
    } catch (error) {
      if (!isClaimed && !effects.isThere(target.id)) await this.#note(target.id, { kind: 'claimed', isClaimed: false });
      throw error;
    }
    await this.#note(target.id, { kind: 'applied', target, surroundings: effects.surroundings });
    this.#statuses.delete(target.id);
    const how = target.running ? 'runs' : 'is stopped';
    this.#around?.tell('info', `${target.name} ${how}, revision ${target.revision}`);
  }

  async #note(id: string, event: PipelineEvent): Promise<void> {
    const before = this.deps.pipelines.get(id) ?? newPipeline(id, this.#around?.hubId ?? '');
    const after = reducePipeline(before, event, this.deps.clock.now());
    if (after !== before) await this.deps.pipelines.put(after);
  }

  #nameOf(id: string): string {
    return this.deps.pipelines.get(id)?.applied?.name ?? id;
  }

  async #fetch(step: Extract<PipelineStep, { kind: 'fetch' }>): Promise<void> {
    const abort = new AbortController();
    this.#fetching = { id: fetchId(step), abort };
    try {
      await this.deps.effects.fetch(step.file, abort.signal);
      this.#around?.fetched(step.file);
    } catch (error) {
      // Ended from here, which is no failure.
      throw abort.signal.aborted ? BROKEN_OFF : error;
    } finally {
      this.#fetching = undefined;
    }
  }

  /** What is fetched goes on later where something else can be done now, or it is wanted no more. */
  #reconsider(): void {
    if (!this.#fetching) return;
    const step = planPipelines(this.#situation(), this.deps.clock.now());
    if (step?.kind !== 'fetch' || fetchId(step) !== this.#fetching.id) {
      this.#fetching.abort.abort(new Error('something else goes first'));
    }
  }

  #status(id: string): PipelineStatus | undefined {
    const now = this.deps.clock.now();
    const known = this.#statuses.get(id);
    if (known && now - known.lookedAt < STATUS_MS && now >= known.lookedAt) return known.status;
    const status = this.deps.effects.status(id);
    const isNew =
      !known || now - known.toldAt >= COUNTERS_MS || now < known.toldAt || told(status) !== told(known.status);
    const next = isNew ? { status, toldAt: now, lookedAt: now } : { ...known, lookedAt: now };
    this.#statuses.set(id, next);
    return next.status;
  }
}

/** What is told at once when it changes. */
const told = (status: PipelineStatus | undefined): string =>
  JSON.stringify([status?.state, status?.failedAt, status?.error]);

const BROKEN_OFF = new Error('broken off');

const fetchId = ({ target, file }: Extract<PipelineStep, { kind: 'fetch' }>): string => `${target.id} ${file.digest}`;

const listsOf = ({ pipelines, libraries }: AcceptedDesired) => ({ pipelines, libraries });

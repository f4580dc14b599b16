import type { Clock } from '../../clock';
import { asModelManagementError, type ModelManagementError } from '../../errors';
import type { Digest } from '../../ids';
import type { Log } from '../../log';
import { modelKey } from '../../names';
import type { DocumentStore } from '../../store';
import type { DesiredModel } from '../protocol/documents';
import type { AcceptedDesired } from './accepted-desired';
import type { EdgeEffects } from './edge-effects';
import { EdgeFiles } from './edge-files';
import { errorRatioOf, type ServedRequests } from './health';
import {
  emptyState,
  filesOf,
  type ModelEvent,
  type ModelKey,
  type ModelState,
  reduceModel,
  targetKey,
  versionKey,
} from './model-state';
import { type EdgeSituation, type EdgeStep, garbageOf, nextPlanAt, planEdge } from './planner';
import { type Reportable, reportedProgress } from './report';
import { FILE_STEPS, idOf, laneOf } from './step-identity';

export interface ReconcilerDeps {
  readonly models: DocumentStore<ModelState>;
  readonly effects: EdgeEffects;
  readonly clock: Clock;
  readonly log: Log;
  /** Files that something else than models needs. */
  neededElsewhere(): readonly Digest[];
  /** A step is over. */
  progressed(): void;
  /** True when all that would be reported was, or cannot be. */
  isReported(): boolean;
  report(): Promise<void>;
  /** Something that a person wants to read. */
  tell(level: 'info' | 'warn', text: string): void;
}

/** While a switch is being watched. */
const HEALTH_POLL_MS = 5_000;
/** Of a step whose failure is noted nowhere. */
const HOLD_MS = 10_000;
const REPORT_HOLD_MS = 500;
const MAX_SLEEP_MS = 60_000;

interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * Brings an edge to what is wanted: plans, carries out one step for each model side by side, notes what came of it on
 * the disk, and plans again. A step that is wanted no more is broken off.
 */
export class Reconciler {
  #desired: AcceptedDesired | null = null;
  readonly #files: EdgeFiles;
  readonly #tested = new Set<string>();
  readonly #warm = new Map<ModelKey, string>();
  readonly #active = new Map<ModelKey, string>();
  readonly #progress = new Map<ModelKey, number>();
  readonly #running = new Map<string, Running>();
  readonly #heldUntil = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isPlanned = false;

  constructor(private readonly deps: ReconcilerDeps) {
    this.#files = new EdgeFiles(deps.effects, deps.log);
  }

  /** Reads what is on the disk and begins. @throws what the effects do */
  async start(desired: AcceptedDesired | null): Promise<void> {
    this.#desired = desired;
    await this.#files.open();
    await this.#withdraw((digest) => !this.#files.present.has(digest));
    this.#isStarted = true;
    this.wake();
  }

  /** Breaks off what can be, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    clearTimeout(this.#timer);
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort(new Error('the edge stops'));
    await Promise.all(running.map(({ done }) => done));
  }

  desire(desired: AcceptedDesired | null): void {
    this.#desired = desired;
    this.wake();
  }

  /** What failed is tried at once. */
  async retry(): Promise<void> {
    this.#heldUntil.clear();
    for (const { _id, failure } of this.deps.models.all()) if (failure) await this.#note(_id, { kind: 'retry' });
    this.wake();
  }

  /** Plans again, soon. */
  wake(): void {
    if (!this.#isStarted || this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (this.#isStarted) this.#plan();
    });
  }

  /** True when the model runs as the hub wants it. */
  isReady(model: string): boolean {
    const key = modelKey(model);
    const target = this.#desired?.models.find(({ name }) => modelKey(name) === key);
    return target !== undefined && this.#active.get(key) === targetKey(target);
  }

  /** True when the model runs, as the hub wants it or wanted it before. */
  isServed(model: string): boolean {
    return this.#active.has(modelKey(model));
  }

  /** Artifacts that lie whole on the disk, for whoever else needs some. */
  get present(): ReadonlyMap<Digest, number> {
    return this.#files.present;
  }

  /** A file that something else brought lies on the disk, or does no more. */
  noteFile(digest: Digest, sizeBytes: number | undefined): void {
    this.#files.note(digest, sizeBytes);
  }

  reportable(): Reportable {
    return { desired: this.#desired, models: this.#models(), active: this.#active, progress: this.#progress };
  }

  #models(): ReadonlyMap<ModelKey, ModelState> {
    return new Map(this.deps.models.all().map((state) => [state._id, state]));
  }

  #situation(): EdgeSituation {
    const models = this.#models();
    const served = new Map<ModelKey, ServedRequests>();
    for (const { _id, running, health } of models.values()) {
      const counted = running && health ? this.deps.effects.served(running.name) : undefined;
      if (counted) served.set(_id, counted);
    }
    const facts = {
      present: this.#files.present,
      verified: this.#files.verified,
      tested: this.#tested,
      warm: this.#warm,
      active: this.#active,
      served,
      freeBytes: this.#files.freeBytes,
      neededElsewhere: new Set(this.deps.neededElsewhere()),
      isReported: this.deps.isReported(),
    };
    return { desired: this.#desired, models, facts };
  }

  #plan(): void {
    const now = this.deps.clock.now();
    const situation = this.#situation();
    const steps = planEdge(situation, now);
    const planned = new Map(steps.map((step) => [laneOf(step), step]));
    for (const [lane, { id, abort }] of this.#running) {
      const step = planned.get(lane);
      if (!step || idOf(step) !== id) abort.abort(new Error('it is wanted no more'));
    }
    for (const [lane, step] of planned) {
      if (this.#running.has(lane) || now < (this.#heldUntil.get(lane) ?? 0)) continue;
      const abort = new AbortController();
      const done = this.#run(lane, step, abort.signal);
      this.#running.set(lane, { id: idOf(step), abort, done });
    }
    this.#sleep(situation, now);
  }

  #sleep({ models }: EdgeSituation, now: number): void {
    clearTimeout(this.#timer);
    const isWatching = [...models.values()].some(({ health }) => health !== null);
    const held = [...this.#heldUntil.values()].filter((until) => until > now);
    const wakeAt = Math.min(nextPlanAt(models.values(), now) ?? Number.POSITIVE_INFINITY, ...held);
    const sleepMs = Math.min(MAX_SLEEP_MS, isWatching ? HEALTH_POLL_MS : MAX_SLEEP_MS, wakeAt - now);
    this.#timer = setTimeout(() => this.wake(), Math.max(10, sleepMs));
    this.#timer.unref();
  }

  /** Never rejects. */
  async #run(lane: string, step: EdgeStep, signal: AbortSignal): Promise<void> {
    // Later than the entry in #running, which its end removes.
    await Promise.resolve();
    try {
      await this.#carryOut(step, signal);
      this.#heldUntil.delete(lane);
    } catch (error) {
      if (!signal.aborted) await this.#fail(lane, step, (await this.#damageOf(step, signal)) ?? error);
    } finally {
      if ('model' in step) this.#progress.delete(step.model);
      this.#running.delete(lane);
      this.wake();
      this.deps.progressed();
    }
  }

  async #carryOut(step: EdgeStep, signal: AbortSignal): Promise<void> {
    const { effects } = this.deps;
    switch (step.kind) {
      case 'start':
        await effects.activate(step.target);
        this.#active.set(step.model, targetKey(step.target));
        return this.#note(step.model, { kind: 'started' });
      case 'download':
        await effects.fetchArtifact(step.file, signal, (ratio) => this.#advance(step.model, ratio));
        return this.#files.fetched(step.file.digest, step.file.sizeBytes, this.#isOnlyDownload);
      case 'verify':
        if (!(await this.#files.verify(step.file.digest, signal))) throw await this.#damaged(step.file.digest);
        return;
      case 'test-load':
        await effects.testLoad(step.target.name, step.version, signal);
        this.#tested.add(versionKey(step.version));
        return;
      case 'warm':
        await effects.warm(step.target, signal);
        this.#warm.set(step.model, targetKey(step.target));
        return;
      case 'switch':
        return this.#switch(step.model, step.target);
      case 'return':
        return this.#return(step, signal);
      case 'settle':
        return this.#note(step.model, { kind: 'settled' });
      case 'remove':
        await effects.deactivate(this.deps.models.get(step.model)?.running?.name ?? step.model);
        await this.deps.models.delete(step.model);
        this.#active.delete(step.model);
        this.#warm.delete(step.model);
        return this.deps.tell('info', `${step.model} was removed`);
      case 'refuse':
        return this.#refuse(step);
      case 'lose':
        return this.#noteFailure(step, 'STORAGE_CORRUPT', 'A file of it is missing on the disk of the edge.');
      case 'collect':
        return this.#collect(step.digests);
      case 'report':
        return this.deps.report();
    }
  }

  /** The room may have come back since it was measured. */
  async #refuse(step: Extract<EdgeStep, { kind: 'refuse' }>): Promise<void> {
    await this.#files.measure();
    const still = planEdge(this.#situation(), this.deps.clock.now()).find((one) => idOf(one) === idOf(step));
    if (still?.kind === 'refuse') await this.#noteFailure(still, still.code, still.message);
  }

  /**
   * The switch comes first, then the line on the disk: a crash between them starts the version before, and switches
   * again. Where the line cannot be written the version before serves on.
   */
  async #switch(model: ModelKey, target: DesiredModel): Promise<void> {
    const { effects, models } = this.deps;
    const before = models.get(model)?.running ?? null;
    const served = before && effects.served(before.name);
    await effects.activate(target);
    this.#warm.delete(model);
    this.#active.set(model, targetKey(target));
    try {
      await this.#note(model, { kind: 'switched', target, errorRatio: served ? errorRatioOf(served) : 0 });
    } catch (error) {
      this.#active.delete(model);
      if (before) await effects.activate(before);
      else await effects.deactivate(target.name);
      if (before) this.#active.set(model, targetKey(before));
      throw error;
    }
    this.deps.tell('info', `${target.name} runs version ${target.deployed}`);
  }

  /**
   * What is told serves already: the version before is loaded beside the bad one. Where that fails, there may be no room
   * for both, and the bad one gives way first.
   */
  async #return(step: Extract<EdgeStep, { kind: 'return' }>, signal: AbortSignal): Promise<void> {
    const { model, target, reason } = step;
    const { effects, log } = this.deps;
    try {
      await effects.warm(target, signal);
    } catch (error) {
      const damage = await this.#damageOf(step, signal);
      if (damage) throw damage;
      log.warn('version before not loaded beside the bad one', { model: target.name, error });
    }
    signal.throwIfAborted();
    await effects.activate(target);
    this.#active.set(model, targetKey(target));
    const message = `It was switched back: ${reason}.`;
    await this.#note(model, { kind: 'returned', code: 'VERSION_UNHEALTHY', message });
    this.deps.tell('warn', `${target.name} returned to version ${target.deployed}: ${reason}`);
  }

  /** What is needed may have changed since it was planned, so it is asked again before each. */
  async #collect(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      if (!garbageOf(this.#situation()).includes(digest)) continue;
      await this.#files.remove(digest);
    }
    await this.#files.measure();
  }

  /** What may be named for nodes already, and cannot be started: they are told so instead of waiting. */
  async #withdraw(isLost: (digest: Digest) => boolean): Promise<void> {
    for (const { _id, running } of this.deps.models.all()) {
      if (!running || this.#active.has(_id)) continue;
      if (filesOf(running).some(({ digest }) => isLost(digest))) await this.deps.effects.deactivate(running.name);
    }
  }

  /** A file may be lost or damaged long after it was compared: it is looked at again when what needs it fails. */
  async #damageOf(step: EdgeStep, signal: AbortSignal): Promise<ModelManagementError | undefined> {
    if (!FILE_STEPS.has(step.kind) || !('target' in step)) return undefined;
    let damage: ModelManagementError | undefined;
    try {
      for (const { digest } of filesOf(step.target)) {
        const isWhole = !this.#files.present.has(digest) || (await this.#files.verify(digest, signal));
        if (!isWhole) damage = await this.#damaged(digest);
      }
    } catch (error) {
      this.deps.log.warn('files of a step that failed could not be looked at', { step: step.kind, error });
    }
    return damage;
  }

  async #damaged(digest: Digest): Promise<ModelManagementError> {
    await this.#withdraw((other) => other === digest);
    return this.#files.dropDamaged(digest);
  }

  get #isOnlyDownload(): boolean {
    return [...this.#running.values()].filter(({ id }) => id.startsWith('download ')).length <= 1;
  }

  /** Called at each piece of a file: most of them change nothing that is told. */
  #advance(model: ModelKey, ratio: number): void {
    const before = this.#progress.get(model);
    this.#progress.set(model, ratio);
    if (before === undefined || reportedProgress(before) !== reportedProgress(ratio)) this.wake();
  }

  async #fail(lane: string, step: EdgeStep, error: unknown): Promise<void> {
    const { code, message } = asModelManagementError(error);
    this.deps.log.warn('step of the edge failed', { step: step.kind, lane, code, message });
    try {
      if ('target' in step) return await this.#noteFailure(step, code, message);
    } catch (cause) {
      this.deps.log.error('failure of a step could not be noted', { step: step.kind, error: cause });
      // What is on no disk is in no report either.
      if (!this.#heldUntil.has(lane)) this.deps.tell('warn', `${lane}: ${step.kind} failed: ${message}`.slice(0, 900));
    }
    this.#heldUntil.set(lane, this.deps.clock.now() + (step.kind === 'report' ? REPORT_HOLD_MS : HOLD_MS));
  }

  async #noteFailure(step: Extract<EdgeStep, { target: DesiredModel }>, code: string, message: string): Promise<void> {
    const failed = {
      kind: 'failed' as const,
      step: step.kind,
      target: step.target,
      code,
      message: message.slice(0, 500),
    };
    await this.#note(step.model, { ...failed, jitter: Math.random() });
    const what = step.kind === 'refuse' ? '' : `${step.kind} failed: `;
    this.deps.tell('warn', `${step.target.name} ${step.target.deployed}: ${what}${message}`.slice(0, 900));
  }

  async #note(key: ModelKey, event: ModelEvent): Promise<void> {
    const before = this.deps.models.get(key) ?? emptyState(key);
    const after = reduceModel(before, event, this.deps.clock.now());
    if (after !== before) await this.deps.models.put(after);
  }
}

import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../clock';
import { ModelManagementError } from '../../errors';
import type { Log } from '../../log';
import type { Signature } from '../../registry/signature';
import type { EngineOptions, GiveUp, ModelStats, ModelTarget, OnResult, RunResult, StartOptions } from '../engine';
import type { Tensor, Tensors } from '../tensor';
import type { ControlCommand } from '../wire/control-messages';
import { encodeBatch, encodeFrame } from '../wire/frame-encoder';
import type { AnswerFrame, AnswerItem } from '../wire/frames';
import { answersIn, rowCountOf } from './batch-answers';
import type { ChildEnd, ChildPlace, EngineChild } from './engine-child';
import * as errors from './engine-errors';
import { FrameScheduler } from './frame-scheduler';
import { LaunchFailure, launch, type ReadyReply } from './launch';
import { loadTimeoutMs, MAX_MODEL_BYTES } from './load-limits';
import type { ModelFigures } from './model-figures';
import { PendingRequest, type RequestResult } from './pending-request';
import { processMemoryBytes } from './process-memory';
import { buildRequestItem } from './request-item';
import type { RuntimeFacts } from './runtime-lookup';
import { SilenceWatch } from './silence-watch';
import { planRestart, type Supervision } from './supervision';

export interface ModelProcessDeps {
  readonly target: ModelTarget;
  readonly place: ChildPlace;
  readonly command: ControlCommand;
  readonly options: EngineOptions;
  readonly supervision: Supervision;
  readonly figures: ModelFigures;
  readonly clock: Clock;
  readonly log: Log;
}

type State =
  | { readonly status: 'starting' | 'restarting' | 'closed' }
  | { readonly status: 'ready'; readonly child: EngineChild }
  | { readonly status: 'failed'; readonly words: string; readonly retryAt: number };

/**
 * One loaded version through all the processes that serve it.
 *
 * When a process dies, the requests in it run again in the next one, alone and once: those that did not end it get
 * their answers, the one that did gets the error. Whoever waits gets an answer or an error in bounded time.
 */
export class ModelProcess {
  readonly #scheduler = new FrameScheduler();
  readonly #closing = new AbortController();
  #state: State = { status: 'starting' };
  #reply: ReadyReply | undefined;
  #lastId = 0;
  #isFlushPlanned = false;
  readonly #silence: SilenceWatch;
  /** In a row, without an answer between. */
  #deathCount = 0;
  /** The launch under way, if any; never rejects. */
  #launching: Promise<void> = Promise.resolve();

  constructor(private readonly deps: ModelProcessDeps) {
    const { options, supervision } = deps;
    const limitMs = options.requestTimeoutMs + supervision.silenceGraceMs;
    this.#silence = new SilenceWatch(limitMs, () => this.#scheduler.inFlightCount > 0);
  }

  get figures(): ModelFigures {
    return this.deps.figures;
  }

  get signature(): Signature {
    return this.#reply?.signature ?? { inputs: [], outputs: [] };
  }

  /** What runs it, once loaded. */
  get runtime(): RuntimeFacts | undefined {
    return this.#reply;
  }

  /** Requests waiting or in the process. */
  get pendingCount(): number {
    return this.#scheduler.count;
  }

  /** null while there is none in service. */
  get pid(): number | null {
    return this.#state.status === 'ready' ? this.#state.child.pid : null;
  }

  get isFailed(): boolean {
    return this.#state.status === 'failed';
  }

  /** The first load. @throws {ModelManagementError} `VERSION_UNUSABLE`, `ENGINE_UNAVAILABLE`, `ABORTED` */
  async open(): Promise<void> {
    const launching = this.#launch();
    this.#launching = launching.catch(() => undefined);
    try {
      await launching;
    } catch (error) {
      this.#state = { status: 'closed' };
      throw errors.launchError(error, this.deps.target, 'VERSION_UNUSABLE');
    }
  }

  /** @see LoadedModel.start */
  start(feeds: Tensors, { fetches = [], sender }: StartOptions, onResult: OnResult): GiveUp {
    if (this.#state.status === 'closed') throw this.#unloaded();
    this.#tryFailedAgain();
    // Never 0, which stands for no request.
    this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    const item = buildRequestItem(this.#lastId, this.signature, feeds, fetches);
    const request = new PendingRequest(item, sender, (result) => onResult(this.#counted(request, result)));
    if (!this.#scheduler.hasRoomFor(request)) throw this.figures.refused(errors.queueFull(this.deps.target));
    this.figures.begin();
    this.#scheduler.add(request);
    this.#planFlush();
    return (error) => {
      this.#scheduler.abandon(request);
      request.settle(error);
    };
  }

  async stats(): Promise<ModelStats> {
    const { model, version } = this.deps.target;
    const { pid } = this;
    const state = this.#state.status === 'closed' ? 'failed' : this.#state.status;
    const memoryBytes = pid === null ? null : await processMemoryBytes(pid);
    return { model, version, pid, state, queue: this.#scheduler.count, memoryBytes, ...this.figures.read() };
  }

  /** Rejects what waits; resolves when the process is gone. Idempotent. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { status: 'closed' };
    this.#closing.abort();
    this.#silence.stop();
    for (const request of this.#scheduler.takeAll()) request.settle(this.#unloaded());
    this.figures.end(this.deps.clock.now());
    if (state.status === 'ready') await state.child.stop();
    await this.#launching;
  }

  #counted(request: PendingRequest, result: RequestResult): RunResult | ModelManagementError {
    if (result instanceof ModelManagementError) {
      this.figures.failed(result);
      return result;
    }
    const { durationMs, batchSize } = result;
    this.figures.answered(performance.now() - request.startMs, durationMs, batchSize);
    const outputs = new Map<string, Tensor>();
    for (const { index, tensor } of result.tensors) outputs.set(this.signature.outputs[index]?.name ?? '', tensor);
    return { outputs, durationMs, batchSize };
  }

  /** All requests of this turn of the event loop leave in one write. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#state.status !== 'ready') return;
    const { child } = this.#state;
    if (this.#scheduler.inFlightCount === 0) this.#silence.heard();
    for (const requests of this.#scheduler.take()) {
      const items = requests.map(({ item }) => item);
      try {
        child.add(items.length > 1 ? encodeBatch(items) : encodeFrame({ kind: 'requests', items }));
      } catch (error) {
        this.#refuse(requests, error);
      }
    }
    child.flush();
    if (this.#scheduler.inFlightCount > 0) this.#silence.watch(child);
  }

  #refuse(requests: readonly PendingRequest[], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    for (const request of requests) {
      this.#scheduler.answered(request.item.id);
      request.settle(errors.refusedByRuntime(message));
    }
    this.#planFlush();
  }

  #onFrame(frame: AnswerFrame): void {
    const answers = answersIn(frame);
    const settled = answers.map((answer) => ({ answer, request: this.#scheduler.answered(answer.id) }));
    // An answer that nobody asked for is no sign of health.
    if (settled.some(({ request }) => request !== undefined)) {
      this.#silence.heard();
      this.#deathCount = 0;
    }
    this.#observe(frame, settled);
    // The child gets its next work before the callers hear of the last.
    this.#flush();
    for (const { answer, request } of settled) {
      request?.settle(answer.status === 'ok' ? answer : errors.refusedByRuntime(answer.message));
    }
  }

  #observe(frame: AnswerFrame, settled: readonly { answer: AnswerItem; request: PendingRequest | undefined }[]): void {
    if (frame.kind === 'results') {
      this.#scheduler.observe(rowCountOf(frame), frame.durationMs);
      return;
    }
    for (const { answer, request } of settled) {
      if (answer.status === 'ok' && request) this.#scheduler.observe(request.rows, answer.durationMs);
    }
  }

  async #launch(): Promise<void> {
    const { place, command, options } = this.deps;
    const { child, reply } = await launch(place, command, {
      // For the largest file: this one has been tried before.
      timeoutMs: loadTimeoutMs(MAX_MODEL_BYTES, options.loadTimeoutMs),
      signal: this.#closing.signal,
      frame: (frame) => this.#onFrame(frame),
      end: (end) => this.#onEnd(end),
    });
    if (reply.type !== 'ready' || (this.#reply && !isDeepStrictEqual(this.#reply.signature, reply.signature))) {
      await child.stop();
      throw new LaunchFailure('model', 'the file is no longer the one that was loaded first');
    }
    if (this.#state.status === 'closed') {
      await child.stop();
      return;
    }
    this.#reply = reply;
    this.#scheduler.start(reply.batching);
    this.#state = { status: 'ready', child };
    this.deps.log.info('model loaded', { pid: child.pid });
    this.#flush();
  }

  #onEnd(end: ChildEnd): void {
    this.#silence.stop();
    // A child that never came into service, or goes as the version is unloaded, is nobody's loss.
    if (this.#state.status !== 'ready') return;
    this.deps.log.warn('engine process ended', { reason: end.words });
    const { target, options } = this.deps;
    for (const request of this.#scheduler.takeLost()) {
      request.deathCount++;
      if (end.why === 'timeout' && request.item.id === end.requestId) {
        request.settle(errors.ranTooLong(target, options.requestTimeoutMs));
      } else if (request.deathCount > 1) {
        request.settle(errors.crashed(target, end));
      } else {
        this.#scheduler.suspect(request);
      }
    }
    this.#afterDeath(`the engine process ${end.words}`);
  }

  #afterDeath(words: string): void {
    this.#deathCount++;
    const { target, supervision, clock, log } = this.deps;
    const step = planRestart(this.#deathCount, supervision, clock.now());
    if (step.kind === 'restart') {
      this.#state = { status: 'restarting' };
      this.#launching = this.#restart(step.delayMs);
      return;
    }
    this.#state = { status: 'failed', words, retryAt: step.retryAt };
    log.error('model failed, its process kept ending', { reason: words, retryInMs: supervision.coolDownMs });
    for (const request of this.#scheduler.takeAll()) {
      request.settle(errors.keepsCrashing(target, words, supervision.coolDownMs));
    }
  }

  /** Never rejects. */
  async #restart(delayMs: number): Promise<void> {
    try {
      if (delayMs > 0) await wait(delayMs, undefined, { signal: this.#closing.signal });
      this.figures.restarted();
      await this.#launch();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#afterDeath(error instanceof Error ? error.message : String(error));
    }
  }

  /** @throws {ModelManagementError} `MODEL_FAILED` while the model cools down */
  #tryFailedAgain(): void {
    if (this.#state.status !== 'failed') return;
    const { words, retryAt } = this.#state;
    const waitMs = retryAt - this.deps.clock.now();
    if (waitMs > 0) throw this.figures.refused(errors.keepsCrashing(this.deps.target, words, waitMs));
    this.#state = { status: 'restarting' };
    this.#launching = this.#restart(0);
  }

  #unloaded(): ModelManagementError {
    return errors.aborted(`${errors.nameOf(this.deps.target)} was unloaded`);
  }
}

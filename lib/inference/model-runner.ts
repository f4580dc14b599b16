import { asModelManagementError, ModelManagementError } from '../errors';
import type { Signature } from '../registry/signature';
import { type Answer, startAnswer } from './answer';
import { type Codec, type CodecOptions, createCodec, type EncodedRequest } from './codec';
import { Deadlines } from './deadlines';
import type { GiveUp } from './engine';
import type { Place } from './linked-queue';
import { inputsByName, type NamedResult } from './named-results';
import { OrderedResults, type ResultSlot } from './ordered-results';
import { type QueueLimits, RequestQueue } from './request-queue';
import type { Route } from './route';
import type { ServedVersion } from './served-version';
import { stoppedError } from './stopped-error';
import { tensorBytes } from './tensor';
import { unservedError } from './unserved-error';

/**
 * What a message brings: a value to convert by the signature, one value per model input, or the results of several
 * parents (with `value` holding them by key), which inputs take by name.
 */
export type RunnerInput =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'results'; readonly results: readonly NamedResult[]; readonly value: unknown }
  | { readonly kind: 'inputs'; readonly values: ReadonlyMap<string, unknown> };

export interface ModelFacts {
  readonly name: string;
  /** null for a file. */
  readonly version: number | null;
  readonly digest: string;
  readonly durationMs: number;
  readonly batchSize: number;
}

/** One message. Exactly one of the three is called, once; none of them may throw. */
export interface Job {
  /** Read when the job's turn comes; may fail. */
  readonly input: RunnerInput | Promise<RunnerInput>;
  /** In the order the jobs came. */
  answer(value: unknown, model: ModelFacts): void;
  fail(error: ModelManagementError): void;
  /** Gone for a newer one, by the queue's rule. */
  drop(): void;
}

export interface RunnerOptions extends Omit<CodecOptions, 'labels'> {
  /** From arrival to answer, waiting included; 0 = no limit. */
  readonly timeoutMs: number;
  readonly queue: QueueLimits;
}

export interface RunnerCounters {
  readonly answered: number;
  readonly failed: number;
  /** Given up for newer ones. */
  readonly dropped: number;
  /** Those of the failed that found the queue full. */
  readonly refused: number;
}

/** A job from its arrival to its end. */
interface Pending {
  readonly job: Job;
  readonly slot: ResultSlot;
  deadline: Place<unknown> | undefined;
  /** Where it waits. */
  place: Place<Pending> | undefined;
  /** Once it runs. */
  giveUp: GiveUp | undefined;
  isOpen: boolean;
}

/** Tensors of one node in the engine at once; what waits behind them waits as messages, which can still be dropped. */
const MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024;

function encodeInput(codec: Codec, signature: Signature, input: RunnerInput): EncodedRequest {
  if (input.kind === 'inputs') return codec.encodeInputs(input.values);
  const values = input.kind === 'results' ? inputsByName(signature, input.results) : undefined;
  return values ? codec.encodeInputs(values) : codec.encode(input.value);
}

/**
 * Answers jobs with whatever version the route points at when their turn comes: bounded queue, time limit, answers in
 * the order of arrival, each job by exactly one version.
 */
export class ModelRunner {
  private readonly queue: RequestQueue<Pending>;
  private readonly results = new OrderedResults();
  private readonly deadlines: Deadlines<Pending>;
  private codec: { readonly served: ServedVersion; readonly codec: Codec } | undefined;
  private readonly unwatch: () => void;
  private inFlightBytes = 0;
  private isPumping = false;
  private answered = 0;
  private failed = 0;
  private dropped = 0;
  private refused = 0;
  private isClosed = false;
  private whenIdle: (() => void) | undefined;

  constructor(
    private readonly route: Route,
    private readonly options: RunnerOptions,
  ) {
    this.queue = new RequestQueue(options.queue);
    this.deadlines = new Deadlines(options.timeoutMs, (pending) => this.expire(pending));
    this.unwatch = route.watch(() => this.pump());
  }

  get counters(): RunnerCounters {
    return { answered: this.answered, failed: this.failed, dropped: this.dropped, refused: this.refused };
  }

  /** Jobs that have no answer yet. */
  get pendingCount(): number {
    return this.queue.count;
  }

  submit(job: Job): void {
    if (this.isClosed) {
      job.fail(stoppedError());
      return;
    }
    const pending = this.admit(job);
    const offer = this.queue.offer(pending);
    for (const old of offer.dropped) {
      this.settle(old, () => undefined, 'dropped');
      old.job.drop();
    }
    if (offer.isAccepted) {
      pending.place = offer.place;
    } else {
      this.refused += 1;
      this.refuse(
        pending,
        new ModelManagementError(
          'QUEUE_FULL',
          `${this.options.queue.max} messages wait for the model ${this.route.model} already.`,
          'Send fewer messages, use a faster model, or let the queue drop old messages.',
        ),
      );
      return;
    }
    this.pump();
  }

  /** Takes no more jobs, waits at most `graceMs` for those in flight, and fails the rest. Idempotent. */
  async close(graceMs: number): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const pending of this.queue.drain()) this.refuse(pending, stoppedError());
    if (this.queue.count > 0) {
      let timer: NodeJS.Timeout | undefined;
      const idle = new Promise<void>((resolve) => {
        this.whenIdle = resolve;
        timer = setTimeout(resolve, graceMs);
      });
      await idle;
      clearTimeout(timer);
    }
    for (let pending = this.deadlines.first; pending; pending = this.deadlines.first) {
      this.refuse(pending, stoppedError());
      pending.giveUp?.(stoppedError());
    }
    this.unwatch();
  }

  private admit(job: Job): Pending {
    const slot = this.results.open();
    const pending: Pending = { job, slot, deadline: undefined, place: undefined, giveUp: undefined, isOpen: true };
    pending.deadline = this.deadlines.add(pending);
    // Taken up when its turn comes; until then a failure must not count as unhandled.
    if (job.input instanceof Promise) job.input.catch(() => undefined);
    return pending;
  }

  private pump(): void {
    // What ends at once calls back here: the loop that runs already takes the next.
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      while (this.inFlightBytes < MAX_IN_FLIGHT_BYTES && this.pumpOne());
    } finally {
      this.isPumping = false;
    }
    if (this.queue.count === 0) this.whenIdle?.();
  }

  /** False when nothing can run now. */
  private pumpOne(): boolean {
    if (this.route.state.status === 'loading' && !this.isClosed) return false;
    const pending = this.queue.take();
    if (!pending) return false;
    const { input } = pending.job;
    if (input instanceof Promise) this.runLater(pending, input);
    else this.run(pending, input);
    return true;
  }

  /** Its place in the queue is free again as soon as somebody gives it up, whether the input ever comes or not. */
  private runLater(pending: Pending, input: Promise<RunnerInput>): void {
    let isWaiting = true;
    const once = (act: () => void): void => {
      if (isWaiting) act();
      isWaiting = false;
    };
    pending.giveUp = () => once(() => this.end(0));
    input.then(
      (value) => once(() => this.run(pending, value)),
      (error: unknown) => once(() => this.finish(pending, asModelManagementError(error), undefined, 0)),
    );
  }

  private run(pending: Pending, input: RunnerInput): void {
    let bytes = 0;
    try {
      // Read now, not when the job was taken: a swap meanwhile gave the lease of the version before back.
      const { state } = this.route;
      if (state.status !== 'serving') throw unservedError(this.route, state);
      const { served } = state;
      const codec = this.codecOf(served);
      const request = encodeInput(codec, served.signature, input);
      for (const tensor of request.feeds.values()) bytes += tensorBytes(tensor);
      this.inFlightBytes += bytes;
      pending.giveUp = startAnswer(request, codec, served.loaded, { sender: this }, (answer) =>
        this.finish(pending, answer, served, bytes),
      );
    } catch (error) {
      this.finish(pending, asModelManagementError(error), undefined, bytes);
    }
  }

  private finish(
    pending: Pending,
    answer: Answer | ModelManagementError,
    served: ServedVersion | undefined,
    bytes: number,
  ): void {
    if (answer instanceof ModelManagementError || !served) {
      this.refuse(pending, asModelManagementError(answer));
    } else if (pending.isOpen) {
      const { value, durationMs, batchSize } = answer;
      const { model: name, version, digest } = served;
      const facts = { name, version, digest, durationMs, batchSize };
      this.settle(pending, () => pending.job.answer(value, facts), 'answered');
    }
    this.end(bytes);
  }

  /** One less is in flight. */
  private end(bytes: number): void {
    this.inFlightBytes -= bytes;
    this.queue.finish();
    this.pump();
  }

  private codecOf(served: ServedVersion): Codec {
    if (this.codec?.served !== served) {
      const { features = [], ...options } = this.options;
      const columns = features.length > 0 ? features : served.features;
      const codec = createCodec(served.signature, {
        ...options,
        ...(columns ? { features: columns } : {}),
        ...(served.labels ? { labels: served.labels } : {}),
      });
      this.codec = { served, codec };
    }
    return this.codec.codec;
  }

  private expire(pending: Pending): void {
    const { timeoutMs } = this.options;
    const error = new ModelManagementError(
      'TIMEOUT',
      `The model ${this.route.model} did not answer within ${timeoutMs} ms, waiting included.`,
      'Raise the time limit of the node, send fewer messages, or use a faster model.',
    );
    if (pending.place) this.queue.remove(pending.place);
    this.refuse(pending, error);
    pending.giveUp?.(error);
  }

  /** Errors are told at once; only answers keep their order. */
  private refuse(pending: Pending, error: ModelManagementError): void {
    if (!pending.isOpen) return;
    this.settle(pending, () => undefined, 'failed');
    pending.job.fail(error);
  }

  private settle(pending: Pending, emit: () => void, counter: 'answered' | 'failed' | 'dropped'): void {
    pending.isOpen = false;
    if (pending.deadline) this.deadlines.remove(pending.deadline);
    this[counter] += 1;
    pending.slot.settle(emit);
  }
}

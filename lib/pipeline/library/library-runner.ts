import { asModelManagementError, ModelManagementError } from '../../errors';
import type { RunnerCounters } from '../../inference/model-runner';
import { OrderedResults, type ResultSlot } from '../../inference/ordered-results';
import { stoppedError } from '../../inference/stopped-error';
import type { LibraryLink, LinkState, RunnableLibrary } from './library-link';
import type { CallContext } from './types';

/** One message. Exactly one of the two is called, once, in the order the jobs came; neither may throw. */
export interface LibraryJob {
  readonly input: unknown;
  readonly context: CallContext;
  answer(value: unknown): void;
  fail(error: ModelManagementError): void;
}

interface Pending {
  readonly job: LibraryJob;
  readonly slot: ResultSlot;
}

/**
 * Answers jobs with the library its link points at when they come, all at the same time where the library is
 * asynchronous. Results leave in the order of arrival, so a slow one holds up those behind it.
 */
export class LibraryRunner {
  private readonly results = new OrderedResults();
  /** Came before the services were there. */
  private readonly held: Pending[] = [];
  private readonly running = new Set<Pending>();
  private readonly unwatch: () => void;
  private answeredCount = 0;
  private failedCount = 0;
  private isClosed = false;
  private whenIdle: (() => void) | undefined;

  /** @param timeoutMs - per call; 0 = no limit */
  constructor(
    private readonly link: LibraryLink,
    private readonly timeoutMs: number,
  ) {
    this.unwatch = link.watch(() => this.runHeld());
  }

  /** No queue is bounded here: nothing is dropped or refused. */
  get counters(): RunnerCounters {
    return { answered: this.answeredCount, failed: this.failedCount, dropped: 0, refused: 0 };
  }

  submit(job: LibraryJob): void {
    const pending = { job, slot: this.results.open() };
    if (this.isClosed) this.refuse(pending, stoppedError());
    else if (this.link.state.status === 'waiting') this.held.push(pending);
    else this.start(pending, this.link.state);
  }

  /** Takes no more jobs, waits at most `graceMs` for those under way, and fails the rest. Idempotent. */
  async close(graceMs: number): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.unwatch();
    for (const pending of this.held.splice(0)) this.refuse(pending, stoppedError());
    if (this.running.size > 0) {
      const idle = Promise.withResolvers<void>();
      this.whenIdle = idle.resolve;
      const timer = setTimeout(idle.resolve, graceMs);
      await idle.promise;
      clearTimeout(timer);
    }
    for (const pending of this.running) this.refuse(pending, stoppedError());
  }

  private runHeld(): void {
    const { state } = this.link;
    if (state.status === 'waiting') return;
    for (const pending of this.held.splice(0)) this.start(pending, state);
  }

  private start(pending: Pending, state: Exclude<LinkState, { readonly status: 'waiting' }>): void {
    if (state.status === 'ready') void this.run(pending, state.library);
    else this.refuse(pending, state.status === 'failed' ? state.error : missingError(this.link.name));
  }

  /** Never rejects. */
  private async run(pending: Pending, library: RunnableLibrary): Promise<void> {
    const { job, slot } = pending;
    this.running.add(pending);
    try {
      const value = await library.exec(job.input, { context: job.context, timeoutMs: this.timeoutMs });
      slot.settle(() => {
        this.answeredCount += 1;
        job.answer(value);
      });
    } catch (error) {
      this.refuse(pending, asModelManagementError(error));
    } finally {
      this.running.delete(pending);
      if (this.running.size === 0) this.whenIdle?.();
    }
  }

  private refuse({ job, slot }: Pending, error: ModelManagementError): void {
    slot.settle(() => {
      this.failedCount += 1;
      job.fail(error);
    });
  }
}

function missingError(name: string): ModelManagementError {
  return new ModelManagementError(
    'LIBRARY_NOT_FOUND',
    name === '' ? 'No library is chosen.' : `There is no library named ${name}.`,
    name === '' ? 'Open the node and choose one.' : 'Save a library of that name, or choose another one.',
  );
}

import type { Clock } from '../../../clock';
import { ModelManagementError } from '../../../errors';
import { newId } from '../../../ids';
import { isFinal } from '../../../training/run/run-states';
import type { TrainingChange } from '../../../training/training';
import type { TriggeredRun, TriggerTarget } from '../../../training/triggered-run';
import type { RunNewsCommand, RunRequestEvent } from '../../protocol/run-requests';
import { heardError } from '../../protocol/told-error';

export interface HubTrainingLink {
  isConnected(): boolean;
  tell(event: RunRequestEvent): void;
}

interface Waiting {
  readonly resolve: (news: RunNewsCommand) => void;
  readonly timer: NodeJS.Timeout;
}

const ANSWER_MS = 30_000;
/** Runs that are remembered; the oldest go first. */
const MAX_RUNS = 200;

/** The jobs of the hub, for nodes on this edge: it is asked, and tells what becomes of it. */
export class HubTraining implements TriggerTarget {
  readonly #waiting = new Map<string, Waiting>();
  readonly #runs = new Map<string, TriggeredRun>();
  readonly #told = new Set<string>();
  readonly #listeners = new Set<(change: TrainingChange) => void>();
  #link: HubTrainingLink | undefined;

  constructor(private readonly clock: Clock) {}

  attach(link: HubTrainingLink): void {
    this.#link = link;
  }

  /** Which jobs there are the hub knows; it says so when it is asked for one. */
  hasJob(name: string): boolean {
    return name !== '';
  }

  async startRun(
    job: string,
    input: unknown,
    { node = '' }: Parameters<TriggerTarget['startRun']>[2],
  ): Promise<TriggeredRun & { readonly joined?: true }> {
    const overrides: unknown =
      typeof input === 'object' && input !== null ? Reflect.get(input, 'overrides') : undefined;
    const told = typeof overrides === 'object' && overrides !== null ? { overrides: { ...overrides } } : {};
    const { run, joined } = await this.#ask({ job, node, ...told });
    if (!run) throw noAnswer('It told of no run.');
    return { ...run, ...(joined ? { joined } : {}) };
  }

  async cancelJob(job: string): Promise<number> {
    await this.#ask({ job, node: 'cancel', cancel: true });
    return 0;
  }

  onChange(listener: (change: TrainingChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws {ModelManagementError} `RUN_NOT_FOUND` */
  run(id: string): TriggeredRun {
    const run = this.#runs.get(id);
    if (run) return run;
    throw new ModelManagementError('RUN_NOT_FOUND', 'The hub told of no such run.', 'Look for it on the hub.');
  }

  endsOf(node: string): readonly TriggeredRun[] {
    return [...this.#runs.values()].filter((run) => run.node === node && isFinal(run.state) && !this.#told.has(run.id));
  }

  isEndTold(id: string): boolean {
    return this.#told.has(id);
  }

  noteEndTold(id: string): void {
    this.#told.add(id);
  }

  /** A command of the hub. */
  take(news: RunNewsCommand): void {
    const { request, run } = news;
    if (run) {
      this.#runs.set(run.id, run);
      for (const oldest of this.#runs.keys()) {
        if (this.#runs.size <= MAX_RUNS) break;
        this.#runs.delete(oldest);
        this.#told.delete(oldest);
      }
    }
    const waiting = request === undefined ? undefined : this.#waiting.get(request);
    if (request !== undefined) this.#waiting.delete(request);
    clearTimeout(waiting?.timer);
    waiting?.resolve(news);
    if (!run) return;
    const change = { kind: 'run', id: run.id, job: run.job, change: run.state } as const;
    for (const listener of [...this.#listeners]) listener(change);
  }

  async #ask(request: Pick<RunRequestEvent, 'job' | 'node' | 'cancel' | 'overrides'>): Promise<RunNewsCommand> {
    const link = this.#link;
    if (!link?.isConnected()) {
      throw new ModelManagementError(
        'BROKER_UNAVAILABLE',
        'The hub cannot be asked for the run now: there is no connection to the broker.',
        'A trigger that counts or watches stays due: it asks again with the next message.',
      );
    }
    const id = newId();
    const news = await new Promise<RunNewsCommand>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(id);
        reject(noAnswer(`Nothing came within ${ANSWER_MS / 1_000} s.`));
      };
      this.#waiting.set(id, { resolve, timer: setTimeout(giveUp, ANSWER_MS).unref() });
      link.tell({ type: 'request-run', at: this.clock.now(), id, ...request });
    });
    if (!news.error) return news;
    throw heardError(news.error);
  }
}

const noAnswer = (why: string): ModelManagementError =>
  new ModelManagementError(
    'TIMEOUT',
    `The hub did not answer whether it starts the run. ${why}`,
    'Check that the hub runs and has a release that takes requests of edges.',
  );

import { Admission } from '../admission';
import { ModelManagementError } from '../errors';
import type { ReaderCommand } from './child/protocol';
import { ChildLink, type ChildLinkOptions } from './child-link';

const MAX_READERS = 2;
const IDLE_MS = 30_000;

/**
 * Processes that run queries, one at a time each. One that takes too long is ended with its process: a query cannot be
 * interrupted otherwise, and Node-RED's own thread is never busy with it.
 */
export class ReaderPool {
  readonly #admission = new Admission(MAX_READERS);
  readonly #idle: { readonly link: ChildLink<ReaderCommand>; readonly timer: NodeJS.Timeout }[] = [];
  readonly #busy = new Set<ChildLink<ReaderCommand>>();
  #isClosed = false;

  constructor(private readonly options: ChildLinkOptions) {}

  /**
   * @param timeoutMs - of the query itself, not of the wait for its turn
   * @throws {ModelManagementError} `QUERY_TIMEOUT`, `ABORTED`, what the query is refused for
   */
  ask<R>(command: ReaderCommand, timeoutMs: number, signal?: AbortSignal): Promise<R> {
    return this.#admission.run(1, () => this.#askNow<R>(command, timeoutMs, signal), signal);
  }

  async #askNow<R>(command: ReaderCommand, timeoutMs: number, signal?: AbortSignal): Promise<R> {
    if (this.#isClosed) throw stopped();
    const link = this.#take();
    this.#busy.add(link);
    let failure: ModelManagementError | undefined;
    const end = (error: ModelManagementError): void => {
      failure ??= error;
      void link.kill('was ended');
    };
    const timer = setTimeout(() => end(timedOut(timeoutMs, command.connection.kind)), timeoutMs);
    const giveUp = (): void => end(new ModelManagementError('ABORTED', 'The query was given up.', 'Start it again.'));
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await link.ask<R>(command);
    } catch (error) {
      throw failure ?? error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      this.#busy.delete(link);
      this.#giveBack(link);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const idle = this.#idle.splice(0);
    for (const { timer } of idle) clearTimeout(timer);
    await Promise.all([
      ...idle.map(({ link }) => link.close()),
      ...[...this.#busy].map((link) => link.kill('was stopped')),
    ]);
  }

  #take(): ChildLink<ReaderCommand> {
    for (let found = this.#idle.pop(); found; found = this.#idle.pop()) {
      clearTimeout(found.timer);
      if (!found.link.isGone) return found.link;
    }
    return new ChildLink(this.options);
  }

  #giveBack(link: ChildLink<ReaderCommand>): void {
    if (link.isGone) return;
    if (this.#isClosed) return void link.close();
    const entry = {
      link,
      timer: setTimeout(() => {
        const at = this.#idle.indexOf(entry);
        if (at >= 0) this.#idle.splice(at, 1);
        void link.close();
      }, IDLE_MS).unref(),
    };
    this.#idle.push(entry);
  }
}

function timedOut(timeoutMs: number, kind: ReaderCommand['connection']['kind']): ModelManagementError {
  return new ModelManagementError(
    'QUERY_TIMEOUT',
    `The query took longer than ${timeoutMs} ms and was ended.`,
    kind === 'postgres'
      ? 'Narrow the query, or raise timeoutMs of the source.'
      : 'Narrow it, for example by a condition on created.',
    { details: { timeoutMs } },
  );
}

function stopped(): ModelManagementError {
  return new ModelManagementError('STOPPED', 'Model Management has stopped.', 'Restart Node-RED.');
}

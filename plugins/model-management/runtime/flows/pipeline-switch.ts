import { ModelManagementError } from '../../../../lib/errors';
import type { Log } from '../../../../lib/log';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import type { PipelineDocuments } from '../../../../lib/pipeline/pipelines/pipeline-documents';
import { entriesOfTab, pipelineNotFound, withoutTab, withTab } from '../../../../lib/pipeline/pipelines/tab-changes';
import { KeyedQueue } from '../../../../lib/store/keyed-queue';
import type { Deployed, FlowAdapter } from './flow-adapter';

export interface PipelineSwitchOptions {
  readonly flows: FlowAdapter;
  readonly documents: PipelineDocuments;
  readonly log: Log;
  /** Undefined: there is no such pipeline. */
  readonly isStopped: (id: string) => boolean | undefined;
}

/**
 * Starts, stops, restarts and deletes pipelines; what is asked of one takes turns, a restart as a whole. That one is
 * under way is on the disk, so that a restart which a crash cut in two is finished.
 */
export class PipelineSwitch {
  readonly #turns = new KeyedQueue();
  /** Stopped by an earlier process that meant to start them again. */
  readonly #unfinished: Set<string>;

  constructor(private readonly options: PipelineSwitchOptions) {
    this.#unfinished = new Set(options.documents.restarting);
  }

  /** @throws {ModelManagementError} as `FlowAdapter.deploy`; `PIPELINE_NOT_FOUND` */
  start(id: string, user: string | null): Promise<Deployed> {
    return this.#take(id, async () => {
      await this.#forget(id);
      return this.#set(id, true, user);
    });
  }

  /** @throws as {@link start} */
  stop(id: string, user: string | null): Promise<Deployed> {
    return this.#take(id, async () => {
      await this.#forget(id);
      return this.#set(id, false, user);
    });
  }

  /** One that is stopped is started. @throws as {@link start}, saying so when it is left stopped */
  restart(id: string, user: string | null): Promise<Deployed> {
    const { documents, log } = this.options;
    return this.#take(id, async () => {
      await documents.noteRestarting(id, true);
      let stopped: Deployed;
      try {
        stopped = await this.#set(id, false, user);
      } catch (error) {
        await documents.noteRestarting(id, false);
        throw error;
      }
      // While the note stays, the next start of Node-RED starts it.
      const deployed = await this.#set(id, true, user).catch(throwLeftStopped);
      await documents
        .noteRestarting(id, false)
        .catch((error: unknown) => log.warn('end of a restart not noted', { pipeline: id, error }));
      return { ...deployed, ...(stopped.previousRevision && { previousRevision: stopped.previousRevision }) };
    });
  }

  /** @returns what was deleted, as it may be imported again @throws as {@link start}; `FLOW_LOCKED` */
  remove(id: string, user: string | null): Promise<Deployed & { readonly flow: readonly FlowEntry[] }> {
    return this.#take(id, async () => {
      let flow: readonly FlowEntry[] = [];
      const deployed = await this.options.flows.deploy((entries) => {
        flow = entriesOfTab(entries, id);
        return withoutTab(entries, id);
      }, user);
      return { ...deployed, flow };
    });
  }

  /** Once flows run: starts what an earlier process stopped and did not come to start again. */
  async finishRestarts(): Promise<void> {
    const { documents, isStopped, log } = this.options;
    for (const id of this.#unfinished) {
      this.#unfinished.delete(id);
      try {
        await this.#turns.run(id, async () => {
          if (isStopped(id)) await this.#set(id, true, null);
          await documents.noteRestarting(id, false);
        });
      } catch (error) {
        log.warn('pipeline not started again', { pipeline: id, error });
      }
    }
  }

  #take<R>(id: string, work: () => Promise<R>): Promise<R> {
    return this.#turns.run(id, async () => {
      if (this.options.isStopped(id) === undefined) throw pipelineNotFound(id);
      return work();
    });
  }

  /** What somebody wants now counts, not what was to be finished. */
  async #forget(id: string): Promise<void> {
    this.#unfinished.delete(id);
    if (this.options.documents.restarting.includes(id)) await this.options.documents.noteRestarting(id, false);
  }

  #set(id: string, isRunning: boolean, user: string | null): Promise<Deployed> {
    return this.options.flows.deploy((entries) => withTab(entries, id, !isRunning), user);
  }
}

/** Of the second half of a restart. */
function throwLeftStopped(error: unknown): never {
  if (!ModelManagementError.is(error)) throw error;
  const message = `The pipeline is stopped now and was not started again: ${error.message}`;
  throw new ModelManagementError(error.code, message, error.hint, { cause: error });
}

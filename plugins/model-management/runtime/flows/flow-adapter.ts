import type { NodeAPI } from 'node-red';
import { ModelManagementError } from '../../../../lib/errors';
import { storageError } from '../../../../lib/files';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import type { FlowsApi, StoredFlows } from './flows-api';
import { needsModule, type Standstill } from './standstill';

export interface FlowAdapterHost {
  readonly events: Pick<NodeAPI['events'], 'on' | 'off'>;
  readonly settings: { readonly readOnly?: boolean };
  /** Why no flow runs now; undefined while they do. */
  readonly standstill: () => Standstill | undefined;
}

/** What a deploy came to. */
export interface Deployed {
  /** Of the flows now, and before; absent: they were as asked for already. */
  readonly revision?: string;
  readonly previousRevision?: string;
  /** What the user should know all the same. */
  readonly warning?: string;
}

const TRIES = 3;
const STARTED_WITHIN_MS = 30_000;
/** Have no implementation of their own. */
const STRUCTURE = new Set(['tab', 'subflow', 'group', 'junction']);

/**
 * Changes the flows of this Node-RED as a deploy of the editor would: whole, at a known revision, only restarting what
 * changed. Changes take turns. What would leave Node-RED without flows is refused before anything is stored.
 */
export class FlowAdapter {
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: FlowAdapterHost,
    /** @throws {ModelManagementError} when there is none */
    private readonly api: () => FlowsApi,
  ) {}

  /**
   * @param change - gives all entries as they shall be; asked again when somebody deployed meanwhile. The same list: nothing to do
   * @throws {ModelManagementError} `FLOWS_NOT_RUNNING` when a deploy would not start them, also where there is nothing to do;
   * `FLOWS_CHANGED` when others deploy all the time; `STORAGE_FULL`, `STORAGE_FAILED`: Node-RED could not store them
   */
  deploy(change: (entries: readonly FlowEntry[]) => readonly FlowEntry[], user: string | null): Promise<Deployed> {
    const result = this.#work.then(() => this.#deploy(change, user));
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #deploy(
    change: (entries: readonly FlowEntry[]) => readonly FlowEntry[],
    user: string | null,
  ): Promise<Deployed> {
    if (this.host.standstill()?.cause === 'safe-mode') {
      throw notRunning(
        'Node-RED runs in safe mode, and any deploy would start all flows.',
        'Deploy in the editor, which ends safe mode, and try again.',
      );
    }
    const api = this.api();
    for (let tries = 1; ; tries += 1) {
      const now = await api.getFlows();
      if (!now) throw notRunning('No flows are loaded yet.', 'Try again in a moment.');
      const next = change(now.flows);
      await this.#refuseStandstill(api, next);
      if (next === now.flows) return {};
      try {
        const revision = await this.#set(api, { flows: next, rev: now.rev }, user);
        return {
          revision,
          previousRevision: now.rev,
          ...(this.host.settings.readOnly && {
            warning: 'The flows of this Node-RED are read-only: it is not stored, and undone by a restart.',
          }),
        };
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'version_mismatch') throw notStored(error);
        if (tries < TRIES) continue;
        throw new ModelManagementError(
          'FLOWS_CHANGED',
          'The flows were deployed by somebody else at the same time.',
          'Look at them and try again.',
          { cause: error },
        );
      }
    }
  }

  /** One type that is missing, wherever, and a deploy starts nothing at all, nor does any later one. */
  async #refuseStandstill(api: FlowsApi, entries: readonly FlowEntry[]): Promise<void> {
    const types = await api.types();
    const templates = new Set(entries.filter(({ type }) => type === 'subflow').map(({ id }) => `subflow:${id}`));
    const missing = [...new Set(entries.map(({ type }) => type))].filter(
      (type) => !STRUCTURE.has(type) && !types.has(type) && !templates.has(type),
    );
    if (missing.length > 0) {
      throw notRunning(
        `The flows use node types that are not installed: ${missing.slice(0, 10).join(', ')}.`,
        'Install them, or delete their nodes, also on disabled tabs.',
      );
    }
    const standstill = this.host.standstill();
    const modules = standstill?.cause === 'missing-modules' ? standstill.missing : [];
    const needed = modules.filter((module) => entries.some((entry) => needsModule(entry, module)));
    if (needed.length > 0) {
      throw notRunning(
        `The flows use modules that are not installed: ${needed.slice(0, 10).join(', ')}.`,
        'Install them, or delete their nodes, also on disabled tabs.',
      );
    }
    if ((await api.state()) === 'stop') throw notRunning('All flows are stopped.', 'Start them in the menu of Deploy.');
  }

  /** Resolves when the nodes have started: Node-RED answers before that. @returns the new revision */
  async #set(api: FlowsApi, flows: StoredFlows, user: string | null): Promise<string> {
    const { events } = this.host;
    const revisions = new Set<string>();
    let look = (): void => undefined;
    const heard = (event: unknown): void => {
      const { id, payload } = event as { id?: string; payload?: { revision?: string } };
      if (id !== 'runtime-deploy' || typeof payload?.revision !== 'string') return;
      revisions.add(payload.revision);
      look();
    };
    events.on('runtime-event', heard);
    let timer: NodeJS.Timeout | undefined;
    try {
      const revision = await api.setFlows(flows, user);
      await new Promise<void>((resolve) => {
        look = () => revisions.has(revision) && resolve();
        // Stored it is; whoever asks for the state hears what became of it.
        timer = setTimeout(resolve, STARTED_WITHIN_MS);
        look();
      });
      return revision;
    } finally {
      clearTimeout(timer);
      events.off('runtime-event', heard);
    }
  }
}

const notRunning = (message: string, hint: string): ModelManagementError =>
  new ModelManagementError('FLOWS_NOT_RUNNING', message, hint);

/** What Node-RED says when it cannot write its files, or the project they lie in. Its words may hold paths. */
function notStored(error: unknown): unknown {
  const { code } = error as { readonly code?: unknown };
  if (code === 'git_merge_conflict') {
    return new ModelManagementError(
      'STORAGE_FAILED',
      'The project of the flows has a merge that is not resolved, so Node-RED stores none.',
      'Resolve or abort the merge in the history of the project, and try again.',
      { cause: error },
    );
  }
  return typeof code === 'string' && /^E[A-Z]+$/.test(code)
    ? storageError(error, 'Storing the flows of Node-RED')
    : error;
}

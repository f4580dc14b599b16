import { z } from 'zod';
import { asModelManagementError } from '../../errors';
import { KeyedQueue } from '../../store/keyed-queue';
import { admitCommand, type CommandMemory, hearHub, noCommands } from '../protocol/command-gate';
import { CommandDocument, type DesiredOrder, type EdgeEvent } from '../protocol/documents';
import { open } from '../protocol/envelope';
import { PipelineId, PipelinePart } from '../protocol/pipeline-documents';
import { RowsTakenCommand } from '../protocol/row-documents';
import { RunNewsCommand } from '../protocol/run-requests';
import type { EdgeIdentity } from './accepted-desired';
import type { EdgeAgentDeps } from './agent-dependencies';
import { findDocument } from './agent-documents';

/** What a hub may ask of an edge. */
export const EdgeCommand = z.discriminatedUnion('type', [
  /** Tell once more how you are. */
  z.object({ type: z.literal('report') }),
  /** Try at once what failed and waits. */
  z.object({ type: z.literal('retry') }),
  RunNewsCommand,
  RowsTakenCommand,
  z.object({ type: z.literal('pipeline-restart'), pipeline: PipelineId }),
  /** `input` as of `POST /pipelines/:id/test`; answered with the id of the run. */
  z.object({ type: z.literal('pipeline-test'), pipeline: PipelineId, input: z.unknown() }),
  /** Answered with what the edge knows of a pipeline now. */
  z.object({
    type: z.literal('pipeline-read'),
    pipeline: PipelineId,
    what: PipelinePart,
    runId: z.string().max(128).exactOptional(),
  }),
]);
export type EdgeCommand = z.infer<typeof EdgeCommand>;

export type CommandExecutors = {
  readonly [K in EdgeCommand['type']]: (command: Extract<EdgeCommand, { type: K }>) => Promise<unknown>;
};

const MAX_REMEMBERED = 1_000;
const MAX_DETAILS_LENGTH = 8_192;
/** Harmless when they come twice: they need no memory, which is kept for those that do. */
const REPEATABLE: ReadonlySet<string> = new Set(['report', 'pipeline-read', 'rows-taken', 'run-news']);

/** Takes commands: proves them, carries each out once, and says what came of it. */
export class CommandDesk {
  /** Ids whose refusal was told, the last of them: whoever repeats a command makes no more messages. */
  readonly #refused = new Set<string>();
  /** Of repeatable ones. */
  readonly #taken = new Set<string>();
  /** What is remembered is read and written in turns. */
  readonly #turns = new KeyedQueue();

  constructor(
    private readonly deps: Pick<EdgeAgentDeps, 'stores' | 'clock' | 'log'>,
    private readonly executors: CommandExecutors,
  ) {}

  /** @returns what to tell the hub, once; nothing of what is not signed by it, or is a duplicate */
  async take(payload: Buffer, identity: EdgeIdentity): Promise<EdgeEvent | undefined> {
    const { clock, log } = this.deps;
    const at = clock.now();
    const opened = open('command', payload, identity.hubKey, CommandDocument);
    if (!opened.ok) {
      log.warn('command not taken', { reason: opened.reason, detail: opened.detail });
      return undefined;
    }
    const { document } = opened.value;
    const isForMe =
      document.hubId === identity.hubId && document.edge === identity.edge && document.edgeKeyId === identity.edgeKeyId;
    if (!isForMe) {
      log.warn('command not taken', { reason: 'wrong-recipient' });
      return undefined;
    }
    const { id, command } = document;
    if (this.#taken.has(id)) return undefined;
    const known = EdgeCommand.safeParse(command);
    const isRepeatable = known.success && REPEATABLE.has(known.data.type);
    // Remembered before it is carried out: a crash between the two leaves it undone, and the hub without an answer.
    const admitted = await this.#withMemory(async (memory) => {
      const admission = admitCommand(memory, document, at);
      if (admission.ok && known.success && !isRepeatable) await this.#keep(admission.value);
      return admission;
    }).catch((error: unknown) => {
      log.warn('command could not be remembered and is not carried out', { id, error });
      return failure(at, id, error);
    });
    if ('type' in admitted) return admitted;
    if (!admitted.ok) {
      log.warn('command not taken', { id, reason: admitted.reason, detail: admitted.detail });
      if (admitted.reason === 'duplicate') return undefined;
      return this.#refusal(id, `${admitted.reason}: ${admitted.detail}`);
    }
    if (!known.success) return this.#refusal(id, `this edge does not know the command ${command.type}`);
    if (isRepeatable) remember(this.#taken, id);
    try {
      const value = await this.#carryOut(known.data);
      return { type: 'command', at, id, result: 'done', ...(value !== undefined && { value: JSON.stringify(value) }) };
    } catch (error) {
      return failure(at, id, error);
    }
  }

  /** The hub's time as it stands now, also when it was wrong before. The arguments are those of {@link hearHub}. */
  async heardHub(
    document: { readonly order: DesiredOrder; readonly issuedAt: number },
    isFirst: boolean,
  ): Promise<void> {
    await this.#withMemory((memory) => this.#keep(hearHub(memory, document, isFirst)));
  }

  #withMemory<R>(work: (memory: CommandMemory) => Promise<R>): Promise<R> {
    return this.#turns.run('', () => work(findDocument(this.deps.stores, 'commands')?.memory ?? noCommands));
  }

  #keep(memory: CommandMemory): Promise<void> {
    return this.deps.stores.agent.put({ _id: 'commands', memory });
  }

  #refusal(id: string, reason: string): EdgeEvent | undefined {
    if (this.#refused.has(id)) return undefined;
    remember(this.#refused, id);
    return { type: 'command', at: this.deps.clock.now(), id, result: 'refused', reason };
  }

  #carryOut<K extends EdgeCommand['type']>(command: Extract<EdgeCommand, { type: K }>): Promise<unknown> {
    return this.executors[command.type as K](command);
  }
}

function failure(at: number, id: string, error: unknown): EdgeEvent {
  const { code, message, hint, details } = asModelManagementError(error);
  const reason = message.slice(0, 500);
  const shown = JSON.stringify(details ?? null);
  const more = details && shown.length <= MAX_DETAILS_LENGTH ? { details: shown } : {};
  return { type: 'command', at, id, result: 'failed', reason, code, hint: hint.slice(0, 1_000), ...more };
}

/** The last of them only. */
function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > MAX_REMEMBERED && oldest !== undefined) ids.delete(oldest);
}

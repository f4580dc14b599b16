import { type ErrorExtras, errorCodes, ModelManagementError } from '../../errors';
import { newId } from '../../ids';
import type { EdgeCommand } from '../agent/command-desk';
import { decodeJson } from '../protocol/decode';
import type { DesiredOrder, EdgeEvent } from '../protocol/documents';
import { MAX_DOCUMENT_BYTES, sealBytes } from '../protocol/envelope';
import { edgeTopics } from '../protocol/topics';
import type { EdgeHubDeps } from './hub-dependencies';
import type { EdgeDocument } from './hub-documents';
import { type EdgeFacts, stateOf } from './views';

const DEFAULT_LIFE_MS = 60_000;
const ANSWER_MS = 15_000;

type CommandEvent = Extract<EdgeEvent, { type: 'command' }>;

interface Waiting {
  readonly edge: string;
  settle(event: CommandEvent): void;
}

/** What a hub asks of an edge once, and what it hears of it. */
export class EdgeCommands {
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly deps: Pick<EdgeHubDeps, 'hubId' | 'key' | 'bus' | 'clock'>,
    private readonly isConnected: () => boolean,
    private readonly issued: (edge: EdgeDocument) => DesiredOrder | undefined,
  ) {}

  /**
   * @param lifeMs - how long it may be carried out
   * @returns the id that its answering event carries
   * @throws {ModelManagementError} `EDGE_UNAVAILABLE` unless it is online; `BROKER_UNAVAILABLE`
   */
  async send(facts: EdgeFacts, command: EdgeCommand, lifeMs = DEFAULT_LIFE_MS): Promise<string> {
    const id = newId();
    await this.#publish(id, facts, command, lifeMs);
    return id;
  }

  /**
   * Asks, and waits for the answer.
   * @throws {ModelManagementError} as {@link send}; what the edge says went wrong; `TIMEOUT` when it says nothing
   */
  async ask(facts: EdgeFacts, command: EdgeCommand, patienceMs = ANSWER_MS): Promise<unknown> {
    const id = newId();
    const { name } = facts.edge;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<unknown>((resolve, reject) => {
      const silence = new ModelManagementError(
        'TIMEOUT',
        `The edge ${name} did not answer within ${patienceMs / 1_000} s.`,
        'It may have lost its connection: try again.',
      );
      timer = setTimeout(() => reject(silence), patienceMs);
      const settle: Waiting['settle'] = (event) =>
        event.result === 'done' ? resolve(answerOf(event)) : reject(errorOf(name, event));
      this.#waiting.set(id, { edge: name, settle });
    });
    try {
      // One that fails to be sent is nobody's to hear twice.
      answer.catch(() => undefined);
      await this.#publish(id, facts, command, patienceMs);
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Of the edge that is asked only: an id is no secret. */
  onEvent(edge: string, event: EdgeEvent): void {
    if (event.type !== 'command') return;
    const waiting = this.#waiting.get(event.id);
    if (waiting?.edge === edge) waiting.settle(event);
  }

  async #publish(id: string, facts: EdgeFacts, command: EdgeCommand, lifeMs: number): Promise<void> {
    const { edge, said } = facts;
    if (!this.isConnected()) {
      throw new ModelManagementError(
        'BROKER_UNAVAILABLE',
        'The broker is not connected.',
        'Check modelManagement.broker in settings.js and the broker, and try again.',
      );
    }
    const { state } = stateOf(facts);
    if (state !== 'online' || !edge.key) {
      const hint = state === 'conflict' ? 'Enrol it again with a new key.' : 'Wait until it is online.';
      throw new ModelManagementError('EDGE_UNAVAILABLE', `The edge ${edge.name} is ${state}.`, hint);
    }
    const { hubId, key, bus, clock } = this.deps;
    const issuedAt = clock.now();
    // An edge whose clock is ahead would find everything expired: the expiry is written in its time.
    const expiresAt = issuedAt + lifeMs + Math.max(0, said?.clockSkewMs ?? 0);
    const addressed = { v: 1, hubId, edge: edge.name, edgeKeyId: edge.key.id };
    const { epoch, revision } = this.issued(edge) ?? {};
    const document = { ...addressed, id, ...(epoch && { order: { epoch, revision } }), issuedAt, expiresAt, command };
    const payload = Buffer.from(JSON.stringify(document));
    const fits = decodeJson(payload, MAX_DOCUMENT_BYTES.command);
    if (!fits.ok) {
      throw new ModelManagementError(
        'PAYLOAD_TOO_LARGE',
        `What ${edge.name} is asked is ${fits.detail}.`,
        'Give it less, or do it on the edge itself.',
      );
    }
    const expirySeconds = Math.max(1, Math.ceil(lifeMs / 1_000));
    await bus.publish(edgeTopics(edge.name).command, sealBytes('command', payload, key), { expirySeconds });
  }
}

/** The edge found that a command came too late. */
export const isExpired = (event: EdgeEvent): boolean =>
  event.type === 'command' && event.result === 'refused' && event.reason?.startsWith('expired:') === true;

/** Carried as text, so that what somebody sent through a pipeline does not nest the document too deep. */
const answerOf = ({ value }: CommandEvent): unknown => (value === undefined ? undefined : JSON.parse(value));

function errorOf(
  edge: string,
  { code, reason = 'it gave no reason', hint = 'See the log of the edge.', details }: CommandEvent,
): ModelManagementError {
  const known = errorCodes.find((one) => one === code) ?? 'EDGE_UNAVAILABLE';
  return new ModelManagementError(known, `${edge}: ${reason}`, hint, details === undefined ? {} : detailsOf(details));
}

/** For who acts on them: nodes that have to be confirmed. */
function detailsOf(text: string): ErrorExtras {
  const details: unknown = JSON.parse(text);
  return typeof details === 'object' && details !== null ? { details: { ...details } } : {};
}

import { asModelManagementError } from '../../errors';
import type { RefusalReason } from '../protocol/decode';
import type { DesiredOrder } from '../protocol/documents';
import type { KeyId } from '../protocol/keys';
import { compareOrder } from '../protocol/order';
import { type AcceptedDesired, acceptDesired } from './accepted-desired';
import type { EdgeAgentDeps } from './agent-dependencies';
import { findDocument } from './agent-documents';
import type { CommandDesk } from './command-desk';
import type { Enrolment } from './enrolment';
import type { Reporter } from './reporter';
import type { UntilKept } from './until-kept';

/** Of a failure, for people. */
const MESSAGE_LENGTH = 500;

/** A document that waits for room on the disk. */
interface Unkept {
  readonly keyId: KeyId;
  readonly order: DesiredOrder;
}

/** Of the edge that it is part of. */
export interface DesiredSurroundings {
  readonly enrolment: Pick<Enrolment, 'own'>;
  readonly reporter: Pick<Reporter, 'refused' | 'tell'>;
  readonly commands: Pick<CommandDesk, 'heardHub'>;
  readonly untilKept: UntilKept;
  /** In its turn, like what comes from the broker. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** There is something to report. */
  wake(): void;
  desire(desired: AcceptedDesired): void;
  /** The key is void. */
  revoked(reason: string): Promise<void>;
}

/** Takes what the hub wants: proves it, writes it down, and only then it is obeyed. */
export class DesiredDesk {
  #unkept: Unkept | null = null;

  constructor(
    private readonly deps: Pick<EdgeAgentDeps, 'stores' | 'clock' | 'log'>,
    private readonly around: DesiredSurroundings,
  ) {}

  /** What was taken last. Proven anew: nobody who only writes to the disk decides what is wanted. */
  stored(): AcceptedDesired | null {
    const { own } = this.around.enrolment;
    const stored = findDocument(this.deps.stores, 'desired');
    if (!own || !stored?.envelope || stored.keyId !== own.identity.edgeKeyId) return null;
    const accepted = acceptDesired(Buffer.from(stored.envelope, 'base64'), own.identity, null);
    return accepted.ok && accepted.value.kind === 'desired' ? accepted.value.desired : null;
  }

  async take(payload: Buffer): Promise<void> {
    const { enrolment, reporter, commands } = this.around;
    const { own } = enrolment;
    // An empty message only clears what is retained.
    if (!own || payload.length === 0) return;
    const { stores, log } = this.deps;
    const stored = findDocument(stores, 'desired');
    const { hubId, edgeKeyId: keyId } = own.identity;
    // A key is a new beginning: nothing that was signed for another one is taken any more.
    const last = stored?.hubId === hubId && stored.keyId === keyId ? stored : null;
    const accepted = acceptDesired(payload, own.identity, last?.order ?? null);
    if (!accepted.ok) {
      // The broker gives the one it keeps at each subscription.
      if (accepted.reason === 'stale' && last?.envelope === payload.toString('base64')) return;
      // Why something better waits for the disk is not hidden by it.
      if (this.#unkept?.keyId !== keyId) this.#refused(accepted.reason, accepted.detail);
      return;
    }
    const taken = accepted.value;
    const order = taken.kind === 'desired' ? taken.desired.order : orderOf(taken.revocation);
    const issuedAt = taken.kind === 'desired' ? taken.desired.issuedAt : taken.revocation.issuedAt;
    const envelope = taken.kind === 'desired' ? payload.toString('base64') : null;
    const revoked = taken.kind === 'revoked' ? { revoked: taken.revocation.reason } : {};
    try {
      await stores.agent.put({ _id: 'desired', hubId, keyId, order, envelope, ...revoked });
    } catch (error) {
      return this.#notKept(error, { keyId, order }, payload);
    }
    this.#unkept = null;
    // Without it commands are at worst refused as expired, which the hub answers with a later document.
    await commands
      .heardHub({ order, issuedAt }, last === null)
      .catch((error: unknown) => log.warn('time of the hub could not be kept', { error }));
    log.info('desired state taken', { ...order, kind: taken.kind });
    reporter.refused = null;
    if (taken.kind === 'desired') return this.around.desire(taken.desired);
    await this.around.revoked(taken.revocation.reason);
  }

  /** What is not on the disk is not obeyed: an earlier one could be repeated after a start. The hub hears why. */
  #notKept(error: unknown, unkept: Unkept, payload: Buffer): void {
    const before = this.#unkept;
    // Somebody repeats one that came between.
    if (before?.keyId === unkept.keyId && compareOrder(unkept.order, before.order) < 0) return;
    this.#unkept = unkept;
    const { untilKept, inTurn, reporter } = this.around;
    untilKept.later('desired state', () => inTurn(() => this.take(payload)));
    const { code, message } = asModelManagementError(error);
    if (reporter.refused?.reason === code) return;
    const at = this.deps.clock.now();
    this.deps.log.error('desired state could not be kept, it is tried again', { ...unkept.order, code, message });
    reporter.refused = { reason: code, message: message.slice(0, MESSAGE_LENGTH), at };
    const text = `What the hub wants could not be kept: ${message.slice(0, MESSAGE_LENGTH)}`;
    reporter.tell({ type: 'log', at, level: 'error', text });
    this.around.wake();
  }

  #refused(reason: RefusalReason, detail: string): void {
    const { reporter } = this.around;
    // Once for each reason: whoever repeats rubbish drives neither the log nor signed reports.
    if (reporter.refused?.reason === reason) return;
    this.deps.log.warn('desired state not taken', { reason, detail });
    reporter.refused = { reason, at: this.deps.clock.now() };
    this.around.wake();
  }
}

const orderOf = ({ epoch, revision }: DesiredOrder): DesiredOrder => ({ epoch, revision });

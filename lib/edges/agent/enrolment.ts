import { invalidInput } from '../../errors';
import { EdgeName, type EnrolRefusal } from '../protocol/documents';
import { makeEnrolRequest, openEnrolAnswer, readToken } from '../protocol/enrolment';
import { findSigningKey, openSigningKey, removeSigningKey, type SigningKey, verifyingKey } from '../protocol/keys';
import { enrolTopics } from '../protocol/topics';
import { keepSubscribed } from '../standing-subscription';
import type { EdgeIdentity } from './accepted-desired';
import type { EdgeAgentDeps } from './agent-dependencies';
import { type CandidateDocument, findDocument, type IdentityDocument } from './agent-documents';

export type EnrolmentState =
  | { readonly status: 'none' }
  /** A token waits for the hub's answer. */
  | { readonly status: 'enrolling' }
  | { readonly status: 'refused'; readonly reason: EnrolRefusal | 'unreadable' }
  /** `refused`: what became of a token that was tried since, beside the key in use. */
  | { readonly status: 'enrolled'; readonly refused?: EnrolRefusal }
  | { readonly status: 'revoked'; readonly reason: string };

export interface OwnKey {
  readonly identity: EdgeIdentity;
  readonly key: SigningKey;
}

const MIN_RETRY_MS = 5_000;
const MAX_RETRY_MS = 300_000;
/** Settings hold one token, and people forget to take it out. */
const MAX_SPENT = 50;
const keyName = (tokenId: string): string => `edge-${tokenId}`;

type Deps = Pick<EdgeAgentDeps, 'bus' | 'stores' | 'keysPath' | 'clock' | 'log' | 'settings'>;

/**
 * How an edge comes to its key. A token makes a candidate with a new key; the key in use is replaced only when the hub
 * has accepted the new one, so a wrong token does no harm. All is on the disk before it is sent.
 */
export class Enrolment {
  #own: OwnKey | undefined;
  #endAsking: (() => void) | undefined;

  constructor(
    private readonly deps: Deps,
    /** The hub accepted the key. */
    private readonly onAccepted: () => void,
    private readonly onChange: () => void,
  ) {}

  /** Reads what is on the disk. */
  open(): Promise<void> {
    return this.#loadKey(this.#identity());
  }

  /** Takes the token of the settings if it is a new one. @throws {ModelManagementError} of the disk; to be called again then */
  async takeSettings(): Promise<void> {
    const { stores, settings } = this.deps;
    const identity = this.#identity();
    const candidate = findDocument(stores, 'candidate');
    // The last write of an enrolment that a crash cut short.
    if (candidate && candidate.tokenId === identity?.tokenId) await stores.agent.delete('candidate');
    const token = settings.token === undefined ? undefined : readToken(settings.hubId, settings.token);
    if (settings.token !== undefined && !token) {
      this.deps.log.error('token of the settings not usable', { setting: 'modelManagement.edge.token' });
    }
    const known = [identity?.tokenId, this.#candidate()?.tokenId, ...(findDocument(stores, 'tokens')?.spent ?? [])];
    if (token && !known.includes(token.id)) await this.#propose(token);
  }

  get own(): OwnKey | undefined {
    return this.#own;
  }

  get state(): EnrolmentState {
    const [identity, candidate] = [this.#identity(), this.#candidate()];
    const refused = candidate?.refused as EnrolRefusal | null | undefined;
    if (refused && this.#own) return { status: 'enrolled', refused };
    if (refused) return { status: 'refused', reason: refused };
    if (candidate) return { status: 'enrolling' };
    if (identity?.revoked) return { status: 'revoked', reason: identity.revoked };
    if (identity) return this.#own ? { status: 'enrolled' } : { status: 'revoked', reason: 'key-missing' };
    const { hubId, token } = this.deps.settings;
    const isReadable = token === undefined || readToken(hubId, token) !== undefined;
    return isReadable ? { status: 'none' } : { status: 'refused', reason: 'unreadable' };
  }

  /** Takes a token that was typed. @throws {ModelManagementError} `INVALID_INPUT` when it is none */
  async enrol(text: string): Promise<void> {
    const token = readToken(this.deps.settings.hubId, text);
    if (!token)
      throw invalidInput('token', 'That is no token.', 'Copy it from the hub as it is shown, once, for this edge.');
    this.stopAsking();
    await this.#propose(token);
    this.ask();
  }

  /** Sends the request until it is answered. */
  ask(): void {
    const candidate = this.#candidate();
    if (!candidate || candidate.refused || this.#endAsking) return;
    const { bus, log } = this.deps;
    const topics = enrolTopics(candidate.tokenId);
    const request = Buffer.from(candidate.request, 'base64');
    let timer: NodeJS.Timeout | undefined;
    // The broker takes the subscription before the request, so no answer is missed.
    const end = keepSubscribed(this.deps, topics.answer, ({ payload }) => {
      this.#takeAnswer(candidate, request, payload).catch((error: unknown) => {
        log.error('answer to the enrolment could not be kept', { error });
      });
    });
    const send = (delayMs: number): void => {
      bus.publish(topics.request, request, { expirySeconds: 60 }).catch((error: unknown) => {
        log.debug('enrolment request not sent', () => ({ error }));
      });
      timer = setTimeout(() => send(Math.min(delayMs * 2, MAX_RETRY_MS)), delayMs / 2 + (Math.random() * delayMs) / 2);
      timer.unref();
    };
    send(MIN_RETRY_MS);
    this.#endAsking = () => {
      clearTimeout(timer);
      end().catch((error: unknown) => log.debug('subscription could not be ended', () => ({ error })));
    };
  }

  stopAsking(): void {
    this.#endAsking?.();
    this.#endAsking = undefined;
  }

  /** The hub took the key back. */
  async revoke(reason: string): Promise<void> {
    const identity = this.#identity();
    if (identity) await this.deps.stores.agent.put({ ...identity, revoked: reason });
    this.onChange();
  }

  /** Forgets hub and keys. */
  async forget(): Promise<void> {
    this.stopAsking();
    const { stores, keysPath } = this.deps;
    const tokenIds = [findDocument(stores, 'identity')?.tokenId, findDocument(stores, 'candidate')?.tokenId];
    this.#own = undefined;
    for (const tokenId of tokenIds) if (tokenId) await this.#spend(tokenId);
    for (const id of ['candidate', 'identity', 'desired', 'commands']) await stores.agent.delete(id);
    for (const tokenId of tokenIds) if (tokenId) await removeSigningKey(keysPath, keyName(tokenId));
    this.onChange();
  }

  /** Of this hub only: settings may have been moved to another. */
  #identity(): IdentityDocument | undefined {
    const found = findDocument(this.deps.stores, 'identity');
    return found && this.#isOfSettings(found) ? found : undefined;
  }

  #candidate(): CandidateDocument | undefined {
    const found = findDocument(this.deps.stores, 'candidate');
    return found && this.#isOfSettings(found) ? found : undefined;
  }

  #isOfSettings({ hubId, hubPublicKey, edge }: IdentityDocument | CandidateDocument): boolean {
    const { settings } = this.deps;
    return hubId === settings.hubId && hubPublicKey === settings.hubPublicKey && edge === settings.name;
  }

  async #propose(token: NonNullable<ReturnType<typeof readToken>>): Promise<void> {
    const { stores, keysPath, settings } = this.deps;
    const { hubId, hubPublicKey } = settings;
    const edge = EdgeName.parse(settings.name);
    const replaced = findDocument(stores, 'candidate')?.tokenId;
    if (replaced && replaced !== token.id) await this.#discard(replaced);
    const key = await openSigningKey(keysPath, keyName(token.id));
    const { id: keyId, text: edgePublicKey } = key.publicKey;
    const request = makeEnrolRequest({ hubId, edge, edgePublicKey }, token).toString('base64');
    const fields = { hubId, hubPublicKey, edge, tokenId: token.id, keyId };
    await stores.agent.put({ _id: 'candidate', ...fields, request, refused: null });
    this.onChange();
  }

  async #takeAnswer(candidate: CandidateDocument, request: Buffer, payload: Buffer): Promise<void> {
    const { stores, settings, log } = this.deps;
    const opened = openEnrolAnswer(payload, verifyingKey(settings.hubPublicKey), request);
    if (!opened.ok) return log.debug('answer not taken', () => ({ reason: opened.reason, detail: opened.detail }));
    if (this.#candidate()?.tokenId !== candidate.tokenId || this.#candidate()?.refused) return;
    this.stopAsking();
    if (opened.value.result === 'refused') {
      log.warn('enrolment was refused', { reason: opened.value.reason });
      await stores.agent.put({ ...candidate, refused: opened.value.reason });
      await this.#discard(candidate.tokenId);
      return this.onChange();
    }
    const replaced = findDocument(stores, 'identity');
    const { _id: _, request: __, refused: ___, ...fields } = candidate;
    const identity: IdentityDocument = { _id: 'identity', ...fields, revoked: null };
    await stores.agent.put(identity);
    await stores.agent.delete('candidate');
    if (replaced && replaced.tokenId !== identity.tokenId) await this.#discard(replaced.tokenId);
    await this.#loadKey(identity);
    log.info('enrolled', { edge: identity.edge, hubId: identity.hubId });
    this.onAccepted();
    this.onChange();
  }

  /** It is never proposed again by itself, and its key is nobody's. */
  async #discard(tokenId: string): Promise<void> {
    await this.#spend(tokenId);
    if (findDocument(this.deps.stores, 'identity')?.tokenId === tokenId) return;
    await removeSigningKey(this.deps.keysPath, keyName(tokenId));
  }

  async #spend(tokenId: string): Promise<void> {
    const { agent } = this.deps.stores;
    const spent = findDocument(this.deps.stores, 'tokens')?.spent ?? [];
    if (spent.includes(tokenId)) return;
    await agent.put({ _id: 'tokens', spent: [...spent, tokenId].slice(-MAX_SPENT) });
  }

  async #loadKey(identity: IdentityDocument | undefined): Promise<void> {
    this.#own = undefined;
    if (!identity || identity.revoked) return;
    const key = await findSigningKey(this.deps.keysPath, keyName(identity.tokenId));
    if (!key || key.publicKey.id !== identity.keyId) {
      this.deps.log.error('key of this edge is missing, it has to be enrolled again', { edge: identity.edge });
      return;
    }
    const { hubId, edge, keyId: edgeKeyId, hubPublicKey } = identity;
    this.#own = { key, identity: { hubId, edge, edgeKeyId, hubKey: verifyingKey(hubPublicKey) } };
  }
}

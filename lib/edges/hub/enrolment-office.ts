import type { BusMessage } from '../bus';
import type { EnrolAnswer, EnrolRefusal } from '../protocol/documents';
import { digestOf, openEnrolRequest } from '../protocol/enrolment';
import { MAX_DOCUMENT_BYTES, seal } from '../protocol/envelope';
import { enrolTopics, tokenOfTopic } from '../protocol/topics';
import type { EdgeBook } from './edge-book';
import type { EdgeHubDeps } from './hub-dependencies';
import type { EdgeDocument } from './hub-documents';
import { RareWarnings } from './rare-warnings';

/** Requests that are answered in a second: whoever may publish here is not known yet. */
const MAX_PER_SECOND = 20;

/** Answers edges that want to enrol: each request with a reason, bound to that request, and never more than it can. */
export class EnrolmentOffice {
  #windowAt = 0;
  #count = 0;
  readonly #warnings: RareWarnings;

  constructor(
    private readonly deps: Pick<EdgeHubDeps, 'hubId' | 'key' | 'bus' | 'clock' | 'log'>,
    private readonly book: EdgeBook,
    private readonly onEnrolled: (edge: EdgeDocument) => void,
  ) {
    this.#warnings = new RareWarnings(deps);
  }

  take({ topic, payload, isRetained }: BusMessage): void {
    const tokenId = tokenOfTopic(topic);
    if (!tokenId || isRetained || payload.length > MAX_DOCUMENT_BYTES['enrol-request'] * 2) return;
    if (!this.#isAdmitted()) {
      this.#warnings.warn('dropped', 'enrolment request dropped, there are too many');
      return;
    }
    this.#answer(tokenId, payload).catch((error: unknown) => {
      this.#warnings.warn('unanswered', 'enrolment request could not be answered', { error });
    });
  }

  async #answer(tokenId: string, payload: Buffer): Promise<void> {
    const { hubId, key, bus, clock, log } = this.deps;
    const outcome = await this.#decide(tokenId, payload);
    const common = { v: 1 as const, hubId, tokenId, requestDigest: digestOf(payload), at: clock.now() };
    let answer: EnrolAnswer;
    if (typeof outcome === 'string') {
      this.#warnings.warn(outcome, 'enrolment refused', { tokenId, reason: outcome });
      answer = { ...common, result: 'refused', reason: outcome };
    } else {
      const { edge, keyId } = outcome;
      log.info('edge enrolled', { edge: edge.name, keyId });
      answer = { ...common, result: 'accepted', edge: edge.name, edgeKeyId: keyId };
    }
    if (typeof outcome !== 'string') this.onEnrolled(outcome.edge);
    await bus.publish(enrolTopics(tokenId).answer, seal('enrol-answer', answer, key), { expirySeconds: 60 });
  }

  async #decide(
    tokenId: string,
    payload: Buffer,
  ): Promise<EnrolRefusal | { readonly edge: EdgeDocument; readonly keyId: NonNullable<EdgeDocument['key']>['id'] }> {
    const secret = this.book.tokenSecret(tokenId);
    if (!secret) return 'token-unknown';
    const opened = openEnrolRequest(payload, this.deps.hubId, { id: tokenId, key: secret });
    if (!opened.ok) return 'proof-invalid';
    const outcome = await this.book.enrol(opened.value);
    if (outcome.result === 'refused') return outcome.reason;
    const keyId = outcome.edge.key?.id;
    return keyId ? { edge: outcome.edge, keyId } : 'token-void';
  }

  #isAdmitted(): boolean {
    const now = this.deps.clock.now();
    if (Math.abs(now - this.#windowAt) >= 1_000) {
      this.#windowAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MAX_PER_SECOND;
  }
}

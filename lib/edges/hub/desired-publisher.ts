import { invalidInput } from '../../errors';
import { CLOCK_TOLERANCE_MS } from '../protocol/command-gate';
import type { DesiredOrder, ReportedState } from '../protocol/documents';
import { digestOf } from '../protocol/enrolment';
import { MAX_DOCUMENT_BYTES, sealBytes } from '../protocol/envelope';
import type { KeyId } from '../protocol/keys';
import { compareOrder } from '../protocol/order';
import type { DesiredRun } from '../protocol/run-documents';
import { edgeTopics } from '../protocol/topics';
import type { Assignments } from './assignments';
import type { DesiredContent, EdgeContent } from './desired-content';
import type { EdgeBook } from './edge-book';
import type { EdgeHubDeps } from './hub-dependencies';
import type { EdgeDocument, IssuedDocument } from './hub-documents';

/** Between two repetitions for an edge that does not take what was published. */
const REPEAT_MS = 30_000;
/** Edges whose documents are made and written to the disk together. */
const BATCH = 100;
/** Between two tries where the broker is there and does not take a document. */
const RETRY_MS = 5_000;
/** An epoch beyond this would leave no room to go on; only a broken or hostile edge says it has taken one. */
const MAX_EPOCH = 2 ** 40;

type Content = { readonly edgeKeyId: KeyId } & (
  | ({ readonly kind: 'desired'; readonly runs?: readonly DesiredRun[] } & EdgeContent)
  | { readonly kind: 'revoked'; readonly reason: string }
);

type Deps = Pick<EdgeHubDeps, 'hubId' | 'key' | 'bus' | 'registry' | 'runsOf' | 'clock' | 'log'> & {
  readonly orders: EdgeHubDeps['stores']['orders'];
};

/**
 * Keeps what the broker holds for each edge equal to what its assignments say. A document has its order on the disk
 * before it is published, and one that says the same as the last gets no new revision: so after a start nothing is
 * published that the edges have already.
 */
export class DesiredPublisher {
  readonly #dirty = new Set<string>();
  readonly #unsent = new Set<string>();
  /** Orders that edges have taken and this hub does not know. */
  readonly #beyond = new Map<string, DesiredOrder>();
  /** To be signed anew although they say the same: for their time. */
  readonly #outdated = new Set<string>();
  readonly #repeatedAt = new Map<string, number>();
  #work: Promise<void> | undefined;
  #isStopped = false;
  #isConnected = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly deps: Deps,
    private readonly book: EdgeBook,
    private readonly assignments: Assignments,
    private readonly content: DesiredContent,
  ) {}

  /** What is wanted of an edge may have changed. */
  refresh(keys: Iterable<string>): void {
    this.content.changed();
    for (const key of keys) this.#dirty.add(key);
    this.#work ??= this.#drain();
  }

  /** What the broker did not take is sent once more when it is there again. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (!isConnected) return;
    const early = this.deps.orders.all().filter((issued) => this.#isEarly(issued));
    this.refresh([...this.#unsent, ...early.map(({ _id }) => _id)]);
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.#work;
  }

  /** Resolves when all that is wanted was signed, and taken by the broker if it is there. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  issued(edge: EdgeDocument): IssuedDocument | undefined {
    return this.deps.orders.get(edge._id);
  }

  /** True when the edge has taken the last that was issued. */
  isTaken(edge: EdgeDocument, reported: ReportedState['desired']): boolean {
    const issued = this.issued(edge);
    return issued !== undefined && reported?.digest === issued.digest && compareOrder(reported, issued) === 0;
  }

  /**
   * Compares what an edge has taken with what was issued. One that has less gets it once more. One that has taken a
   * later order than this hub knows of was told so by this hub before its data folder was restored: the hub goes on
   * beyond it, in a new epoch, and is obeyed again.
   * @param isNew - the edge has just connected, so that it is not made to wait
   */
  compare(edge: EdgeDocument, reported: ReportedState['desired'], isNew: boolean): void {
    const issued = this.issued(edge);
    if (this.#isEarly(issued)) this.refresh([edge._id]);
    if (!edge.key || this.isTaken(edge, reported)) return;
    if (issued && reported && compareOrder(reported, issued) >= 0) {
      if (reported.epoch >= MAX_EPOCH) {
        this.deps.log.error('edge reports an order that cannot be; enrol it again', { edge: edge.name });
        return;
      }
      this.deps.log.warn('edge has taken a later order than this hub knows of: a new epoch begins', {
        edge: edge.name,
      });
      this.#beyond.set(edge._id, reported);
      this.refresh([edge._id]);
      return;
    }
    const repeatedAt = this.#repeatedAt.get(edge._id) ?? Number.NEGATIVE_INFINITY;
    if (!isNew && this.deps.clock.now() - repeatedAt < REPEAT_MS) return;
    this.#unsent.add(edge._id);
    this.refresh([edge._id]);
  }

  /**
   * The edge found a command expired. It may take the hub's time from something that was signed when the hub's clock was
   * ahead, so it is told the time anew; not again and again, where its own clock is the reason.
   */
  renew(edge: EdgeDocument): void {
    const issued = this.issued(edge);
    const ageMs = this.deps.clock.now() - (issued?.issuedAt ?? 0);
    if (!issued || (ageMs >= 0 && ageMs < REPEAT_MS)) return;
    this.#outdated.add(edge._id);
    this.refresh([edge._id]);
  }

  /** Signed by a clock that was ahead: the edge that took it finds all commands expired until that time has come. */
  #isEarly(issued: IssuedDocument | undefined): boolean {
    return issued !== undefined && issued.issuedAt > this.deps.clock.now() + CLOCK_TOLERANCE_MS;
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#dirty.size > 0 && !this.#isStopped) {
      const keys = [...this.#dirty].slice(0, BATCH);
      for (const key of keys) this.#dirty.delete(key);
      const results = await Promise.allSettled(keys.map((key) => this.#issue(key)));
      for (const [index, result] of results.entries()) {
        if (result.status === 'rejected') {
          this.deps.log.error('desired state of an edge could not be made', {
            edge: keys[index],
            error: result.reason,
          });
        }
      }
    }
    this.#work = undefined;
  }

  async #issue(key: string): Promise<void> {
    const { orders, clock } = this.deps;
    const edge = this.book.known(key);
    const content = edge && (await this.#contentOf(edge));
    if (!edge || !content) return;
    const contentDigest = digestOf(Buffer.from(JSON.stringify(content)));
    const last = orders.get(key);
    const beyond = this.#beyond.get(key);
    let issued = last;
    const isForTime = content.kind === 'desired' && (this.#outdated.has(key) || this.#isEarly(last));
    if (!last || last.contentDigest !== contentDigest || beyond || isForTime) {
      const order = nextOrder(last, beyond);
      const issuedAt = clock.now();
      const payload = this.#payload(edge, content, { ...order, issuedAt });
      if (payload.length > MAX_DOCUMENT_BYTES.desired) {
        throw invalidInput(
          'edges',
          `The desired state of ${edge.name} has ${payload.length} bytes.`,
          'Let it run fewer models.',
        );
      }
      issued = { _id: key, ...order, issuedAt, contentDigest, digest: digestOf(payload) };
      await orders.put(issued);
      this.#beyond.delete(key);
      this.#outdated.delete(key);
      this.#unsent.add(key);
    }
    if (issued && this.#unsent.has(key)) await this.#publish(edge, this.#payload(edge, content, issued));
  }

  /** Waits for the broker, so that no more are under way than it takes; one that is away is not waited for. */
  async #publish(edge: EdgeDocument, payload: Buffer): Promise<void> {
    if (!this.#isConnected) return;
    const { bus, key, log, clock } = this.deps;
    // A report that was under way when this was published is no reason to repeat it.
    this.#repeatedAt.set(edge._id, clock.now());
    try {
      await bus.publish(edgeTopics(edge.name).desired, sealBytes('desired', payload, key), { retain: true });
      this.#unsent.delete(edge._id);
    } catch (error) {
      log.debug('desired state not sent yet', () => ({ edge: edge.name, error }));
      if (this.#isStopped) return;
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        if (this.#isConnected) this.refresh([...this.#unsent]);
      }, RETRY_MS);
      this.#retry.unref();
    }
  }

  /** Equal content gives equal bytes, so that a repetition is known as one. */
  #payload(
    edge: EdgeDocument,
    content: Content,
    order: Pick<IssuedDocument, 'epoch' | 'revision' | 'issuedAt'>,
  ): Buffer {
    const { epoch, revision, issuedAt } = order;
    const { hubId } = this.deps;
    return Buffer.from(JSON.stringify({ v: 1, hubId, edge: edge.name, epoch, revision, issuedAt, ...content }));
  }

  async #contentOf(edge: EdgeDocument): Promise<Content | undefined> {
    const { key, revoked } = edge;
    if (!key) return revoked ? { kind: 'revoked', edgeKeyId: revoked.keyId, reason: revoked.reason } : undefined;
    for (const assignment of this.assignments.ofEdge(edge.name)) {
      const version = this.deps.registry.findVersion(assignment.model, assignment.ref);
      if (version) await this.assignments.noteVersion(assignment, version.version);
      if (this.content.resolve(assignment)) continue;
      const { model, version: gone } = assignment;
      this.deps.log.warn('edge keeps what it runs, the version it shall run is gone', { edge: edge.name, model, gone });
    }
    const runs = this.deps.runsOf?.(edge) ?? [];
    return { kind: 'desired', edgeKeyId: key.id, ...this.content.of(edge.name), ...(runs.length > 0 ? { runs } : {}) };
  }
}

function nextOrder(last: DesiredOrder | undefined, beyond: DesiredOrder | undefined): DesiredOrder {
  if (beyond) return { epoch: Math.max(beyond.epoch, last?.epoch ?? 0) + 1, revision: 1 };
  return last ? { epoch: last.epoch, revision: last.revision + 1 } : { epoch: 1, revision: 1 };
}

import type { z } from 'zod';
import type { Clock } from '../../clock';
import type { Log } from '../../log';
import type { BusMessage } from '../bus';
import { type Decoded, refuse } from '../protocol/decode';
import { EdgeEvent, EventDocument, OnlineState, ReportedState } from '../protocol/documents';
import { type DocumentType, open } from '../protocol/envelope';
import { type VerifyingKey, verifyingKey } from '../protocol/keys';
import { edgeOfTopic } from '../protocol/topics';
import type { EdgeBook } from './edge-book';
import type { EdgeDocument, EdgeStateDocument, HubStores } from './hub-documents';
import { admitEvent, admitOnline, admitReport, isConflict, type Marks, noMarks, type Sender } from './presence';

export interface EdgeStatesDeps {
  readonly hubId: string;
  readonly states: HubStores['states'];
  readonly book: EdgeBook;
  readonly clock: Clock;
  readonly log: Log;
  onOnline(edge: EdgeDocument): void;
  /** @param isNew - it says something else than the one before */
  onReport(edge: EdgeDocument, report: ReportedState, isNew: boolean): void;
  onEvent(edge: EdgeDocument, event: EdgeEvent): void;
  onChange(edge: EdgeDocument): void;
}

/** Without its number and time. */
const saidBy = (report: ReportedState | null): string => JSON.stringify(report && { ...report, seq: 0, at: 0 });

/** What edges say is on the disk this much later: the newest of each is enough, and a crash loses nothing that is not said again. */
const FLUSH_MS = 1_000;

/** Takes what edges say of themselves: only what their keys signed, once, in order. */
export class EdgeStates {
  readonly #states = new Map<string, EdgeStateDocument>();
  readonly #unwritten = new Set<string>();
  readonly #keys = new Map<string, VerifyingKey>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly deps: EdgeStatesDeps) {
    for (const state of deps.states.all()) this.#states.set(state._id, state);
  }

  /** What the edge said under the key it has now. */
  find(edge: EdgeDocument): EdgeStateDocument | undefined {
    const state = this.#states.get(edge._id);
    return edge.key && state?.keyId === edge.key.id ? state : undefined;
  }

  /** The report that holds still: of the key it has now, or of the one that was taken from it, under which it runs on. */
  lastReport({ _id, key, revoked }: EdgeDocument): ReportedState | null {
    // One that left runs nothing for this hub.
    const keyId = key?.id ?? (revoked?.reason === 'left' ? undefined : revoked?.keyId);
    const state = this.#states.get(_id);
    return state !== undefined && state.keyId === keyId ? state.report : null;
  }

  isConflict(edge: EdgeDocument): boolean {
    const state = this.find(edge);
    return state !== undefined && isConflict(state.marks, this.deps.clock.now());
  }

  takeOnline(message: BusMessage): void {
    this.#take('online', message, OnlineState, admitOnline, (edge, state, document) => {
      this.#keep(edge, state);
      if (document.online) this.deps.onOnline(edge);
    });
  }

  takeReport(message: BusMessage): void {
    this.#take('reported', message, ReportedState, admitReport, (edge, state, report) => {
      const isNew = saidBy(state.report) !== saidBy(report);
      this.#keep(edge, { ...state, report });
      this.deps.onReport(edge, report, isNew);
    });
  }

  takeEvents(message: BusMessage): void {
    if (message.isRetained) return;
    this.#take('event', message, EventDocument, admitEvent, (edge, state, { events }) => {
      this.#keep(edge, state);
      for (const raw of events) {
        const event = EdgeEvent.safeParse(raw);
        if (event.success) this.deps.onEvent(edge, event.data);
      }
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
    await this.#writing;
  }

  #take<
    D extends Sender & {
      readonly hubId: string;
      readonly edge: string;
      readonly at: number;
      readonly online?: boolean;
    },
  >(
    type: DocumentType,
    { topic, payload, isRetained }: BusMessage,
    schema: z.ZodType<D>,
    admit: (marks: Marks, document: D, nowMs: number) => Decoded<Marks>,
    keep: (edge: EdgeDocument, state: EdgeStateDocument, document: D) => void,
  ): void {
    if (payload.length === 0) return;
    const edge = this.deps.book.find(edgeOfTopic(topic) ?? '');
    if (!edge?.key) {
      this.#refused(topic, refuse('unknown-key', 'no enrolled edge of that name'));
      return;
    }
    const opened = open(type, payload, this.#verifyingKey(edge.key), schema);
    if (!opened.ok) {
      this.#refused(topic, opened);
      return;
    }
    const { document } = opened.value;
    if (document.hubId !== this.deps.hubId || document.edge !== edge.name || edgeOfTopic(topic) !== edge.name) {
      this.#refused(topic, refuse('wrong-recipient', 'of another edge, or for another hub'));
      return;
    }
    const now = this.deps.clock.now();
    const before = this.find(edge) ?? {
      _id: edge._id,
      keyId: edge.key.id,
      marks: noMarks(now),
      report: null,
      clockSkewMs: null,
    };
    const wasConflict = isConflict(before.marks, now);
    const admitted = admit(before.marks, document, now);
    if (!admitted.ok) {
      this.#refused(topic, admitted);
      return;
    }
    // What the broker kept tells nothing of clocks, nor does a last will, which was signed before its connection.
    const isLive = !isRetained && document.online !== false;
    const clockSkewMs = !isLive ? before.clockSkewMs : document.at - now;
    keep(edge, { ...before, marks: admitted.value, clockSkewMs }, document);
    if (!wasConflict && isConflict(admitted.value, now)) {
      this.deps.log.error('two processes use the key of one edge: enrol it again with a new key', { edge: edge.name });
    }
    this.deps.onChange(edge);
  }

  #keep(edge: EdgeDocument, state: EdgeStateDocument): void {
    this.#states.set(edge._id, state);
    this.#unwritten.add(edge._id);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, FLUSH_MS);
    this.#timer.unref();
  }

  #flush(): void {
    const states = [...this.#unwritten].flatMap((key) => this.#states.get(key) ?? []);
    this.#unwritten.clear();
    this.#writing = this.#writing
      .then(async () => void (await Promise.all(states.map((state) => this.deps.states.put(state)))))
      .catch((error: unknown) => this.deps.log.warn('what edges said could not be kept', { error }));
  }

  #verifyingKey({ id, publicKey }: NonNullable<EdgeDocument['key']>): VerifyingKey {
    let key = this.#keys.get(id);
    if (!key) {
      key = verifyingKey(publicKey);
      this.#keys.set(id, key);
    }
    return key;
  }

  #refused(topic: string, { reason, detail }: { readonly reason: string; readonly detail: string }): void {
    this.deps.log.debug('document of an edge not taken', () => ({ topic, reason, detail }));
  }
}

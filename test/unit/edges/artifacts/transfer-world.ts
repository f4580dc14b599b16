import { ChunkSet, numbersOf } from '../../../../lib/edges/artifacts/chunk-set';
import { type FetchFacts, FetchPlan, type FetchTiming } from '../../../../lib/edges/artifacts/fetch-plan';
import { PublishTurns } from '../../../../lib/edges/artifacts/publish-turns';
import { encodeWant, parseWant } from '../../../../lib/edges/artifacts/want';
import { WantBook } from '../../../../lib/edges/artifacts/want-book';

export interface WorldOptions {
  readonly edgeCount: number;
  readonly chunkCount: number;
  /** 0..1, of each message to each who should get it. */
  readonly lossRatio: number;
  readonly duplicateRatio: number;
  /** Messages take between 1 ms and this, each its own: they overtake one another. */
  readonly maxLatencyMs: number;
  /** When each edge begins; as many as there are edges. */
  readonly startsAt: readonly number[];
  /** The edge of this number loses all but what is on its disk, and is away for a while. */
  readonly edgeRestarts: readonly { readonly edge: number; readonly atMs: number; readonly forMs: number }[];
  readonly hubRestartsAt: readonly number[];
  readonly random: () => number;
}

export const timing: FetchTiming = {
  jitterMs: 500,
  quietMs: 2_000,
  maxQuietMs: 60_000,
  stallMs: 600_000,
  windowCount: 32,
};

const MANIFEST_UNITS = 2;
const UNIT_MS = 10;
const RETRY_MS = 10_000;
const MAX_EARLY_COUNT = 64;
const ROOT = '0123456789abcdef';
const HUB_OPTIONS = { gatherMs: 250, maxGatherMs: 5_000, repeatAfterMs: 1_000 };

interface Edge {
  plan: FetchPlan | undefined;
  readonly received: ChunkSet;
  readonly manifest: ChunkSet;
  /** Chunks that came before the manifest. */
  readonly early: Set<number>;
  finishedAt: number | undefined;
}

/** The decisions of a hub and of many edges, over a network that loses, doubles and reorders, in a time of its own. */
export class TransferWorld {
  nowMs = 0;
  wantCount = 0;
  readonly edges: Edge[];
  /** How often each unit was published, and how often of those an edge that lacked it missed it. */
  readonly published: number[];
  readonly missed: number[];
  #turns = new PublishTurns<string>();
  #book: WantBook;
  /** The next is the last. */
  readonly #events: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(private readonly options: WorldOptions) {
    const unitCount = MANIFEST_UNITS + options.chunkCount;
    this.published = new Array<number>(unitCount).fill(0);
    this.missed = new Array<number>(unitCount).fill(0);
    this.#book = this.#newBook();
    this.edges = Array.from({ length: options.edgeCount }, () => ({
      plan: undefined,
      received: new ChunkSet(options.chunkCount),
      manifest: new ChunkSet(MANIFEST_UNITS),
      early: new Set(),
      finishedAt: undefined,
    }));
    for (const [n, edge] of this.edges.entries()) this.#after(options.startsAt[n] ?? 0, () => this.#start(edge));
    for (const { edge: n, atMs, forMs } of options.edgeRestarts) {
      const edge = this.edges[n % this.edges.length];
      if (!edge) continue;
      this.#after(atMs, () => {
        this.#stop(edge);
      });
      this.#after(atMs + forMs, () => this.#start(edge));
    }
    for (const atMs of options.hubRestartsAt) this.#after(atMs, () => (this.#book = this.#newBook()));
    this.#after(0, () => this.#publish());
  }

  get isDone(): boolean {
    return this.edges.every(({ received }) => received.isFull);
  }

  /** Until all have all, or for so long. */
  run(maxMs: number): void {
    while (!this.isDone && this.nowMs < maxMs) {
      const event = this.#events.pop();
      if (!event) return;
      this.nowMs = event.atMs;
      event.run();
    }
  }

  #newBook(): WantBook {
    const book = new WantBook(MANIFEST_UNITS + this.options.chunkCount, MANIFEST_UNITS, HUB_OPTIONS);
    this.#turns.remove('artifact');
    this.#turns.add('artifact', book);
    return book;
  }

  #start(edge: Edge): void {
    edge.plan ??= new FetchPlan(timing, this.options.random);
    edge.plan.connected(this.nowMs);
    this.#step(edge, edge.plan);
  }

  /** What came before the manifest is in memory only, and asked for again. */
  #stop(edge: Edge): void {
    edge.plan = undefined;
    for (const chunk of edge.early)
      this.missed[MANIFEST_UNITS + chunk] = (this.missed[MANIFEST_UNITS + chunk] ?? 0) + 1;
    edge.early.clear();
  }

  /** The plan is asked until it waits, then again when it said. */
  #step(edge: Edge, plan: FetchPlan): void {
    if (edge.plan !== plan || edge.received.isFull) return;
    const facts: FetchFacts = edge.manifest.isFull
      ? { status: 'chunks', root: ROOT, received: edge.received, hasAlternative: false }
      : {
          status: 'manifest',
          root: edge.manifest.has(0) ? ROOT : undefined,
          missingPages: edge.manifest.has(0) && !edge.manifest.has(1) ? [[0, 0]] : [],
        };
    const step = plan.next(facts, this.nowMs);
    if (step.kind === 'want') {
      this.wantCount += 1;
      const payload = Buffer.from(encodeWant(step.want));
      this.#deliver(() => this.#onWant(payload));
      this.#after(0, () => this.#step(edge, plan));
    } else if (step.kind === 'wait') {
      this.#after(Math.max(1, Math.ceil(step.untilMs - this.nowMs)), () => this.#step(edge, plan));
    } else if (step.kind === 'stalled') {
      // Where four of ten messages are lost, ten minutes in vain do come; the agent begins anew then.
      this.#stop(edge);
      this.#after(RETRY_MS, () => this.#start(edge));
    } else {
      throw new Error(`${step.kind} at ${this.nowMs} ms`);
    }
  }

  #onWant(payload: Buffer): void {
    const want = parseWant(payload);
    if (!want) throw new Error(`not a want: ${payload}`);
    const { chunkCount } = this.options;
    if (want.root === undefined) for (const unit of [0, 1]) this.#book.want(unit, this.nowMs);
    for (const page of numbersOf(want.pages, 1, 1)) this.#book.want(1 + page, this.nowMs);
    for (const n of numbersOf(want.chunks, chunkCount, chunkCount)) this.#book.want(MANIFEST_UNITS + n, this.nowMs);
  }

  #publish(): void {
    const turn = this.#turns.next(this.nowMs);
    if (turn.kind === 'publish') {
      this.published[turn.unit] = (this.published[turn.unit] ?? 0) + 1;
      this.#book.published(turn.unit, this.nowMs);
      let isMissed = false;
      for (const edge of this.edges) isMissed = !this.#deliver(() => this.#onUnit(edge, turn.unit)) || isMissed;
      if (isMissed) this.missed[turn.unit] = (this.missed[turn.unit] ?? 0) + 1;
    }
    this.#after(UNIT_MS, () => this.#publish());
  }

  #onUnit(edge: Edge, unit: number): void {
    const { plan } = edge;
    const chunk = unit - MANIFEST_UNITS;
    if (chunk < 0 ? edge.manifest.has(unit) : edge.received.has(chunk) || edge.early.has(chunk)) return;
    const isAway = plan === undefined;
    if (isAway || (chunk >= 0 && !edge.manifest.isFull && edge.early.size >= MAX_EARLY_COUNT)) {
      this.missed[unit] = (this.missed[unit] ?? 0) + 1;
    } else if (chunk < 0) {
      edge.manifest.add(unit);
      plan.progressed(undefined, this.nowMs);
      if (!edge.manifest.isFull) return;
      plan.manifestChanged(this.nowMs);
      for (const each of edge.early) this.#take(edge, plan, each);
      this.#step(edge, plan);
    } else if (edge.manifest.isFull) {
      this.#take(edge, plan, chunk);
      this.#step(edge, plan);
    } else {
      edge.early.add(chunk);
    }
  }

  #take(edge: Edge, plan: FetchPlan, chunk: number): void {
    edge.received.add(chunk);
    plan.progressed(chunk, this.nowMs);
    if (edge.received.isFull) edge.finishedAt = this.nowMs;
  }

  /** @returns false when it is lost */
  #deliver(run: () => void): boolean {
    const { random, lossRatio, duplicateRatio, maxLatencyMs } = this.options;
    if (random() < lossRatio) return false;
    this.#after(1 + random() * maxLatencyMs, run);
    if (random() < duplicateRatio) this.#after(1 + random() * maxLatencyMs, run);
    return true;
  }

  #after(ms: number, run: () => void): void {
    const atMs = this.nowMs + ms;
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.atMs ?? 0) > atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, run });
  }
}

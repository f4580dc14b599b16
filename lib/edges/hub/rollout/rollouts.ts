import { ModelManagementError } from '../../../errors';
import { modelKey } from '../../../names';
import type { Usage, User } from '../../../registry';
import type { DocumentStore } from '../../../store';
import { KeyedQueue } from '../../../store/keyed-queue';
import { edgeKey } from '../../protocol/names';
import type { Assignments } from '../assignments';
import type { EdgeBook } from '../edge-book';
import type { EdgeHubDeps } from '../hub-dependencies';
import { type EdgeFacts, stateOf } from '../views';
import { edgeNow } from './edge-now';
import { newRollout, parseRolloutRequest, selectEdges } from './new-rollout';
import { type EdgeNow, isExposed, leaveEdges, planRollout, type RolloutFacts } from './plan-rollout';
import { actOnRollout, type RolloutAction } from './rollout-actions';
import { isActive, type LeaveReason, type RolloutDocument } from './rollout-document';
import { type RolloutSummary, type RolloutView, toRolloutSummary, toRolloutView } from './rollout-view';

/** Changes of edges within this time are looked at together. */
const GATHER_MS = 100;
/** After a connection: what the broker keeps of edges comes first. */
const CONNECTED_MS = 1_000;
const RETRY_MS = 5_000;
/** Of one model; the oldest that are over go. */
const MAX_KEPT = 20;

type EdgeRecord = EdgeFacts['edge'];

interface RolloutsDeps extends Pick<EdgeHubDeps, 'registry' | 'clock' | 'log'> {
  readonly rollouts: DocumentStore<RolloutDocument>;
  readonly book: EdgeBook;
  readonly assignments: Assignments;
  factsOf(edge: EdgeRecord): EdgeFacts;
  /** What is wanted of these edges has changed. */
  refresh(keys: ReadonlySet<string>): void;
  /** Resolves when all that is assigned was signed: before, a word of an edge may be on what was assigned before. */
  settled(): Promise<void>;
}

/**
 * Carries out rollouts: a version on its way to many edges, wave by wave. What is planned is on the disk before it is
 * done, so a hub that is killed anywhere goes on where it was. While the broker is away only rolling back goes on.
 */
export class Rollouts {
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #isMissed = false;
  readonly #turns = new KeyedQueue();
  #isRunning = false;
  #watchedSinceMs: number | null = null;
  readonly #listeners = new Set<(id: string) => void>();

  constructor(private readonly deps: RolloutsDeps) {}

  start(): void {
    this.#isRunning = true;
    this.#wake(0);
  }

  /** Ends after what is under way. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
    await this.#turns.settled();
  }

  /** Edges are heard from now on, or not any more. */
  setConnected(isConnected: boolean): void {
    this.#watchedSinceMs = isConnected ? this.deps.clock.now() + CONNECTED_MS : null;
    if (isConnected) this.#wake(CONNECTED_MS);
  }

  /** Something of an edge, or of a model, has changed. */
  notice(): void {
    if (this.deps.rollouts.all().some(isActive)) this.#wake(GATHER_MS);
  }

  /**
   * Starts one.
   * @param input - `{version, labels | edges, waves?: [{count} | {percent}], soakMs?, stop?: {maxFailed} | {maxFailedPercent}}`;
   * the version is a number or an alias, and stays what that is now. Without `waves` all edges are one.
   * Default `soakMs` is 300,000, default `stop` `{maxFailed: 0}`
   * @throws {ModelManagementError} `INVALID_INPUT`, `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `ALIAS_NOT_FOUND`, `EDGE_NOT_FOUND`;
   * `ROLLOUT_ACTIVE` while another of the model is
   */
  create(modelName: string, input: unknown, user: User): Promise<RolloutView> {
    return this.#inTurn(async () => {
      const { registry, book, assignments, rollouts, clock, log } = this.deps;
      const { name } = registry.getModel(modelName);
      const request = parseRolloutRequest(input);
      const { version } = registry.getVersion(name, request.version);
      const edges = selectEdges(request, book.all(), (edge) => book.get(edge));
      this.#refuseSecond(name);
      for (const edge of edges) assignments.checkRoom(name, edge.name, version);
      const known = new Map(assignments.ofModel(name).map((one) => [edgeKey(one.edge), one]));
      const candidates = edges.map((edge) => {
        const before = known.get(edge._id);
        const isOnline = stateOf(this.deps.factsOf(edge)).state === 'online';
        return { edge, isOnline, before: before ? { ref: before.ref, version: before.version } : null };
      });
      const rollout = newRollout(request, { name, version }, candidates, user, clock.now());
      await rollouts.insert(rollout);
      this.#tell(rollout);
      log.info('rollout started', { rollout: rollout._id, model: name, version, count: edges.length, user });
      await this.#forgetOldest(name);
      this.#wake(0);
      return this.#view(rollout);
    });
  }

  /** Told the id of one that has changed; how its edges are is told by those. @returns ends it */
  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Of all models, newest first. @param isUnderWay - only those that are not over */
  list(isUnderWay: boolean): readonly RolloutSummary[] {
    return this.deps.rollouts
      .all()
      .filter((rollout) => !isUnderWay || isActive(rollout))
      .sort((a, b) => b.createdAt - a.createdAt)
      .map((rollout) => toRolloutSummary(this.#view(rollout)));
  }

  /** Newest first. @throws {ModelManagementError} `MODEL_NOT_FOUND` */
  ofModel(modelName: string): readonly RolloutSummary[] {
    const { name } = this.deps.registry.getModel(modelName);
    return this.#of(name).map((rollout) => toRolloutSummary(this.#view(rollout)));
  }

  /** @throws {ModelManagementError} `ROLLOUT_NOT_FOUND` */
  get(id: string): RolloutView {
    return this.#view(this.#get(id));
  }

  /** @throws {ModelManagementError} `ROLLOUT_NOT_FOUND`; `ROLLOUT_STATE`; `ROLLOUT_ACTIVE` for rolling back while another of the model is */
  act(id: string, action: RolloutAction, user: User): Promise<RolloutView> {
    return this.#inTurn(async () => {
      const rollout = this.#get(id);
      const changed = actOnRollout(rollout, action, user, this.deps.clock.now());
      if (changed !== rollout) {
        this.#refuseSecond(rollout.model, id);
        await this.#put(changed);
        this.deps.log.info('rollout changed', { rollout: id, model: rollout.model, action, user });
        this.#wake(0);
      }
      return this.#view(changed);
    });
  }

  /** The versions that rolling back needs, while a rollout may come to it: each by one edge. */
  usage(model: string): readonly Usage[] {
    const used = new Map<number, Usage>();
    for (const { edges } of this.#of(model).filter(isActive)) {
      for (const edge of edges) {
        const { name, before, phase } = edge;
        if (!before || !(phase === 'restoring' || isExposed(edge))) continue;
        used.set(before.version, { kind: 'edge', id: name, name, ref: String(before.version) });
      }
    }
    return [...used.values()];
  }

  #get(id: string): RolloutDocument {
    const found = this.deps.rollouts.get(id);
    if (found) return found;
    throw new ModelManagementError(
      'ROLLOUT_NOT_FOUND',
      `There is no rollout ${JSON.stringify(id.slice(0, 80))}.`,
      'List those of the model; the last 20 are kept.',
    );
  }

  #of(model: string): readonly RolloutDocument[] {
    const sought = modelKey(model);
    return this.deps.rollouts
      .all()
      .filter((rollout) => modelKey(rollout.model) === sought)
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  #refuseSecond(model: string, own?: string): void {
    const other = this.#of(model).find((rollout) => isActive(rollout) && rollout._id !== own);
    if (!other) return;
    throw new ModelManagementError(
      'ROLLOUT_ACTIVE',
      `Version ${other.version} of ${model} is being rolled out (${other.state.status}).`,
      'Wait until it is over, or stop it.',
      { details: { rollout: other._id } },
    );
  }

  async #forgetOldest(model: string): Promise<void> {
    const over = this.#of(model).filter((rollout) => !isActive(rollout));
    await Promise.all(over.slice(MAX_KEPT).map(({ _id }) => this.deps.rollouts.delete(_id)));
  }

  #view(rollout: RolloutDocument): RolloutView {
    return toRolloutView(rollout, this.#facts(rollout));
  }

  #facts({ model, version, edges }: RolloutDocument): RolloutFacts {
    const { registry, book, assignments, clock } = this.deps;
    const assigned = new Map(assignments.ofModel(model).map((one) => [edgeKey(one.edge), one]));
    const known = edges.flatMap(({ name }): [string, EdgeNow][] => {
      const edge = book.find(name);
      return edge ? [[edge._id, edgeNow(this.deps.factsOf(edge), assigned.get(edge._id))]] : [];
    });
    return {
      edges: new Map(known),
      hasVersion: registry.findVersion(model, version) !== undefined,
      watchedSinceMs: this.#watchedSinceMs ?? clock.now(),
    };
  }

  #wake(inMs: number): void {
    if (!this.#isRunning) return;
    const dueAt = performance.now() + inMs;
    if (this.#timer && dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, inMs);
    this.#timer.unref();
  }

  /** One look at a time: it waits for what the one before has assigned. */
  #look(): void {
    this.#isMissed = this.#looking !== undefined;
    this.#looking ??= this.deps
      .settled()
      .then(() => this.#inTurn(() => this.#advanceAll()))
      .catch((error: unknown) => {
        this.deps.log.warn('rollout could not go on, trying again', { error, retryAfterMs: RETRY_MS });
        this.#wake(RETRY_MS);
      })
      .finally(() => {
        this.#looking = undefined;
        if (this.#isMissed) this.#wake(GATHER_MS);
      });
  }

  async #advanceAll(): Promise<void> {
    const unheardMs = (this.#watchedSinceMs ?? Number.POSITIVE_INFINITY) - this.deps.clock.now();
    for (const rollout of this.deps.rollouts.all().filter(isActive)) {
      if (!this.#isRunning) return;
      if (unheardMs <= 0 || rollout.state.status === 'rolling_back') await this.#advance(rollout);
      else if (Number.isFinite(unheardMs)) this.#wake(Math.max(GATHER_MS, unheardMs));
    }
  }

  async #advance(before: RolloutDocument): Promise<void> {
    const { clock, log } = this.deps;
    const now = clock.now();
    const { rollout, writes, wakeAt } = planRollout(before, this.#facts(before), now);
    if (rollout !== before) await this.#put(rollout);
    for (const entry of rollout.audit.slice(before.audit.length)) {
      const { action, wave, edge, reason } = entry;
      log.info('rollout went on', { rollout: rollout._id, model: rollout.model, action, wave, edge, reason });
    }
    if (writes.length > 0) {
      await this.#write(rollout, writes);
      this.#wake(0);
    } else if (wakeAt !== null) {
      this.#wake(Math.max(0, wakeAt - now));
    }
  }

  async #write(rollout: RolloutDocument, writes: ReturnType<typeof planRollout>['writes']): Promise<void> {
    const { assignments, refresh, clock, log } = this.deps;
    const isNewAttempt = rollout.state.status === 'running';
    // Of several writes some may have failed: what was written has to reach its edges all the same.
    const refused = await assignments
      .exchange(rollout.model, writes, isNewAttempt)
      .finally(() => refresh(new Set(writes.map(({ edge }) => edgeKey(edge)))));
    if (refused.size === 0) return;
    for (const [edge, error] of refused) log.warn('edge cannot take part in a rollout', { edge, error });
    const reasons = new Map([...refused.keys()].map((key): [string, LeaveReason] => [key, 'refused']));
    await this.#put(leaveEdges(rollout, reasons, clock.now()));
  }

  async #put(rollout: RolloutDocument): Promise<void> {
    await this.deps.rollouts.put(rollout);
    this.#tell(rollout);
  }

  #tell({ _id }: RolloutDocument): void {
    for (const listener of this.#listeners) listener(_id);
  }

  #inTurn<R>(change: () => Promise<R>): Promise<R> {
    return this.#turns.run('', change);
  }
}

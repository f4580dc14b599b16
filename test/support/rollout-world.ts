import assert from 'node:assert/strict';
import { newRollout, type RolloutRequest } from '../../lib/edges/hub/rollout/new-rollout';
import {
  type AssignmentWrite,
  type EdgeNow,
  type EdgeRef,
  planRollout,
} from '../../lib/edges/hub/rollout/plan-rollout';
import { actOnRollout } from '../../lib/edges/hub/rollout/rollout-actions';
import { RolloutDocument, type StopCriteria, type WaveSize } from '../../lib/edges/hub/rollout/rollout-document';
import { EdgeName } from '../../lib/edges/protocol/documents';
import { ModelName, VersionNumber } from '../../lib/ids';

interface PlayedEdge {
  readonly name: string;
  readonly before: EdgeRef | null;
  ref: EdgeRef | null;
  isOnline: boolean;
  reported: number | null;
  state: EdgeNow['state'];
  isDeleted: boolean;
  /** What a person set last; undefined = nobody did. */
  byHand: EdgeRef | null | undefined;
  wasExposed: boolean;
}

type EdgeWorldEvent =
  | { readonly kind: 'converge'; readonly index: number; readonly isGood: boolean }
  | { readonly kind: 'toggle'; readonly index: number }
  | { readonly kind: 'delete'; readonly index: number }
  | { readonly kind: 'by-hand'; readonly index: number; readonly ref: EdgeRef | null };

export type WorldEvent =
  | EdgeWorldEvent
  | { readonly kind: 'look'; readonly crashAfter: number | null }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'converge-all' }
  | { readonly kind: 'act'; readonly action: 'pause' | 'resume' };

const VERSION = VersionNumber.parse(2);
const versionOf = (ref: EdgeRef): VersionNumber => VersionNumber.parse(typeof ref === 'number' ? ref : 1);

/** Edges, assignments and a clock for one rollout, with what is expected of it, said apart from how it is done. */
export class RolloutWorld {
  readonly #edges: PlayedEdge[];
  #nowMs = 0;
  document: RolloutDocument;

  constructor(
    befores: readonly (EdgeRef | null)[],
    waves: readonly WaveSize[],
    private readonly stop: StopCriteria,
    private readonly soakMs: number,
  ) {
    this.#edges = befores.map((before, index) => ({
      name: `edge-${String(index).padStart(2, '0')}`,
      before,
      ref: before,
      isOnline: true,
      reported: before === null ? null : versionOf(before),
      state: before === null ? 'pending' : 'running',
      isDeleted: false,
      byHand: undefined,
      wasExposed: false,
    }));
    const request: RolloutRequest = { version: 2, labels: ['all'], waves: [...waves], soakMs, stop };
    const candidates = this.#edges.map(({ name, before }) => ({
      edge: {
        _id: name,
        name: EdgeName.parse(name),
        labels: ['all'],
        createdAt: 0,
        deletedAt: null,
        tokens: [],
        key: null,
        revoked: null,
      },
      isOnline: true,
      before: before === null ? null : { ref: before, version: versionOf(before) },
    }));
    const model = { name: ModelName.parse('iris'), version: VERSION };
    this.document = newRollout(request, model, candidates, 'ann', this.#nowMs);
  }

  play(event: WorldEvent): void {
    if (event.kind === 'look') this.#look(event.crashAfter ?? Number.POSITIVE_INFINITY);
    else if (event.kind === 'time') this.#nowMs += event.ms;
    else if (event.kind === 'converge-all') for (const edge of this.#edges) this.#converge(edge, true);
    else if (event.kind === 'act') this.#act(event.action);
    else this.#playOn(this.#edges[event.index], event);
  }

  #act(action: 'pause' | 'resume'): void {
    if (!['running', 'paused'].includes(this.document.state.status)) return;
    this.document = actOnRollout(this.document, action, 'ann', this.#nowMs);
  }

  #playOn(edge: PlayedEdge | undefined, event: EdgeWorldEvent): void {
    if (!edge || edge.isDeleted) return;
    if (event.kind === 'converge') {
      this.#converge(edge, event.isGood);
    } else if (event.kind === 'toggle') {
      edge.isOnline = !edge.isOnline;
    } else if (event.kind === 'delete') {
      edge.isDeleted = true;
      edge.ref = null;
    } else if (edge.ref !== event.ref) {
      edge.byHand = event.ref;
      this.#assign(edge, event.ref);
    }
  }

  /** Starts rolling back, with a crash after the first so many writes of each look. */
  rollBack(crashes: readonly number[]): void {
    this.document = actOnRollout(this.document, 'rollback', 'ann', this.#nowMs);
    for (const crashAfter of crashes) this.#look(crashAfter);
    for (let looks = 0; looks < 3 && this.document.state.status !== 'rolled_back'; looks += 1) this.#look();
  }

  /** Never more than the open waves are exposed. */
  check(): void {
    const { edges, openWaves } = this.document;
    const sizeOfOpen = edges.filter(({ wave }) => wave < openWaves).length;
    assert.ok(this.#edges.filter(({ wasExposed }) => wasExposed).length <= sizeOfOpen);
    RolloutDocument.parse(JSON.parse(JSON.stringify(this.document)));
  }

  /** What a person set stays as it is; of the rest all have again what they had. */
  checkRestored(): void {
    for (const { name, before, ref, byHand, isDeleted } of this.#edges) {
      if (isDeleted) assert.equal(ref, null, name);
      else if (byHand === undefined) assert.equal(ref, before, name);
      // Whoever set by hand what the rollout was about to set cannot be told from it, nor who undid that.
      else assert.ok(ref === byHand || (byHand === VERSION && ref === before), `${name}: ${ref} after ${byHand}`);
    }
  }

  #look(crashAfter = Number.POSITIVE_INFINITY): void {
    const before = this.document;
    const plan = planRollout(before, this.#facts(), this.#nowMs);
    if (before.state.status === 'running') this.#checkPlan(before, plan.rollout);
    if (crashAfter === 0) return;
    this.document = RolloutDocument.parse(JSON.parse(JSON.stringify(plan.rollout)));
    for (const write of plan.writes.slice(0, Math.max(0, crashAfter - 1))) this.#write(write);
  }

  #facts() {
    const there = this.#edges.filter(({ isDeleted }) => !isDeleted);
    return {
      edges: new Map(
        there.map(({ name, isOnline, ref, reported, state }): [string, EdgeNow] => [
          name,
          { createdAt: 0, isOnline, ref, reported, state },
        ]),
      ),
      hasVersion: true,
      watchedSinceMs: 0,
    };
  }

  #checkPlan(before: RolloutDocument, after: RolloutDocument): void {
    const ours = before.edges.flatMap(({ name, wave, phase }) => {
      const edge = this.#edges.find((one) => one.name === name);
      const isOurs = edge && wave < before.openWaves && phase !== 'left' && !edge.isDeleted && edge.ref === VERSION;
      return isOurs ? [edge] : [];
    });
    const failedCount = ours.filter(({ state }) => state === 'failed').length;
    const isTooMany =
      'maxFailed' in this.stop
        ? failedCount > this.stop.maxFailed
        : failedCount > (this.stop.maxFailedPercent / 100) * ours.length + 1e-9;
    const opened = after.openWaves > before.openWaves;
    if (opened && before.openWaves > 0) {
      assert.ok(!isTooMany, 'a wave opened although too many have failed');
      const online = ours.filter(({ isOnline, state }) => isOnline && state !== 'failed');
      assert.ok(online.length > 0, 'a wave opened although nothing was shown');
      for (const { name, reported, state } of online) assert.deepEqual([reported, state], [VERSION, 'running'], name);
      const since = before.state.status === 'running' ? before.state.soakingSince : null;
      assert.ok((since ?? this.#nowMs) + this.soakMs <= this.#nowMs, 'a wave opened before it had soaked');
      const known = new Set<string>(before.edges.filter(({ wave }) => wave < before.openWaves).map(({ name }) => name));
      for (const { name, wasExposed } of this.#edges) if (wasExposed) assert.ok(known.has(name), name);
    }
    // Edges whose write a crash held back do not count as failed, but as exposed.
    const isPending = before.edges.some(({ phase }) => phase === 'assigning');
    if (isTooMany && !isPending) assert.equal(after.state.status, 'stopped');
  }

  #write({ edge: name, from, to }: AssignmentWrite): void {
    const edge = this.#edges.find((one) => one.name === name);
    if (!edge || edge.isDeleted || edge.ref !== from) return;
    if (to?.ref === VERSION) edge.wasExposed = true;
    this.#assign(edge, to?.ref ?? null);
  }

  #assign(edge: PlayedEdge, ref: EdgeRef | null): void {
    edge.ref = ref;
    edge.state = 'pending';
  }

  #converge(edge: PlayedEdge, isGood: boolean): void {
    if (!edge.isOnline || edge.isDeleted || edge.ref === null) return;
    edge.state = isGood ? 'running' : 'failed';
    if (isGood) edge.reported = versionOf(edge.ref);
  }
}

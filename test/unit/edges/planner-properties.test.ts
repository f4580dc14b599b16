import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  emptyState,
  filesOf,
  type ModelState,
  reduceModel,
  targetKey,
  versionKey,
} from '../../../lib/edges/agent/model-state';
import { type EdgeStep, planEdge } from '../../../lib/edges/agent/planner';
import type { DesiredModel } from '../../../lib/edges/protocol/documents';
import type { Digest } from '../../../lib/ids';
import { anAcceptedDesired, aTarget } from '../../support/edge-builders';

const NOW = 1_000_000;

/** Carries out steps in memory: what a real edge does, without its disk. */
class World {
  models = new Map<string, ModelState>();
  readonly facts = {
    present: new Map<Digest, number>(),
    verified: new Set<Digest>(),
    tested: new Set<string>(),
    warm: new Map<string, string>(),
    active: new Map<string, string>(),
    served: new Map(),
    freeBytes: 1e9,
    isReported: true,
    neededElsewhere: new Set<Digest>(),
  };

  /** Present, and not what they were. */
  readonly #damaged = new Set<Digest>();

  /** As after a power cut: what is in memory is gone. */
  restart(): void {
    for (const part of [this.facts.verified, this.facts.tested, this.facts.warm, this.facts.active]) part.clear();
  }

  /** As after a power cut on a bad card: found out at the start, or when it is compared. */
  spoil(pick: number, isGone: boolean): void {
    this.restart();
    const digests = [...this.facts.present.keys()];
    const digest = digests[pick % Math.max(1, digests.length)];
    if (!digest) return;
    if (isGone) this.facts.present.delete(digest);
    else this.#damaged.add(digest);
  }

  carryOut(step: EdgeStep, isFailing: boolean, nowMs: number): void {
    if (step.kind === 'report') return;
    if (step.kind === 'collect') {
      this.#assertUnneeded(step.digests);
      for (const digest of step.digests) this.facts.present.delete(digest);
      return;
    }
    if (step.kind === 'remove') {
      this.models.delete(step.model);
      this.facts.active.delete(step.model);
      return;
    }
    const current = this.models.get(step.model) ?? emptyState(step.model);
    if (step.kind === 'settle') {
      this.models.set(step.model, reduceModel(current, { kind: 'settled' }, nowMs));
      return;
    }
    const { target } = step;
    if (step.kind === 'verify' && this.#damaged.delete(step.file.digest)) {
      this.facts.present.delete(step.file.digest);
      this.carryOut(step, true, nowMs);
      return;
    }
    if (isFailing || step.kind === 'refuse' || step.kind === 'lose') {
      const event = { kind: 'failed' as const, step: step.kind, target, code: 'X', message: 'x', jitter: 0 };
      this.models.set(step.model, reduceModel(current, event, nowMs));
      return;
    }
    switch (step.kind) {
      case 'download':
        this.facts.present.set(step.file.digest, step.file.sizeBytes);
        this.#damaged.delete(step.file.digest);
        return;
      case 'verify':
        assert.ok(this.facts.present.has(step.file.digest));
        this.facts.verified.add(step.file.digest);
        return;
      case 'test-load':
        this.facts.tested.add(versionKey(step.version));
        return;
      case 'warm':
        this.facts.warm.set(step.model, targetKey(target));
        return;
      case 'start':
        this.#assertWhole(target);
        this.facts.active.set(step.model, targetKey(target));
        this.models.set(step.model, reduceModel(current, { kind: 'started' }, nowMs));
        return;
      case 'switch':
        this.#assertWhole(target);
        for (const version of target.versions) assert.ok(this.facts.tested.has(versionKey(version)));
        assert.equal(this.facts.warm.get(step.model), targetKey(target));
        this.facts.warm.delete(step.model);
        this.facts.active.set(step.model, targetKey(target));
        this.models.set(step.model, reduceModel(current, { kind: 'switched', target, errorRatio: 0 }, nowMs));
        return;
      case 'return':
        this.#assertWhole(target);
        this.facts.active.set(step.model, targetKey(target));
        this.models.set(step.model, reduceModel(current, { kind: 'returned', code: 'X', message: 'x' }, nowMs));
        return;
    }
  }

  #assertWhole(target: DesiredModel): void {
    for (const { digest } of filesOf(target)) {
      assert.ok(this.facts.present.has(digest), 'a file is not there');
      assert.ok(this.facts.verified.has(digest), 'a file was not compared');
      assert.ok(!this.#damaged.has(digest), 'a file is damaged');
    }
  }

  assertWhole(targets: readonly DesiredModel[]): void {
    for (const target of targets) this.#assertWhole(target);
  }

  #assertUnneeded(digests: readonly Digest[]): void {
    for (const { running, lastGood } of this.models.values()) {
      for (const target of [running, lastGood]) {
        if (target)
          for (const { digest } of filesOf(target)) assert.ok(!digests.includes(digest), 'removes what is needed');
      }
    }
  }
}

describe('whatever happens to an edge', () => {
  const names = ['a', 'b', 'c'];
  const someModels = fc
    .uniqueArray(fc.record({ name: fc.constantFrom(...names), version: fc.integer({ min: 1, max: 3 }) }), {
      selector: ({ name }) => name,
    })
    .map((chosen) => chosen.map(({ name, version }) => aTarget(name, version)));
  const someEvents = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('step' as const), pick: fc.nat(), isFailing: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('desire' as const), models: someModels }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('spoil' as const), pick: fc.nat(), isGone: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('bad' as const), name: fc.constantFrom(...names) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700_000 }) }),
      },
    ),
    { maxLength: 120 },
  );

  it('it comes to run what is wanted, keeps what runs and what ran well, and then does nothing', () => {
    fc.assert(
      fc.property(someModels, someEvents, someModels, (first, events, last) => {
        const world = new World();
        let now = NOW;
        let desired = anAcceptedDesired(first);
        const plan = () => planEdge({ desired, models: world.models, facts: world.facts }, now);
        for (const event of events) {
          if (event.kind === 'desire') desired = anAcceptedDesired(event.models);
          else if (event.kind === 'cut') world.restart();
          else if (event.kind === 'spoil') world.spoil(event.pick, event.isGone);
          else if (event.kind === 'wait') now += event.ms;
          else if (event.kind === 'bad') world.facts.served.set(event.name, { requests: 0, errors: 0, isFailed: true });
          else {
            const steps = plan();
            const step = steps[event.pick % Math.max(1, steps.length)];
            if (step) world.carryOut(step, event.isFailing, now);
          }
        }
        // From here on nothing fails and time passes; the user tries again what was given up.
        world.facts.served.clear();
        desired = anAcceptedDesired(last.map((target) => ({ ...target, attempt: 1 })));
        let quiet = 0;
        for (let n = 0; quiet < 2; n += 1) {
          assert.ok(n < 500, 'it does not come to an end');
          const steps = plan();
          for (const step of steps) world.carryOut(step, false, now);
          quiet = steps.length === 0 ? quiet + 1 : 0;
          now += 700_000;
        }
        assert.deepEqual(
          [...world.facts.active].sort(),
          last.map((target) => [target.name, targetKey(target)] as const).sort(),
        );
        world.assertWhole(last);
        assert.deepEqual([...world.models.keys()].sort(), last.map(({ name }) => name).sort());
      }),
      { numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import { ChunkSet } from '../../../../lib/edges/artifacts/chunk-set';
import { type FetchFacts, FetchPlan, type FetchStep } from '../../../../lib/edges/artifacts/fetch-plan';

const timing = { jitterMs: 100, quietMs: 1_000, maxQuietMs: 8_000, stallMs: 60_000, windowCount: 16 };
/** In the middle: jitter 50 ms, silences of exactly `quietMs`, low water at a quarter of a window. */
const aPlan = (): FetchPlan => {
  const plan = new FetchPlan(timing, () => 0.5);
  plan.connected(0);
  return plan;
};
const ROOT = '0123456789abcdef';
const chunks = (received: ChunkSet, hasAlternative = false): FetchFacts => ({
  status: 'chunks',
  root: ROOT,
  received,
  hasAlternative,
});
const nothingKnown: FetchFacts = { status: 'manifest', root: undefined, missingPages: [] };
const wanted = (step: FetchStep): unknown => (step.kind === 'want' ? step.want : step);

describe('fetch plan', () => {
  it('waits a moment, asks for the manifest, and again after longer and longer silences', () => {
    const plan = aPlan();
    const askedAt: number[] = [];
    for (let nowMs = 0; nowMs < 40_000; nowMs += 10) {
      if (plan.next(nothingKnown, nowMs).kind === 'want') askedAt.push(nowMs);
    }
    assert.deepEqual(askedAt, [50, 1_050, 3_050, 7_050, 15_050, 23_050, 31_050, 39_050]);
  });

  it('asks for missing pages, and for the whole manifest in turn: the root may be forged', () => {
    const plan = aPlan();
    const facts: FetchFacts = { status: 'manifest', root: ROOT, missingPages: [[1, 2]] };
    const asked = [50, 1_050, 3_050].map((nowMs) => Object(wanted(plan.next(facts, nowMs))).root);
    assert.deepEqual(asked, [ROOT, undefined, ROOT]);
  });

  it('asks for one window of what is missing', () => {
    const received = new ChunkSet(40);
    for (const n of [0, 3]) received.add(n);
    assert.deepEqual(wanted(aPlan().next(chunks(received), 50)), {
      root: ROOT,
      pages: [],
      chunks: [
        [1, 2],
        [4, 17],
      ],
    });
  });

  it('asks for nothing while a neighbour is served', () => {
    const plan = aPlan();
    const received = new ChunkSet(40);
    for (let n = 0; n < 20; n += 1) {
      received.add(n);
      plan.progressed(n, 40 + n * 900);
      assert.equal(plan.next(chunks(received), 40 + n * 900 + 899).kind, 'wait');
    }
    assert.equal(plan.next(chunks(received), 40 + 19 * 900 + 1_000).kind, 'want');
  });

  it('asks for the next window when the last is about to end, without what is still to come', () => {
    const plan = aPlan();
    const received = new ChunkSet(40);
    plan.next(chunks(received), 50);
    for (let n = 0; n < 11; n += 1) {
      received.add(n);
      plan.progressed(n, 60);
    }
    assert.equal(plan.next(chunks(received), 60).kind, 'wait');
    received.add(11);
    plan.progressed(11, 60);
    assert.deepEqual(Object(wanted(plan.next(chunks(received), 60))).chunks, [[16, 31]]);
    assert.equal(plan.next(chunks(received), 60).kind, 'wait');
  });

  it('asks again for what did not come, from the front', () => {
    const plan = aPlan();
    const received = new ChunkSet(40);
    plan.next(chunks(received), 50);
    received.add(5);
    plan.progressed(5, 60);
    assert.deepEqual(Object(wanted(plan.next(chunks(received), 1_060))).chunks, [
      [0, 4],
      [6, 16],
    ]);
  });

  it('tries another manifest when nothing came of this one', () => {
    const plan = aPlan();
    const facts = chunks(new ChunkSet(40), true);
    assert.deepEqual(
      [50, 1_050].map((nowMs) => plan.next(facts, nowMs).kind),
      ['want', 'switch'],
    );
  });

  it('gives each manifest a chance before it tries the other', () => {
    const plan = aPlan();
    const facts = chunks(new ChunkSet(40), true);
    plan.next(facts, 50);
    assert.equal(plan.next(facts, 1_050).kind, 'switch');
    plan.manifestChanged(1_050);
    assert.deepEqual(
      [1_100, 2_099, 2_100].map((nowMs) => plan.next(facts, nowMs).kind),
      ['want', 'wait', 'switch'],
    );
  });

  it('says that an artifact is absent after three answers to wants of its own', () => {
    const plan = aPlan();
    for (const nowMs of [50, 1_050, 3_050]) {
      assert.equal(plan.next(nothingKnown, nowMs).kind, 'want');
      // Answers to the wants of others count once.
      plan.answeredAbsent();
      plan.answeredAbsent();
    }
    assert.equal(plan.next(nothingKnown, 3_100).kind, 'absent');
  });

  it('gives up after a silence of the other side, not of the broker', () => {
    const plan = aPlan();
    plan.disconnected(30_000);
    assert.deepEqual(plan.next(nothingKnown, 500_000), { kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
    plan.connected(500_000);
    assert.notEqual(plan.next(nothingKnown, 529_999).kind, 'stalled');
    assert.equal(plan.next(nothingKnown, 530_000).kind, 'stalled');
  });

  it('does not give up while anything new comes', () => {
    const plan = aPlan();
    const received = new ChunkSet(40);
    for (let n = 0; n < 40; n += 1) {
      received.add(n);
      plan.progressed(n, n * 59_000);
      assert.notEqual(plan.next(chunks(received), n * 59_000 + 58_999).kind, 'stalled');
    }
  });
});

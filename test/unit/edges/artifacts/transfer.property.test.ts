import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TransferWorld } from './transfer-world';

/** Numbers from 0 to below 1 that follow from the seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const HOUR_MS = 3_600_000;
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('hub and edges over any network', () => {
  it('bring all to all, and publish nothing again that nobody missed', () => {
    const world = fc.record({
      edgeCount: fc.integer({ min: 1, max: 12 }),
      chunkCount: fc.integer({ min: 1, max: 120 }),
      lossRatio: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.4, noNaN: true })),
      duplicateRatio: fc.double({ min: 0, max: 0.5, noNaN: true }),
      maxLatencyMs: fc.integer({ min: 0, max: 400 }),
      startsAt: fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 12, maxLength: 12 }),
      edgeRestarts: fc.array(
        fc.record({ edge: fc.nat(11), atMs: fc.nat(10_000), forMs: fc.integer({ min: 1, max: 30_000 }) }),
        { maxLength: 4 },
      ),
      hubRestartsAt: fc.array(fc.nat(10_000), { maxLength: 3 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(world, ({ seed, ...options }) => {
        const transfer = new TransferWorld({ ...options, random: randomFrom(seed) });
        transfer.run(HOUR_MS);
        assert.ok(transfer.isDone, `after an hour: ${transfer.edges.map(({ received }) => received.count).join(' ')}`);
        transfer.published.forEach((count, unit) => {
          // The parts of a manifest are asked for together.
          const missed = unit < 2 ? sum(transfer.missed.slice(0, 2)) : (transfer.missed[unit] ?? 0);
          const reasons = 1 + missed + options.hubRestartsAt.length;
          assert.ok(count <= reasons, `unit ${unit} published ${count} times, with ${reasons} reasons`);
        });
      }),
      { numRuns: 150 },
    );
  });

  for (const edgeCount of [1, 10, 100]) {
    it(`publish each chunk once for ${edgeCount} edges that begin within a quarter of a second`, () => {
      const random = randomFrom(edgeCount);
      const transfer = new TransferWorld({
        edgeCount,
        chunkCount: 200,
        lossRatio: 0,
        duplicateRatio: 0.1,
        maxLatencyMs: 100,
        startsAt: Array.from({ length: edgeCount }, () => random() * 250),
        edgeRestarts: [],
        hubRestartsAt: [],
        random,
      });
      transfer.run(HOUR_MS);
      assert.ok(transfer.isDone);
      assert.equal(sum(transfer.published), 202);
      // A window is asked for by each edge at most, never chunk by chunk.
      assert.ok(transfer.wantCount <= edgeCount * 16, `${transfer.wantCount} wants`);
    });
  }

  it('publish what 1 in 100 messages loses once more for all, not for each', () => {
    const random = randomFrom(7);
    const transfer = new TransferWorld({
      edgeCount: 100,
      chunkCount: 200,
      lossRatio: 0.01,
      duplicateRatio: 0,
      maxLatencyMs: 50,
      startsAt: new Array<number>(100).fill(0),
      edgeRestarts: [],
      hubRestartsAt: [],
      random,
    });
    transfer.run(HOUR_MS);
    assert.ok(transfer.isDone);
    // 100 edges lose 200 chunks between them, 127 different ones; for each of those once more, some twice.
    assert.ok(sum(transfer.published) <= 2 * 202, `${sum(transfer.published)} publications of 202 units`);
  });

  it('leave nobody behind whom the others have overtaken', () => {
    const random = randomFrom(3);
    const transfer = new TransferWorld({
      edgeCount: 5,
      chunkCount: 300,
      lossRatio: 0,
      duplicateRatio: 0,
      maxLatencyMs: 20,
      startsAt: [0, 0, 0, 0, 2_000],
      edgeRestarts: [],
      hubRestartsAt: [],
      random,
    });
    transfer.run(HOUR_MS);
    const last = transfer.edges[4]?.finishedAt ?? Number.NaN;
    const first = transfer.edges[0]?.finishedAt ?? Number.NaN;
    // What it missed at the front and a silence before it asks.
    assert.ok(last - first < 2_000 + 3_000, `first after ${first} ms, last after ${last} ms`);
    assert.ok(sum(transfer.published) < 2 * 302);
  });
});

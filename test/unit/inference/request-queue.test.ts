import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Overflow, overflows, RequestQueue } from '../../../lib/inference/request-queue';

interface Row {
  readonly name: string;
  readonly max: number;
  readonly overflow: Overflow;
  readonly offers: number;
  /** Items handed over at once, in order. */
  readonly inFlight: readonly number[];
  readonly refused: readonly number[];
  readonly dropped: readonly number[];
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const rows: readonly Row[] = [
  {
    name: 'refuses the new one beyond max, beside the one that runs',
    max: 2,
    overflow: 'error',
    offers: 5,
    inFlight: [1, 2, 3],
    refused: [4, 5],
    dropped: [],
  },
  {
    name: 'with max 0 takes only what can run now',
    max: 0,
    overflow: 'error',
    offers: 3,
    inFlight: [1],
    refused: [2, 3],
    dropped: [],
  },
  {
    name: 'hands at most 64 over at once',
    max: 100,
    overflow: 'error',
    offers: 101,
    inFlight: range(1, 64),
    refused: [],
    dropped: [],
  },
  {
    name: 'drops the oldest that waits, never one that runs',
    max: 2,
    overflow: 'dropOldest',
    offers: 5,
    inFlight: [1],
    refused: [],
    dropped: [2, 3],
  },
  {
    name: 'keeps the newest beside the one that runs',
    max: 10,
    overflow: 'keepNewest',
    offers: 5,
    inFlight: [1],
    refused: [],
    dropped: [2, 3, 4],
  },
];

describe('the queue of a node', () => {
  for (const { name, max, overflow, offers, inFlight, refused, dropped } of rows) {
    it(name, () => {
      const queue = new RequestQueue<number>({ max, overflow });
      const seen = { inFlight: [] as number[], refused: [] as number[], dropped: [] as number[] };
      for (const item of range(1, offers)) {
        const offer = queue.offer(item);
        if (!offer.isAccepted) seen.refused.push(item);
        seen.dropped.push(...offer.dropped);
        for (let next = queue.take(); next !== undefined; next = queue.take()) seen.inFlight.push(next);
      }
      assert.deepEqual(seen, { inFlight: [...inFlight], refused: [...refused], dropped: [...dropped] });
    });
  }

  it('accounts for every item exactly once, in order, and never holds more than max beside the running ones', () => {
    const command = fc.constantFrom('offer' as const, 'take' as const, 'finish' as const);
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.constantFrom(...overflows),
        fc.array(command, { maxLength: 60 }),
        (max, overflow, commands) => {
          const queue = new RequestQueue<number>({ max, overflow });
          const ends = new Map<number, string>();
          const end = (item: number, how: string): void => {
            assert.ok(!ends.has(item), `${item} ended twice`);
            ends.set(item, how);
          };
          let offered = 0;
          const running: number[] = [];
          const taken: number[] = [];
          for (const next of commands) {
            if (next === 'offer') {
              offered += 1;
              const { isAccepted, dropped } = queue.offer(offered);
              if (!isAccepted) end(offered, 'refused');
              for (const item of dropped) end(item, 'dropped');
            } else if (next === 'take') {
              const item = queue.take();
              if (item !== undefined) running.push(item);
              if (item !== undefined) taken.push(item);
            } else if (running.length > 0) {
              queue.finish();
              end(running.shift() ?? 0, 'ran');
            }
            assert.ok(
              queue.count <= (overflow === 'keepNewest' ? 2 : max + 1),
              'more than max beside the one that runs',
            );
          }
          for (const item of queue.drain()) end(item, 'drained');
          for (const item of running) end(item, 'running');
          assert.equal(ends.size, offered);
          assert.deepEqual(
            taken,
            [...taken].sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});

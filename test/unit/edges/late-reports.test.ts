import assert from 'node:assert/strict';
import { LateReports } from '../../../lib/edges/hub/late-reports';
import { FakeClock } from '../../support/fake-clock';

function aWatch(count: number) {
  const clock = new FakeClock();
  const waiting = new Set(Array.from({ length: count }, (_, n) => `edge-${n}`));
  const asked: string[] = [];
  const late = new LateReports({
    clock,
    waiting: () => waiting,
    ask: async (edge) => {
      asked.push(edge);
      throw new Error('it has just gone');
    },
  });
  const lookAfter = (ms: number): readonly string[] => {
    clock.advance(ms);
    asked.length = 0;
    late.look();
    return [...asked];
  };
  return { clock, waiting, late, lookAfter };
}

describe('edges whose last word may be lost', () => {
  it('are asked after a minute in which something should have been told, and ever more rarely', () => {
    const { lookAfter } = aWatch(1);
    const pauses: number[] = [];
    let since = 0;
    for (let seconds = 0; seconds < 3 * 3_600; seconds += 15, since += 15) {
      if (lookAfter(seconds === 0 ? 0 : 15_000).length === 0) continue;
      pauses.push(since);
      since = 0;
    }
    assert.deepEqual(pauses, [60, 120, 240, 480, 960, 1_920, 3_600]);
  });

  it('are not asked when they have told since, or nothing is under way', () => {
    const { lookAfter, late, waiting } = aWatch(2);
    lookAfter(0);
    lookAfter(59_000);
    late.heard('edge-0');
    assert.deepEqual(lookAfter(1_000), ['edge-1']);
    assert.deepEqual(lookAfter(60_000), ['edge-0']);
    waiting.clear();
    assert.deepEqual(lookAfter(3_600_000), []);
    waiting.add('edge-0');
    assert.deepEqual(lookAfter(0), [], 'it begins anew');
  });

  it('are asked fifty at a time, and all of them', () => {
    const { lookAfter } = aWatch(120);
    lookAfter(0);
    const asked = [lookAfter(60_000), lookAfter(15_000), lookAfter(15_000)];
    assert.deepEqual(
      asked.map(({ length }) => length),
      [50, 50, 20],
    );
    assert.equal(new Set(asked.flat()).size, 120);
  });

  it('are asked also when the clock of the hub was set back', () => {
    const { lookAfter, clock } = aWatch(1);
    lookAfter(0);
    clock.advance(-86_400_000);
    assert.deepEqual(lookAfter(15_000), ['edge-0']);
  });
});

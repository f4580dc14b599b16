import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromLocal, isCronExpression, toLocal } from '../../../lib/training/schedule/calendar';
import { dueNow } from '../../../lib/training/schedule/due';
import { describeSchedule, nextAfter, nextTimes } from '../../../lib/training/schedule/next-after';
import { Schedule } from '../../../lib/training/schedule/schedule';

const at = (iso: string): number => Date.parse(iso);
const times = (schedule: unknown, anchor: string, after: string, count: number): readonly string[] =>
  nextTimes(Schedule.parse(schedule), at(anchor), at(after), count).map((time) => new Date(time).toISOString());

const PARIS = { timeZone: 'Europe/Paris' };

describe('the next time of a schedule', () => {
  const cases: readonly {
    readonly name: string;
    readonly schedule: unknown;
    readonly anchor?: string;
    readonly after: string;
    readonly next: readonly string[];
  }[] = [
    {
      name: 'counts hours from when the job was made',
      schedule: { kind: 'interval', every: 6, unit: 'hour', ...PARIS },
      anchor: '2026-01-01T00:30:00Z',
      after: '2026-01-01T13:00:00Z',
      next: ['2026-01-01T18:30:00.000Z', '2026-01-02T00:30:00.000Z'],
    },
    {
      name: 'is one interval after the job was made, not at once',
      schedule: { kind: 'interval', every: 1, unit: 'day', ...PARIS },
      anchor: '2026-01-01T10:00:00Z',
      after: '2026-01-01T10:00:00Z',
      next: ['2026-01-02T10:00:00.000Z'],
    },
    {
      name: 'is today at the time of day when that is still to come',
      schedule: { kind: 'interval', every: 1, unit: 'day', at: '02:00', ...PARIS },
      anchor: '2026-01-01T00:00:00Z',
      after: '2026-01-01T00:00:00Z',
      next: ['2026-01-01T01:00:00.000Z', '2026-01-02T01:00:00.000Z'],
    },
    {
      name: 'keeps the time of day when clocks go forward, and takes the first valid moment in the gap',
      schedule: { kind: 'interval', every: 1, unit: 'day', at: '02:30', ...PARIS },
      anchor: '2026-03-01T00:00:00Z',
      after: '2026-03-28T00:00:00Z',
      next: ['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    },
    {
      name: 'comes once in the hour that clocks repeat',
      schedule: { kind: 'interval', every: 1, unit: 'day', at: '02:30', ...PARIS },
      anchor: '2026-03-01T00:00:00Z',
      after: '2026-10-24T12:00:00Z',
      next: ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    },
    {
      name: 'does the same by cron in the gap',
      schedule: { kind: 'cron', expression: '30 2 * * *', ...PARIS },
      after: '2026-03-28T12:00:00Z',
      next: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    },
    {
      name: 'does the same by cron in the repeated hour',
      schedule: { kind: 'cron', expression: '30 2 * * *', ...PARIS },
      after: '2026-10-24T12:00:00Z',
      next: ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    },
    {
      name: 'keeps the day of the week',
      schedule: { kind: 'interval', every: 1, unit: 'week', at: '06:00', timeZone: 'UTC' },
      anchor: '2026-01-01T12:00:00Z',
      after: '2026-01-02T00:00:00Z',
      next: ['2026-01-08T06:00:00.000Z', '2026-01-15T06:00:00.000Z'],
    },
    {
      name: 'is on the 31st only where there is one',
      schedule: { kind: 'interval', every: 1, unit: 'month', at: '00:00', timeZone: 'UTC' },
      anchor: '2026-01-31T00:00:00Z',
      after: '2026-01-31T00:00:00Z',
      next: ['2026-03-31T00:00:00.000Z', '2026-05-31T00:00:00.000Z'],
    },
    {
      name: 'is on the 29th of February in leap years',
      schedule: { kind: 'interval', every: 1, unit: 'year', at: '00:00', timeZone: 'UTC' },
      anchor: '2024-02-29T00:00:00Z',
      after: '2024-03-01T00:00:00Z',
      next: ['2028-02-29T00:00:00.000Z'],
    },
    {
      name: 'counts seconds',
      schedule: { kind: 'interval', every: 5, unit: 'second', timeZone: 'UTC' },
      anchor: '2026-01-01T00:00:01Z',
      after: '2026-01-01T00:00:09Z',
      next: ['2026-01-01T00:00:11.000Z'],
    },
  ];
  for (const { name, schedule, anchor = '2020-01-01T00:00:00Z', after, next } of cases) {
    it(name, () => assert.deepEqual(times(schedule, anchor, after, next.length), next));
  }

  it('always lies ahead, and none is left out', () => {
    const unit = fc.constantFrom('second', 'minute', 'hour', 'day', 'week', 'month', 'year');
    const zone = fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
    const moment = fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
    fc.assert(
      fc.property(
        unit,
        zone,
        fc.integer({ min: 1, max: 40 }),
        moment,
        moment,
        (name, timeZone, every, anchor, later) => {
          const schedule = Schedule.parse({ kind: 'interval', every, unit: name, timeZone });
          const after = Math.max(anchor, later);
          const next = nextAfter(schedule, anchor, after);
          if (next === null) return;
          assert.ok(next > after);
          // Nothing between: asked from just before it, the answer is the same.
          assert.equal(nextAfter(schedule, anchor, next - 1), next);
        },
      ),
      { numRuns: 300 },
    );
  });

  for (const schedule of [
    { kind: 'cron', expression: '0 0 30 2 *' },
    { kind: 'cron', expression: 'every day' },
    { kind: 'interval', every: 0, unit: 'day' },
    { kind: 'interval', every: 1.5, unit: 'day' },
    { kind: 'interval', every: 1, unit: 'fortnight' },
    { kind: 'interval', every: 1, unit: 'hour', at: '02:00' },
    { kind: 'interval', every: 1, unit: 'day', at: '25:00' },
    { kind: 'interval', every: 1, unit: 'day', timeZone: 'Mars/Olympus' },
  ]) {
    it(`does not exist for ${JSON.stringify(schedule)}`, () =>
      assert.equal(Schedule.safeParse(schedule).success, false));
  }

  it('is told in words', () => {
    const daily = Schedule.parse({ kind: 'interval', every: 1, unit: 'day', at: '02:00', ...PARIS });
    assert.equal(describeSchedule(daily), 'every day at 02:00 (Europe/Paris)');
    assert.ok(isCronExpression('*/5 * * * *'));
  });
});

describe('a moment in a zone', () => {
  it('is found again by what clocks show, but in the repeated hour, where it is the first', () => {
    const moment = fc.integer({ min: at('1990-01-01T00:00:00Z') / 1000, max: at('2037-01-01T00:00:00Z') / 1000 });
    const zone = fc.constantFrom('UTC', 'Europe/Paris', 'America/Sao_Paulo', 'Pacific/Auckland', 'Asia/Kathmandu');
    fc.assert(
      fc.property(moment, zone, (seconds, timeZone) => {
        const found = fromLocal(toLocal(seconds * 1000, timeZone), timeZone);
        assert.deepEqual(toLocal(found, timeZone), toLocal(seconds * 1000, timeZone));
        assert.ok(found <= seconds * 1000);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is due', () => {
  const schedule = Schedule.parse({ kind: 'interval', every: 1, unit: 'hour', timeZone: 'UTC' });
  const anchorMs = at('2026-01-01T00:00:00Z');
  const facts = { schedule, anchorMs, handledMs: anchorMs, catchUpMs: 2 * 3_600_000 };

  it('is nothing before the time', () => {
    assert.deepEqual(dueNow(facts, at('2026-01-01T00:59:59Z')), { kind: 'none', nextMs: at('2026-01-01T01:00:00Z') });
  });

  it('is one run at the time, and none again once that is dealt with', () => {
    const now = at('2026-01-01T01:00:00Z');
    const due = dueNow(facts, now);
    assert.deepEqual(due, { kind: 'run', dueMs: now, count: 1, nextMs: at('2026-01-01T02:00:00Z') });
    assert.equal(dueNow({ ...facts, handledMs: now }, now).kind, 'none');
  });

  it('GIVEN_many_times_missed_WHEN_it_looks_again_THEN_one_run_for_the_last', () => {
    const due = dueNow(facts, at('2026-01-03T10:20:00Z'));
    assert.deepEqual(due, {
      kind: 'run',
      dueMs: at('2026-01-03T10:00:00Z'),
      count: 58,
      nextMs: at('2026-01-03T11:00:00Z'),
    });
  });

  it('GIVEN_last_time_longer_ago_than_the_window_WHEN_it_looks_again_THEN_missed', () => {
    const daily = { ...facts, schedule: Schedule.parse({ kind: 'interval', every: 1, unit: 'day', timeZone: 'UTC' }) };
    assert.equal(dueNow(daily, at('2026-01-03T10:00:00Z')).kind, 'missed');
  });

  it('GIVEN_clock_that_goes_back_WHEN_it_looks_THEN_nothing_is_due_twice', () => {
    assert.equal(dueNow({ ...facts, handledMs: at('2026-01-01T05:00:00Z') }, at('2026-01-01T03:30:00Z')).kind, 'none');
  });

  it('GIVEN_ten_years_of_seconds_missed_WHEN_it_looks_THEN_it_answers_at_once', () => {
    const seconds = {
      ...facts,
      schedule: Schedule.parse({ kind: 'interval', every: 1, unit: 'second', timeZone: 'UTC' }),
    };
    const now = at('2036-01-01T00:00:00Z');
    const due = dueNow(seconds, now);
    assert.equal(due.kind, 'run');
  });
});

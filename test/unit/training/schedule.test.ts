import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asUtc, fromLocal, isCronExpression, toLocal } from '../../../lib/training/schedule/calendar';
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
      name: 'gathers what a list of cron names in the gap at its end',
      schedule: { kind: 'cron', expression: '0,30 2 * * *', ...PARIS },
      after: '2026-03-28T12:00:00Z',
      next: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:00:00.000Z'],
    },
    {
      name: 'does so for a range',
      schedule: { kind: 'cron', expression: '10-20 2 * * *', ...PARIS },
      after: '2026-03-28T12:00:00Z',
      next: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:10:00.000Z'],
    },
    {
      name: 'does so for a step',
      schedule: { kind: 'cron', expression: '*/15 2 * * *', ...PARIS },
      after: '2026-03-28T12:00:00Z',
      next: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:00:00.000Z'],
    },
    {
      name: 'does so for a step of hours, and for seconds',
      schedule: { kind: 'cron', expression: '5-59/20 0 */2 * * SUN', ...PARIS },
      after: '2026-03-29T00:00:00Z',
      next: ['2026-03-29T01:00:00.000Z', '2026-03-29T02:00:05.000Z'],
    },
    {
      name: 'leaves out times in the gap of what comes each hour',
      schedule: { kind: 'cron', expression: '10,50 * * * *', ...PARIS },
      after: '2026-03-29T00:45:00Z',
      next: ['2026-03-29T00:50:00.000Z', '2026-03-29T01:10:00.000Z'],
    },
    {
      name: 'comes once in the repeated hour for each of a list, range or step',
      schedule: { kind: 'cron', expression: '0,30,40-50/10 2 * * *', ...PARIS },
      after: '2026-10-24T12:00:00Z',
      next: [
        '2026-10-25T00:00:00.000Z',
        '2026-10-25T00:30:00.000Z',
        '2026-10-25T00:40:00.000Z',
        '2026-10-25T00:50:00.000Z',
        '2026-10-26T01:00:00.000Z',
      ],
    },
    {
      name: 'goes on in the repeated hour with what comes each hour, however that is written',
      schedule: { kind: 'cron', expression: '30 0-23 * * *', ...PARIS },
      after: '2026-10-25T00:00:00Z',
      next: ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000Z'],
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

  it('is, by a list of cron, each time that clocks show, once, and none that they skip is lost', () => {
    const changes = [
      ['Europe/Paris', '2026-03-29T01:00:00Z'],
      ['Europe/Paris', '2026-10-25T01:00:00Z'],
      ['America/New_York', '2026-11-01T06:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
      ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
      ['America/Sao_Paulo', '2018-02-18T02:00:00Z'],
    ] as const;
    const list = (max: number) => fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...changes), list(23), list(59), ([timeZone, change], hours, minutes) => {
        // Minute by minute, by what clocks show: the first that shows a time, or one later than it.
        const start = at(change) - 6 * 3_600_000;
        const expected: number[] = [];
        let latest = asUtc(toLocal(start, timeZone));
        for (let moment = start + 60_000; moment < start + 12 * 3_600_000; moment += 60_000) {
          const shown = asUtc(toLocal(moment, timeZone));
          let isDue = false;
          for (; latest < shown; latest += 60_000) {
            const time = new Date(latest + 60_000);
            isDue ||= hours.includes(time.getUTCHours()) && minutes.includes(time.getUTCMinutes());
          }
          if (isDue) expected.push(moment);
        }
        const schedule = { kind: 'cron', expression: `${minutes} ${hours} * * *`, timeZone };
        const found = nextTimes(Schedule.parse(schedule), start, start, expected.length + 1);
        assert.deepEqual(found.slice(0, -1), expected);
        assert.ok((found.at(-1) ?? 0) >= start + 12 * 3_600_000);
      }),
      { numRuns: 60 },
    );
  });

  for (const schedule of [
    { kind: 'cron', expression: '0 0 30 2 *' },
    { kind: 'cron', expression: '*/0 2 * * *' },
    { kind: 'cron', expression: '*/61 2 * * *' },
    { kind: 'cron', expression: '50-70/5 2 * * *' },
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

  for (const { name, rule, catchUpMs, due } of [
    {
      name: 'GIVEN_ten_years_of_seconds_missed_WHEN_it_looks_THEN_one_run_for_the_last',
      rule: { kind: 'interval', every: 1, unit: 'second' },
      catchUpMs: 3_600_000,
      due: '2036-01-01T00:00:00Z',
    },
    {
      name: 'GIVEN_more_seconds_missed_than_the_window_has_steps_WHEN_it_looks_THEN_one_run_for_the_last',
      rule: { kind: 'interval', every: 7, unit: 'second' },
      catchUpMs: 7 * 86_400_000,
      due: '2035-12-31T23:59:58Z',
    },
    {
      name: 'GIVEN_a_cron_of_seconds_missed_WHEN_it_looks_THEN_one_run_for_the_last',
      rule: { kind: 'cron', expression: '*/5 * 3 * * *' },
      catchUpMs: 7 * 86_400_000,
      due: '2035-12-31T03:59:55Z',
    },
    {
      name: 'GIVEN_years_of_days_missed_WHEN_it_looks_THEN_one_run_for_the_last',
      rule: { kind: 'interval', every: 1, unit: 'day', at: '05:00' },
      catchUpMs: 86_400_000,
      due: '2035-12-31T05:00:00Z',
    },
  ]) {
    it(name, () => {
      const now = at('2036-01-01T00:00:00Z');
      const missed = { ...facts, catchUpMs, schedule: Schedule.parse({ ...rule, timeZone: 'UTC' }) };
      const found = dueNow(missed, now);
      assert.ok(found.kind === 'run', found.kind);
      assert.deepEqual([new Date(found.dueMs).toISOString(), found.count], [due.replace('Z', '.000Z'), 1_000]);
      assert.ok(found.nextMs !== null && found.nextMs > now);
      assert.deepEqual(dueNow({ ...missed, handledMs: found.dueMs }, now), { kind: 'none', nextMs: found.nextMs });
    });
  }
});

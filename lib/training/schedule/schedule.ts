import { z } from 'zod';
import { isCronExpression, isTimeZone } from './calendar';

export const intervalUnits = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type IntervalUnit = (typeof intervalUnits)[number];

const timing = {
  /** IANA name; default the zone of this machine. */
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone such as Europe/Paris' })
    .default(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  /** A run begins up to so much later, by chance. */
  jitterMs: z.int().nonnegative().max(86_400_000).default(0),
};

const interval = z
  .strictObject({
    kind: z.literal('interval'),
    every: z.int().positive().max(100_000).default(1),
    unit: z.enum(intervalUnits),
    /** Local time of days and longer; without it counted from the start. */
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day such as 02:00' })
      .exactOptional(),
    ...timing,
  })
  .refine(({ unit, at }) => at === undefined || !['second', 'minute', 'hour'].includes(unit), {
    error: 'a time of day goes with days, weeks, months and years only',
    path: ['at'],
  });

const cron = z.strictObject({
  kind: z.literal('cron'),
  expression: z
    .string()
    .max(200)
    .refine(isCronExpression, { error: 'must be a cron expression of 5 or 6 fields that comes true some day' }),
  ...timing,
});

/** When a job runs by itself; null = only when told to. */
export const Schedule = z.discriminatedUnion('kind', [interval, cron]);
export type Schedule = z.infer<typeof Schedule>;

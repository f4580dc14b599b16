/** Figures of a span of time, in the order of `activityFields`. */
export type ActivityRow = Readonly<Record<ActivityField, number | null>>;

export const activityFields = [
  'spanMs',
  'requests',
  'answered',
  'errors',
  'restarts',
  'p50Ms',
  'p99Ms',
  'runMs',
  'batchMean',
  'batchMax',
  'queue',
  'memoryBytes',
] as const;
export type ActivityField = (typeof activityFields)[number];

/** Samples by column, the oldest first; all columns are equally long. null = nothing to tell of that span. */
export type ActivityColumns = Readonly<Record<ActivityField, readonly (number | null)[]>> & {
  /** Ends of the spans, milliseconds since the epoch. */
  readonly at: readonly number[];
};

/** What a version did lately, whether it is still loaded or not. */
export interface VersionActivity {
  readonly version: number;
  readonly isLoaded: boolean;
  readonly columns: ActivityColumns;
}

/** How the past is kept: the last minutes in full, the last hours by the minute. */
export const fineStepMs = 2_000;
export const fineMinutes = 5;
export const coarseStepMs = 60_000;
export const coarseMinutes = 180;

/** One figure of a bench. */
export interface Row {
  readonly what: string;
  readonly value: number | null;
  readonly unit: string;
  /** To what it is compared, in the same run. */
  readonly against?: string;
  /** Median of the ratios of the rounds, each of figures taken one after the other. */
  readonly ratio?: number;
  readonly aim?: Aim;
  /** Why there is no figure, or what to know of it. */
  readonly note?: string;
}

/** What a row should reach: its ratio if it has one, else its value. */
export interface Aim {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface BenchOptions {
  /** Short rounds: shows that it works, not how fast it is. */
  readonly isQuick: boolean;
  /** Where CPU profiles are left; null = none are taken. */
  readonly profileFolder: string | null;
  /** Of a bench of edges; null = its own default. */
  readonly edgeCount: number | null;
}

export interface Bench {
  readonly name: string;
  /** What the figures were taken with. */
  readonly title: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** @param ratio - 0.99 for the value that one in a hundred exceeds */
export function quantile(values: Float64Array, ratio: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN;
}

/** The median of `of / against`, round by round. */
export function medianRatio(of: readonly number[], against: readonly number[]): number {
  return median(of.map((value, round) => value / (against[round] ?? Number.NaN)));
}

/**
 * Measures the candidates in turn, round by round, so that what else the machine does falls on all of them. The first
 * round only warms up.
 */
export async function inTurns<T>(
  candidates: Readonly<Record<string, () => Promise<T>>>,
  roundCount: number,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round <= roundCount; round += 1) {
    for (const [name, measure] of Object.entries(candidates)) {
      const result = await measure();
      if (round > 0) results[name]?.push(result);
    }
  }
  return results;
}

/** undefined = the row has no aim. */
export function isMet({ value, ratio, aim }: Row): boolean | undefined {
  const reached = ratio ?? value;
  if (!aim || reached === null) return undefined;
  return reached >= (aim.atLeast ?? Number.NEGATIVE_INFINITY) && reached <= (aim.atMost ?? Number.POSITIVE_INFINITY);
}

const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);

function aimText({ aim, ratio }: Row): string {
  if (!aim) return '';
  const unit = ratio === undefined ? '' : ' x';
  const parts = [
    aim.atLeast !== undefined && `≥ ${aim.atLeast}${unit}`,
    aim.atMost !== undefined && `≤ ${aim.atMost}${unit}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** One line for each row. */
export function tableOf({ name, title }: Bench, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.value === null ? 'absent' : `${digits(row.value)} ${row.unit}`.trim(),
    row.ratio === undefined ? '' : `${digits(row.ratio)} x ${row.against ?? ''}`,
    aimText(row),
    { true: 'met', false: 'MISSED', undefined: '' }[String(isMet(row)) as 'true' | 'false' | 'undefined'],
    row.note ?? '',
  ]);
  const widths = cells.reduce<number[]>((max, line) => line.map((cell, n) => Math.max(max[n] ?? 0, cell.length)), []);
  const lines = cells.map(
    (line) =>
      `  ${line
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd()}`,
  );
  return `${[`${name}: ${title}`, ...lines].join('\n')}\n`;
}

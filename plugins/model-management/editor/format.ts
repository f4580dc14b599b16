const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB'] as const;

/** "3 days ago" in the words of `language`. */
export function formatAge(iso: string, nowMs: number, language: string): string {
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1_000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** Date and time in full, for the tooltip of an age. */
export function formatMoment(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'medium' }).format(new Date(iso));
}

/** From here on, and below the other, a number is written with a power of ten: nobody counts zeros. */
const LONG = 1e9;
const TINY = 1e-4;

/** At most `digits` significant digits, as the language writes numbers; very large and very small ones as 1.2E15. */
export function formatNumber(value: number, language: string, digits = 4): string {
  const size = Math.abs(value);
  const notation = size >= LONG || (size > 0 && size < TINY) ? 'scientific' : 'standard';
  return new Intl.NumberFormat(language, { notation, maximumSignificantDigits: digits }).format(value);
}

/** Decimal units with a space: `4.2 MB`. */
export function formatBytes(bytes: number, language: string): string {
  const power = Math.min(BYTE_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1_000 ** power, language, 3)} ${BYTE_UNITS[power]}`;
}

/** A share, 0..1, as "+1.1 %" in the way of the language, always with its sign. */
export function formatShare(ratio: number, language: string): string {
  return new Intl.NumberFormat(language, {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumSignificantDigits: 3,
  }).format(ratio);
}

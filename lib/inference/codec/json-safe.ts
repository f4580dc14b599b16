import { namedValues } from './named-values';

/**
 * The same result with null in the place of NaN and ±Infinity, which JSON has no word for. What holds none of them is
 * returned as it is, not copied.
 */
export function toJsonSafe(value: unknown): { readonly value: unknown; readonly nonFinite: boolean } {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { value, nonFinite: false } : { value: null, nonFinite: true };
  }
  if (Array.isArray(value)) {
    const parts = value.map(toJsonSafe);
    const nonFinite = parts.some((part) => part.nonFinite);
    return { value: nonFinite ? parts.map((part) => part.value) : value, nonFinite };
  }
  if (typeof value !== 'object' || value === null) return { value, nonFinite: false };
  const parts = Object.entries(value).map(([key, member]) => [key, toJsonSafe(member)] as const);
  const nonFinite = parts.some(([, part]) => part.nonFinite);
  return { value: nonFinite ? namedValues(parts.map(([key, part]) => [key, part.value])) : value, nonFinite };
}

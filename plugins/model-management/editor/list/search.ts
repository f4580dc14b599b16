/** Upwards, digits as the numbers they are. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name, undefined, { numeric: true });

/** Whether name or description holds every word of `search`, in any case. */
export function holdsWords(row: { readonly name: string; readonly description?: string }, search: string): boolean {
  const text = `${row.name} ${row.description ?? ''}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

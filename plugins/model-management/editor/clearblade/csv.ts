/**
 * Comma-separated text as rows by the names of its first line (RFC 4180: quoted fields hold commas, line ends and, doubled,
 * quotes). Empty fields are left out. Undefined when the text is no table.
 */
export function rowsFromCsv(text: string): readonly Readonly<Record<string, string>>[] | undefined {
  const [names, ...records] = recordsOf(text.replace(/^\uFEFF/, ''));
  if (!names || names.length < 2 || records.length === 0) return undefined;
  return records
    .filter((record) => record.some((field) => field !== ''))
    .map((record) => {
      const fields = names.map((name, index): [string, string] => [name, record[index] ?? '']);
      return Object.fromEntries(fields.filter(([, field]) => field !== ''));
    });
}

function recordsOf(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  // Each match is one field with what ends it: a comma, a line end, or the end of the text.
  for (const [whole, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (whole === '' && record.length === 0) break;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

/**
 * Comma-separated text as rows by the names of its first line (RFC 4180: quoted fields hold commas, line ends and, doubled,
 * quotes). Empty fields are left out. Undefined when the text is no table, or ends within quotes.
 */
export function rowsFromCsv(text: string): readonly Readonly<Record<string, string>>[] | undefined {
  const [names, ...records] = recordsOf(text.replace(/^\uFEFF/, '')) ?? [];
  if (!names || names.length < 2 || records.length === 0) return undefined;
  return records
    .filter((record) => record.some((field) => field !== ''))
    .map((record) => {
      const fields = names.map((name, index): [string, string] => [name, record[index] ?? '']);
      return Object.fromEntries(fields.filter(([, field]) => field !== ''));
    });
}

/** One way through the text: a pattern over quoted fields of megabytes would exhaust the stack. */
function recordsOf(text: string): readonly (readonly string[])[] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    const close = text[at] === '"' ? closingQuote(text, at) : at;
    if (close < 0) return undefined;
    const end = endOfField(text, close);
    record.push(text.slice(at + 1, close).replaceAll('""', '"') + text.slice(close === at ? at : close + 1, end));
    at = end + (text.startsWith('\r\n', end) ? 2 : 1);
    if (text[end] === ',') continue;
    records.push(record);
    record = [];
  }
  if (record.length > 0) records.push(record);
  return records;
}

/** @param open - where the opening quote stands; -1 when none closes it */
function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function endOfField(text: string, from: number): number {
  const end = /[,\r\n]/g;
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.length;
}

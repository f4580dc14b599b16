import { StringDecoder } from 'node:string_decoder';
import { invalidInput } from '../errors';
import { nameKey } from './names';
import { typeOfTexts, valueOfText } from './rows';
import type { Column, ColumnType, Row } from './types';

const MAX_LINE_LENGTH = 4_194_304;
/** So many rows are looked at before the types of columns that are new are decided. */
const SAMPLE_ROWS = 200;

async function* texts(source: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of source) yield decoder.write(chunk);
  yield decoder.end();
}

/** One JSON object per line; empty lines do not count. @throws {ModelManagementError} `INVALID_INPUT` naming the line */
export async function* ndjsonRows(source: AsyncIterable<Buffer>): AsyncGenerator<Row, void, undefined> {
  let rest = '';
  let lineNumber = 0;
  const parse = (line: string): Row | undefined => {
    lineNumber += 1;
    if (line.trim() === '') return undefined;
    try {
      return JSON.parse(line) as Row;
    } catch {
      throw invalidInput(`line ${lineNumber}`, `line ${lineNumber} is not JSON.`, 'Send one JSON object per line.');
    }
  };
  for await (const text of texts(source)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw tooLong(lineNumber + 1);
    for (const line of lines) {
      const row = parse(line);
      if (row !== undefined) yield row;
    }
  }
  const last = parse(rest);
  if (last !== undefined) yield last;
}

/**
 * Rows of a CSV file with a line of names at its top (RFC 4180; "," or ";" between fields, whichever comes first). Texts become what the columns of the collection hold; for new columns that is told by the first rows.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the line
 */
export async function* csvRows(
  source: AsyncIterable<Buffer>,
  columns: readonly Column[],
): AsyncGenerator<Row, void, undefined> {
  const records = csvRecords(source);
  const head = await records.next();
  if (head.done) return;
  const names = head.value.map((name) => name.trim());
  const types = new Map<string, ColumnType>(columns.map(({ name, type }) => [nameKey(name), type]));
  types.set('item_id', 'text').set('created', 'text');
  let sample: string[][] | undefined = [];
  let index = 0;
  const toRow = (fields: readonly string[]): Row => {
    index += 1;
    if (fields.length !== names.length) {
      throw invalidInput(
        `row ${index}`,
        `Row ${index} has ${fields.length} fields, and the first line names ${names.length}.`,
        'Correct the file.',
      );
    }
    return Object.fromEntries(
      names.map((name, at) => [
        name,
        valueOfText(fields[at] ?? '', types.get(nameKey(name)) ?? 'text', index - 1, name),
      ]),
    );
  };
  const decide = (rows: readonly (readonly string[])[]): void => {
    for (const [at, name] of names.entries()) {
      if (!types.has(nameKey(name))) types.set(nameKey(name), typeOfTexts(rows.map((fields) => fields[at] ?? '')));
    }
  };
  for await (const fields of records) {
    if (!sample) yield toRow(fields);
    else if (sample.push([...fields]) === SAMPLE_ROWS) {
      decide(sample);
      for (const early of sample) yield toRow(early);
      sample = undefined;
    }
  }
  if (!sample) return;
  decide(sample);
  for (const early of sample) yield toRow(early);
}

async function* csvRecords(source: AsyncIterable<Buffer>): AsyncGenerator<readonly string[], void, undefined> {
  let separator = '';
  let field = '';
  let fields: string[] = [];
  let isQuoted = false;
  let wasQuote = false;
  let isFirst = true;
  for await (const part of texts(source)) {
    const text = isFirst ? part.replace(/^\uFEFF/, '') : part;
    if (part !== '') isFirst = false;
    for (const sign of text) {
      if (isQuoted) {
        if (wasQuote) {
          wasQuote = false;
          if (sign === '"') {
            field += '"';
            continue;
          }
          isQuoted = false;
        } else if (sign === '"') {
          wasQuote = true;
          continue;
        } else {
          field += sign;
          if (field.length > MAX_LINE_LENGTH) throw tooLong(0);
          continue;
        }
      }
      if (sign === '"' && field === '') isQuoted = true;
      else if (sign === separator || (separator === '' && (sign === ',' || sign === ';'))) {
        separator = sign;
        fields.push(field);
        field = '';
      } else if (sign === '\n') {
        if (fields.length > 0 || field !== '') yield [...fields, field];
        fields = [];
        field = '';
      } else if (sign !== '\r') field += sign;
      if (field.length > MAX_LINE_LENGTH) throw tooLong(0);
    }
  }
  if (isQuoted && !wasQuote) throw invalidInput('body', 'The file ends within a quoted field.', 'Send the whole file.');
  if (fields.length > 0 || field !== '') yield [...fields, field];
}

function tooLong(lineNumber: number): Error {
  const where = lineNumber > 0 ? `line ${lineNumber}` : 'a field';
  return invalidInput('body', `${where} is longer than ${MAX_LINE_LENGTH} characters.`, 'Send one row per line.');
}

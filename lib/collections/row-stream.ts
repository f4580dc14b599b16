import { StringDecoder } from 'node:string_decoder';
import { invalidInput, type ModelManagementError } from '../errors';
import { nameKey } from './names';
import { MAX_COLUMN_COUNT, typeOfTexts, valueOfText } from './rows';
import type { Column, ColumnType, Row } from './types';

const MAX_LINE_LENGTH = 4_194_304;
const MAX_FIELD_COUNT = MAX_COLUMN_COUNT + 2;
/** So many rows are looked at before the types of columns that are new are decided; fewer when they are long. */
const SAMPLE_ROWS = 200;
const BATCH_ROWS = 500;
/** Of a batch or a sample, in characters of the stream; one row may go over it. */
const MAX_BATCH_LENGTH = 4_194_304;

export interface StreamedRow {
  readonly row: Row;
  /** Characters that it took in the stream. */
  readonly length: number;
}

/** Some hundred rows at a time, fewer when they are long: so much is in memory. */
export async function* rowBatches(rows: AsyncIterable<StreamedRow>): AsyncGenerator<readonly Row[], void, undefined> {
  let batch: Row[] = [];
  let batchLength = 0;
  for await (const { row, length } of rows) {
    batch.push(row);
    batchLength += length;
    if (batch.length < BATCH_ROWS && batchLength < MAX_BATCH_LENGTH) continue;
    yield batch;
    batch = [];
    batchLength = 0;
  }
  if (batch.length > 0) yield batch;
}

async function* texts(source: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of source) yield decoder.write(chunk);
  yield decoder.end();
}

/**
 * One JSON object per line; empty lines do not count.
 * @param refuse - hears of a line that is none; where it returns, that one is left out. Default: throws what it hears
 * @throws {ModelManagementError} `INVALID_INPUT` naming the line
 */
export async function* ndjsonRows(
  source: AsyncIterable<Buffer>,
  refuse: (error: ModelManagementError) => void = raise,
): AsyncGenerator<StreamedRow, void, undefined> {
  let rest = '';
  let lineNumber = 0;
  /** What comes up to the next line break belongs to a line that was refused. */
  let isRefused = false;
  const parse = (line: string): StreamedRow | undefined => {
    lineNumber += 1;
    const isEmpty = isRefused || line.trim() === '';
    isRefused = false;
    if (isEmpty) return undefined;
    if (line.length > MAX_LINE_LENGTH) {
      refuse(tooLong(lineNumber));
      return undefined;
    }
    try {
      return { row: JSON.parse(line) as Row, length: line.length };
    } catch {
      refuse(invalidInput(`line ${lineNumber}`, `line ${lineNumber} is not JSON.`, 'Send one JSON object per line.'));
      return undefined;
    }
  };
  for await (const text of texts(source)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const row = parse(line);
      if (row !== undefined) yield row;
    }
    if (!isRefused && rest.length > MAX_LINE_LENGTH) {
      refuse(tooLong(lineNumber + 1));
      isRefused = true;
    }
    if (isRefused) rest = '';
  }
  const last = parse(rest);
  if (last !== undefined) yield last;
}

function raise(error: ModelManagementError): never {
  throw error;
}

/**
 * Rows of a CSV file with a line of names at its top (RFC 4180; "," or ";" between fields, whichever comes first). Texts become what the columns of the collection hold; for new columns that is told by the first rows.
 * @throws {ModelManagementError} `INVALID_INPUT` naming the line
 */
export async function* csvRows(
  source: AsyncIterable<Buffer>,
  columns: readonly Column[],
): AsyncGenerator<StreamedRow, void, undefined> {
  const records = csvRecords(source);
  const head = await records.next();
  if (head.done) return;
  const names = head.value.fields.map((name) => name.trim());
  const types = new Map<string, ColumnType>(columns.map(({ name, type }) => [nameKey(name), type]));
  types.set('item_id', 'text').set('created', 'text');
  let sample: CsvRecord[] | undefined = [];
  let sampleLength = 0;
  let index = 0;
  const toRow = ({ fields, length }: CsvRecord): StreamedRow => {
    index += 1;
    if (fields.length !== names.length) {
      throw invalidInput(
        `row ${index}`,
        `Row ${index} has ${fields.length} fields, and the first line names ${names.length}.`,
        'Correct the file.',
      );
    }
    const values = names.map((name, at) => [
      name,
      valueOfText(fields[at] ?? '', types.get(nameKey(name)) ?? 'text', index - 1, name),
    ]);
    return { row: Object.fromEntries(values) as Row, length };
  };
  const decide = (early: readonly CsvRecord[]): void => {
    for (const [at, name] of names.entries()) {
      if (types.has(nameKey(name))) continue;
      types.set(nameKey(name), typeOfTexts(early.map(({ fields }) => fields[at] ?? '')));
    }
  };
  for await (const record of records) {
    if (!sample) {
      yield toRow(record);
      continue;
    }
    sampleLength += record.length;
    if (sample.push(record) < SAMPLE_ROWS && sampleLength < MAX_BATCH_LENGTH) continue;
    decide(sample);
    for (const early of sample) yield toRow(early);
    sample = undefined;
  }
  if (!sample) return;
  decide(sample);
  for (const early of sample) yield toRow(early);
}

interface CsvRecord {
  readonly fields: readonly string[];
  /** In characters. */
  readonly length: number;
}

async function* csvRecords(source: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord, void, undefined> {
  let separator = '';
  let field = '';
  let fields: string[] = [];
  let length = 0;
  let number = 1;
  let isQuoted = false;
  let wasQuote = false;
  let isFirst = true;
  for await (const part of texts(source)) {
    const text = isFirst ? part.replace(/^\uFEFF/, '') : part;
    if (part !== '') isFirst = false;
    for (const sign of text) {
      length += sign.length;
      if (length > MAX_LINE_LENGTH) throw tooLong(number);
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
          continue;
        }
      }
      if (sign === '"' && field === '') isQuoted = true;
      else if (sign === separator || (separator === '' && (sign === ',' || sign === ';'))) {
        separator = sign;
        if (fields.push(field) >= MAX_FIELD_COUNT) throw tooMany(number);
        field = '';
      } else if (sign === '\n') {
        if (fields.length > 0 || field !== '') yield { fields: [...fields, field], length };
        fields = [];
        field = '';
        length = 0;
        number += 1;
      } else if (sign !== '\r') field += sign;
    }
  }
  if (isQuoted && !wasQuote) throw invalidInput('body', 'The file ends within a quoted field.', 'Send the whole file.');
  if (fields.length > 0 || field !== '') yield { fields: [...fields, field], length };
}

/** @param number - from 1; a row with line breaks in quotes counts as one line */
function tooLong(number: number): ModelManagementError {
  return invalidInput(
    'body',
    `Line ${number} is longer than ${MAX_LINE_LENGTH} characters.`,
    'Send one row per line, and close what stands in quotes.',
  );
}

function tooMany(number: number): Error {
  return invalidInput(
    'body',
    `Line ${number} has more than ${MAX_FIELD_COUNT} fields, item_id and created among them.`,
    `A collection has up to ${MAX_COLUMN_COUNT} columns: send the columns that are needed, one row per line.`,
  );
}

import assert from 'node:assert/strict';
import { csvRows, ndjsonRows, rowBatches, type StreamedRow } from '../../../lib/collections/row-stream';
import type { Row } from '../../../lib/collections/types';
import { ModelManagementError } from '../../../lib/errors';

/** Gives the same text again and again, and tells how often. */
function repeated(text: string, count = Number.POSITIVE_INFINITY, head = '') {
  const given = { count: 0 };
  async function* chunks(): AsyncGenerator<Buffer, void, undefined> {
    yield Buffer.from(head);
    for (const chunk = Buffer.from(text); given.count < count; given.count += 1) yield chunk;
  }
  return { given, chunks: chunks() };
}

async function rowsOf(streamed: AsyncIterable<StreamedRow>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const { row } of streamed) rows.push(row);
  return rows;
}

const isRefused = (message: RegExp) => (error: unknown) => {
  assert.ok(ModelManagementError.is(error) && error.code === 'INVALID_INPUT', String(error));
  assert.match(error.message, message);
  return true;
};

const MEGABYTE = 1_048_576;

describe('rows of a stream', () => {
  const texts: readonly { readonly name: string; readonly text: string; readonly rows: readonly Row[] }[] = [
    {
      name: 'are typed by what the column holds',
      text: 'a,b\n1,x\n2,y\n',
      rows: [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    },
    { name: 'end without a line break too', text: 'a;b\r\n1;x', rows: [{ a: 1, b: 'x' }] },
    { name: 'keep what stands in quotes', text: '\uFEFFa,b\n"x,""y""\nz",\n', rows: [{ a: 'x,"y"\nz', b: null }] },
  ];
  for (const { name, text, rows } of texts) {
    it(name, async () => {
      for (const size of [1, 3, 1_000]) {
        const bytes = Buffer.from(text);
        const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        assert.deepEqual(await rowsOf(csvRows(toStream(parts), [])), rows, `in parts of ${size} bytes`);
      }
    });
  }

  it('GIVEN_record_of_more_fields_than_a_table_has_columns_WHEN_read_THEN_refused_at_once', async () => {
    const { chunks, given } = repeated(','.repeat(MEGABYTE));
    await assert.rejects(rowsOf(csvRows(chunks, [])), isRefused(/^Line 1 has more than 502 fields/));
    assert.ok(given.count <= 1, `${given.count} MiB were read`);
  });

  it('GIVEN_record_of_many_fields_that_is_too_long_WHEN_read_THEN_refused_before_its_end', async () => {
    const { chunks, given } = repeated(`${'x'.repeat(MEGABYTE - 1)},`);
    await assert.rejects(rowsOf(csvRows(chunks, [])), isRefused(/^Line 1 is longer than 4194304 characters/));
    assert.ok(given.count <= 5, `${given.count} MiB were read`);
  });

  it('GIVEN_quoted_field_without_end_WHEN_read_THEN_refused', async () => {
    const { chunks, given } = repeated('x\n'.repeat(MEGABYTE / 2), Number.POSITIVE_INFINITY, 'a\n"');
    await assert.rejects(rowsOf(csvRows(chunks, [])), isRefused(/^Line 2 is longer than/));
    assert.ok(given.count <= 5, `${given.count} MiB were read`);
  });

  it('GIVEN_line_of_json_without_end_WHEN_read_THEN_refused', async () => {
    const { chunks, given } = repeated('['.repeat(MEGABYTE));
    await assert.rejects(rowsOf(ndjsonRows(chunks)), isRefused(/^Line 1 is longer than 4194304 characters/));
    assert.ok(given.count <= 5, `${given.count} MiB were read`);
  });

  it('go on behind lines that are left out', async () => {
    const { chunks } = repeated(`${'x'.repeat(5 * MEGABYTE)}\n{"a":1}\nnone\n{"a":2}\n`, 2);
    const refused: string[] = [];
    const found: unknown[] = [];
    for await (const { row } of ndjsonRows(chunks, ({ message }) => refused.push(message))) found.push(row);
    assert.deepEqual(found, [{ a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }]);
    assert.deepEqual(refused, [
      'Line 1 is longer than 4194304 characters.',
      'line 3 is not JSON.',
      'Line 5 is longer than 4194304 characters.',
      'line 7 is not JSON.',
    ]);
  });

  it('come some hundred at a time', async () => {
    const { chunks } = repeated('{"a":1}\n', 1_200);
    const sizes: number[] = [];
    for await (const batch of rowBatches(ndjsonRows(chunks))) sizes.push(batch.length);
    assert.deepEqual(sizes, [500, 500, 200]);
  });

  for (const format of ['csv', 'ndjson'] as const) {
    it(`come a few at a time when they are long, as ${format}`, async () => {
      const value = 'y'.repeat(3 * MEGABYTE);
      const { chunks, given } = repeated(format === 'csv' ? `${value}\n` : `{"v":"${value}"}\n`, 8);
      const rows = format === 'csv' ? csvRows(chunks, []) : ndjsonRows(chunks);
      let count = 0;
      for await (const batch of rowBatches(rows)) {
        count += batch.length;
        assert.ok(batch.length <= 2, `${batch.length} rows`);
        assert.ok(given.count - count <= 3, `${given.count} rows were read for ${count}`);
      }
      assert.equal(count, format === 'csv' ? 7 : 8);
    });
  }
});

async function* toStream(parts: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* parts;
}

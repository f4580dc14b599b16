import assert from 'node:assert/strict';
import { join } from 'node:path';
import { JsonArrayFile } from '../../../lib/collections/child/json-array-file';
import { linesOf } from '../../../lib/edges/agent/rows/row-forwarder';
import { temporaryFolder } from '../../support/temporary-folder';

describe('rows as lines', () => {
  const cases: readonly [what: string, rows: readonly object[]][] = [
    ['one', [{ a: 1 }]],
    ['some', [{ a: 1 }, { a: 'x,' }, { a: [1, 2] }]],
    ['with line breaks of Unicode in a text', [{ a: 'one\u2028two\u2029three\u0085four\r\nfive' }, { b: 2 }]],
    ['longer than what is read at once', [{ a: 'x'.repeat(200_000) }, { a: 'é'.repeat(100_000) }, { a: 1 }]],
  ];
  for (const [what, rows] of cases) {
    it(`${what} come one on each line`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'rows.json');
      const file = new JsonArrayFile(path, 10_000_000);
      for (const row of rows) file.add(JSON.stringify(row));
      file.finish();
      file.close();
      const lines: Buffer[] = [];
      for await (const line of linesOf(path)) lines.push(line);
      assert.equal(Buffer.concat(lines).toString(), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    });
  }
});

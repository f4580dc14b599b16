import assert from 'node:assert/strict';
import { join } from 'node:path';
import { EdgeRowsDocument } from '../../../lib/edges/agent/rows/edge-rows-document';
import { RowForwarder } from '../../../lib/edges/agent/rows/row-forwarder';
import type { OfferedRows } from '../../../lib/edges/protocol/row-documents';
import { silentLog } from '../../../lib/log';
import { openBlobStore, openDocumentStore } from '../../../lib/store';
import { CollectionsLab } from '../../support/collections-lab';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const MEGABYTE = 1_048_576;

describe('batches of rows for the hub', function () {
  this.timeout(60_000);

  it('have 32 MiB at most, and the next one begins with the row behind', async () => {
    await using folder = await temporaryFolder();
    await using lab = await CollectionsLab.open();
    await lab.collections.create({ name: 'images' });
    const image = 'x'.repeat(MEGABYTE);
    for (let n = 0; n < 40; n += 1) await lab.collections.insert('images', { n, image });
    const rows = new RowForwarder({
      documents: await openDocumentStore({
        path: folder.path,
        name: 'rows',
        log: silentLog,
        parse: (raw) => EdgeRowsDocument.parse(raw),
      }),
      blobs: await openBlobStore({ path: join(folder.path, 'blobs'), tempPath: folder.path, log: silentLog }),
      collections: lab.collections,
      tempPath: folder.path,
      forward: ['images'],
      log: silentLog,
    });
    rows.start(() => undefined);
    const offered = (): Promise<OfferedRows> => waitFor(() => rows.reportable().rows?.[0], { what: 'a batch' });
    const first = await offered();
    assert.ok(first.sizeBytes <= 32 * MEGABYTE && first.sizeBytes > 30 * MEGABYTE, JSON.stringify(first));
    await rows.taken({ type: 'rows-taken', collection: 'images', digest: first.digest });
    const second = await offered();
    assert.equal(first.rows + second.rows, 40);
    await rows.stop();
  });
});

import assert from 'node:assert/strict';
import type { AdminClient } from '../../support/admin-client';
import { dataFolderFiles } from '../../support/data-folder-files';
import type { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { openUpload, write } from '../../support/open-upload';
import { UploadLab } from '../../support/upload-lab';
import { waitFor } from '../../support/wait-for';

const model = (constant: number): Buffer => buildModel(addModel(constant));

describe('uploads over HTTP', function () {
  this.timeout(120_000);
  let lab: UploadLab;
  let nodeRed: NodeRed;
  let api: AdminClient;
  const nextModel = (): Buffer => lab.nextModel();

  before(async () => {
    lab = await UploadLab.start();
    ({ nodeRed, api } = lab);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  describe('that break off', () => {
    const bytes = model(-3);
    const cuts: readonly (readonly [string, Record<string, string | number>, readonly (Buffer | string)[]])[] = [
      ['after the head', { 'content-length': bytes.length }, []],
      ['after the first byte', { 'content-length': bytes.length }, [bytes.subarray(0, 1)]],
      ['in the middle', { 'content-length': bytes.length }, [bytes.subarray(0, 60), bytes.subarray(60, 90)]],
      ['before the last byte', { 'content-length': bytes.length }, [bytes.subarray(0, -1)]],
      ['within a chunk', { 'transfer-encoding': 'chunked' }, ['ff\r\n', bytes.subarray(0, 20)]],
      [
        'after all bytes, before the last chunk',
        { 'transfer-encoding': 'chunked' },
        [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n'],
      ],
      ['with a chunk that is none', { 'transfer-encoding': 'chunked' }, ['zz\r\n']],
      ['in the head of an archive', { 'content-type': 'application/x-tar', 'content-length': 9_999 }, [bytes]],
    ];
    for (const [where, headers, parts] of cuts) {
      it(`GIVEN_an_upload_WHEN_the_client_goes_${where.replaceAll(/\W+/g, '_')}_THEN_nothing_is_left`, async () => {
        const before = await dataFolderFiles(nodeRed);
        const count = await lab.versionCount('plus');
        const socket = await openUpload(nodeRed, 'models/plus/versions', headers);
        for (const part of parts) await write(socket, part);
        const isTaken = headers['content-type'] === undefined && parts.length > 0;
        if (isTaken && parts[0] !== 'zz\r\n') {
          await waitFor(async () => (await dataFolderFiles(nodeRed)).unfinished.length > 0, {
            what: 'the upload to begin',
          });
        }
        socket.destroy();
        await lab.untilNothingIsUnfinished();
        assert.deepEqual((await dataFolderFiles(nodeRed)).blobs, before.blobs);
        assert.equal(await lab.versionCount('plus'), count);
        const freed = await api.ok(200, 'POST', 'garbage-collection?dryRun=true');
        assert.deepEqual(freed, { count: 0, bytes: 0 });
      });
    }

    it('GIVEN_whole_uploads_WHEN_their_clients_do_not_wait_for_the_answer_THEN_each_is_a_version_or_nothing', async () => {
      const before = await dataFolderFiles(nodeRed);
      const count = await lab.versionCount('plus');
      for (let upload = 0; upload < 4; upload += 1) {
        const whole = nextModel();
        const socket = await openUpload(nodeRed, 'models/plus/versions', { 'content-length': whole.length });
        await write(socket, whole);
        socket.destroy();
      }
      // One more takes its turn behind them.
      await api.ok(201, 'POST', 'models/plus/versions', nextModel());
      await lab.untilNothingIsUnfinished();
      await waitFor(
        async () =>
          (await dataFolderFiles(nodeRed)).blobs.length - before.blobs.length ===
          (await lab.versionCount('plus')) - count,
        { what: 'as many files as versions' },
      );
    });
  });
});

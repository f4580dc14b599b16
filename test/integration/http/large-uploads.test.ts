import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Version } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { dataFolderFiles } from '../../support/data-folder-files';
import { type LargeModel, largeModel } from '../../support/large-model';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { openUpload, write } from '../../support/open-upload';
import { peakMemoryBytes } from '../../support/process-memory';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const weightBytes = 300 * 1_048_576;
/** Far below the file, far above what Node's buffers and the collector need. */
const memoryGrowthLimitBytes = 100 * 1_048_576;

async function digestOf(model: LargeModel): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of model.chunks()) hash.update(chunk);
  return hash.digest('base64');
}

/** Reads an answer without keeping it. */
async function measure(url: URL): Promise<{ readonly sizeBytes: number; readonly digest: string }> {
  const response = await fetch(url);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const sink = new WritableStream<Uint8Array>({
    write: (chunk) => {
      hash.update(chunk);
      sizeBytes += chunk.length;
    },
  });
  await response.body?.pipeTo(sink);
  return { sizeBytes, digest: hash.digest('base64') };
}

describe('large uploads over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;

  before(async () => {
    nodeRed = await NodeRed.start();
    api = new AdminClient(nodeRed);
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('a model of 300 MB comes in and goes out as a stream: Node-RED holds only a small part of it at a time', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the memory figures of Linux');
    const model = largeModel(weightBytes);
    const digest = await digestOf(model);
    await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    const before = peakMemoryBytes(nodeRed.pid);
    const path = 'models/plus/versions?description=large';
    const { version, sizeBytes } = await api.ok<Version>(201, 'POST', path, model.chunks(), {
      digest: `sha-256=${digest}`,
    });
    assert.deepEqual([version, sizeBytes], [2, model.sizeBytes]);
    const base = new URL('model-management/models/plus/versions/2/', nodeRed.url);
    assert.deepEqual(await measure(new URL('file', base)), { sizeBytes: model.sizeBytes, digest });
    assert.ok((await measure(new URL('export', base))).sizeBytes > model.sizeBytes);
    const grownBytes = peakMemoryBytes(nodeRed.pid) - before;
    assert.ok(grownBytes < memoryGrowthLimitBytes, `Node-RED grew by ${grownBytes} bytes`);
  });

  it('a model of 300 MB with a ZipMap is changed as a stream', async function () {
    requireOrSkip(this, process.platform === 'linux', 'the memory figures of Linux');
    const model = largeModel(weightBytes, ['a', 'b', 'c', 'd']);
    await api.ok(201, 'POST', 'models/zipped/versions?create=true', buildModel(addModel(1)));
    const before = peakMemoryBytes(nodeRed.pid);
    const version = await api.ok<Version>(201, 'POST', 'models/zipped/versions', model.chunks(), {
      digest: `sha-256=${await digestOf(model)}`,
    });
    assert.deepEqual([version.labels, version.original?.sizeBytes], [['a', 'b', 'c', 'd'], model.sizeBytes]);
    const grownBytes = peakMemoryBytes(nodeRed.pid) - before;
    assert.ok(grownBytes < memoryGrowthLimitBytes, `Node-RED grew by ${grownBytes} bytes`);
    const body = { payload: [1, 4, 2, 3], format: 'label' };
    const answer = await api.ok<{ payload: unknown }>(200, 'POST', 'models/zipped/versions/2/infer', body);
    assert.deepEqual(answer.payload, { label: 'b', score: 4 });
  });

  it('GIVEN_an_upload_WHEN_Node-RED_is_killed_in_the_middle_THEN_a_restart_finds_no_half_version_and_goes_on_counting', async () => {
    await api.ok(201, 'POST', 'models/killed/versions?create=true', buildModel(addModel(1)));
    const before = (await dataFolderFiles(nodeRed)).blobs;
    const socket = await openUpload(nodeRed, 'models/killed/versions', { 'content-length': 50_000_000 });
    await write(socket, Buffer.alloc(2_000_000));
    await waitFor(async () => (await dataFolderFiles(nodeRed)).unfinishedBytes > 1_000_000, {
      what: 'the upload to be on the disk',
    });
    await nodeRed.restart('SIGKILL');
    socket.destroy();
    const { total } = await api.ok<{ total: number }>(200, 'GET', 'models/killed/versions');
    assert.equal(total, 1);
    const after = await dataFolderFiles(nodeRed);
    assert.deepEqual([after.unfinished, after.blobs], [[], before]);
    assert.deepEqual(await api.ok(200, 'POST', 'garbage-collection?dryRun=true'), { count: 0, bytes: 0 });
    const next = await api.ok<Version>(201, 'POST', 'models/killed/versions', buildModel(addModel(2)));
    assert.equal(next.version, 2);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { extract } from 'tar-stream';
import type { Version } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { type ArchiveSpec, buildArchive } from '../../support/archive';
import { dataFolderFiles } from '../../support/data-folder-files';
import { largeModel } from '../../support/large-model';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel, identityModel } from '../../support/onnx-models';

const facts = {
  metrics: { accuracy: 0.97, f1: 1e-9 },
  labels: ['a', 'b', 'c', 'ü "quoted"'],
  features: ['f1', 'f2', 'f3', 'f4'],
  description: 'two lines\nand a tab\t',
  tags: { site: 'plant 3', 'a.b': '' },
};
const tar = { 'content-type': 'application/x-tar' };

async function namesIn(archive: Buffer): Promise<readonly string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

/** What two versions made of the same archive have in common. */
function content({ version, createdAt, createdBy, model, aliases, ...rest }: Version): unknown {
  assert.ok(version && createdAt && model && Array.isArray(aliases) && createdBy === null);
  return rest;
}

describe('downloads over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const bytes = buildModel(addModel(7));
  let etag: string;

  before(async () => {
    nodeRed = await NodeRed.start();
    api = new AdminClient(nodeRed);
    const { digest } = await api.ok<Version>(201, 'POST', 'models/plus/versions?create=true', bytes);
    etag = `"${digest}"`;
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  describe('of a model file', () => {
    const path = 'models/plus/versions/deployed/file';

    it('gives the bytes that came in, with name, type, length and ETag', async () => {
      for (const ref of ['1', 'deployed', 'latest']) {
        const answer = await api.send('GET', `models/PLUS/versions/${ref}/file`);
        assert.deepEqual(answer.bytes, bytes);
        const { 'content-type': type, 'content-length': length, 'content-disposition': disposition } = answer.headers;
        assert.deepEqual(
          [answer.status, type, length, disposition, answer.headers.etag, answer.headers['accept-ranges']],
          [200, 'application/octet-stream', String(bytes.length), 'attachment; filename="plus-1.onnx"', etag, 'bytes'],
        );
      }
    });

    for (const [what, headers, status] of [
      ['the ETag itself', () => ({ 'if-none-match': etag }), 304],
      ['the ETag as weak', () => ({ 'if-none-match': `W/${etag}` }), 304],
      ['one of several', () => ({ 'if-none-match': `"other", ${etag}` }), 304],
      ['any', () => ({ 'if-none-match': '*' }), 304],
      ['another', () => ({ 'if-none-match': '"other"' }), 200],
      ['an If-Match that holds', () => ({ 'if-match': etag }), 200],
    ] as const) {
      it(`answers ${status} to ${what}`, async () => {
        const answer = await api.send('GET', path, undefined, headers());
        assert.deepEqual([answer.status, answer.bytes.length], [status, status === 304 ? 0 : bytes.length]);
        assert.equal(answer.headers.etag, etag);
      });
    }

    it('refuses an If-Match that does not hold', () =>
      api.refused(412, 'PRECONDITION_FAILED', 'GET', path, undefined, { 'if-match': '"other"' }));

    for (const [range, from, to] of [
      ['bytes=0-9', 0, 10],
      ['bytes=10-', 10, bytes.length],
      ['bytes=-5', bytes.length - 5, bytes.length],
      ['bytes=5-99999', 5, bytes.length],
    ] as const) {
      it(`gives the range ${range}`, async () => {
        const answer = await api.send('GET', path, undefined, { range });
        assert.equal(answer.status, 206);
        assert.deepEqual(answer.bytes, bytes.subarray(from, to));
        assert.equal(answer.headers['content-range'], `bytes ${from}-${to - 1}/${bytes.length}`);
      });
    }

    for (const range of ['bytes=99999-', 'bytes=99999-100000', 'bytes=-0', 'bytes=a-b']) {
      it(`refuses the range ${range}, and tells the length`, async () => {
        await api.refused(416, 'RANGE_NOT_SATISFIABLE', 'GET', path, undefined, { range });
        const answer = await api.send('GET', path, undefined, { range });
        assert.equal(answer.headers['content-range'], `bytes */${bytes.length}`);
        assert.equal(answer.headers['content-disposition'], undefined);
      });
    }

    for (const headers of [{ range: 'lines=1-2' }, { range: 'bytes=0-1', 'if-range': '"other"' }]) {
      it(`gives the whole for ${JSON.stringify(headers)}`, async () => {
        const answer = await api.send('GET', path, undefined, headers);
        assert.deepEqual([answer.status, answer.bytes.length], [200, bytes.length]);
      });
    }

    it('goes on where a download broke off', async () => {
      const answer = await api.send('GET', path, undefined, { range: 'bytes=20-', 'if-range': etag });
      assert.deepEqual([answer.status, answer.bytes], [206, bytes.subarray(20)]);
    });
  });

  describe('of an export', () => {
    const archive: ArchiveSpec = [
      ['version.json', JSON.stringify(facts)],
      ['model.onnx', buildModel(addModel(3))],
      // Its output is the input of the model.
      ['preprocessing.onnx', preprocessing()],
      ['additional_output/notes.txt', 'some text'],
      ['additional_output/plots/loss.svg', '<svg/>'],
    ];
    let origin: Version;
    let exported: Buffer;

    before(async () => {
      origin = await api.ok<Version>(
        201,
        'POST',
        'models/whole/versions?create=true',
        await buildArchive(archive),
        tar,
      );
      const answer = await api.send('GET', 'models/whole/versions/1/export');
      assert.deepEqual(
        [answer.status, answer.headers['content-type'], answer.headers['content-disposition']],
        [200, 'application/x-tar', 'attachment; filename="whole-1.tar"'],
      );
      exported = answer.bytes;
    });

    it('holds all that came in', async () => {
      assert.deepEqual([...(await namesIn(exported))].sort(), archive.map(([name]) => name).sort());
      const { metrics, labels, features, description, tags, additionalOutputs, preprocessing: first } = origin;
      assert.deepEqual({ metrics, labels, features, description, tags }, facts);
      assert.deepEqual(
        additionalOutputs.map(({ path, sizeBytes }) => [path, sizeBytes]),
        [
          ['notes.txt', 9],
          ['plots/loss.svg', 6],
        ],
      );
      assert.deepEqual(first?.signature.inputs[0]?.name, 'raw');
    });

    it('is taken back to an equal version, here under another name and on another Node-RED', async () => {
      const here = await api.ok<Version>(201, 'POST', 'models/copy/versions?create=true', exported, tar);
      assert.deepEqual(content(here), content(origin));
      await using other = await NodeRed.start();
      const there = new AdminClient(other);
      const copy = await there.ok<Version>(201, 'POST', 'models/whole/versions?create=true', exported, tar);
      assert.deepEqual(content(copy), content(origin));
      assert.deepEqual(copy.aliases, ['deployed']);
      const again = await there.send('GET', 'models/whole/versions/latest/export');
      assert.deepEqual(await namesIn(again.bytes), await namesIn(exported));
      const body = { payload: { raw: [[1, 2, 3, 4]] } };
      const run = (client: AdminClient) =>
        client.ok<{ payload: unknown }>(200, 'POST', 'models/whole/versions/1/infer', body);
      assert.deepEqual((await run(there)).payload, (await run(api)).payload);
    });

    it('is a duplicate where it came from', () =>
      api.refused(409, 'DUPLICATE_VERSION', 'POST', 'models/whole/versions', exported, tar));

    it('keeps what was changed since', async () => {
      await api.ok(200, 'PATCH', 'models/copy/versions/1', { metrics: { accuracy: 1 }, labels: null });
      const { bytes: changed } = await api.send('GET', 'models/copy/versions/1/export');
      const path = 'models/third/versions?create=true&description=of%20the%20query';
      const third = await api.ok<Version>(201, 'POST', path, changed, tar);
      assert.deepEqual([third.metrics, third.labels, third.description], [{ accuracy: 1 }, undefined, 'of the query']);
      assert.deepEqual(third.features, facts.features);
    });
  });

  it('GIVEN_a_client_WHEN_it_goes_away_amid_an_export_THEN_that_is_no_failure_of_ours', async () => {
    const large = largeModel(64 * 1_048_576);
    await api.ok(201, 'POST', 'models/large/versions?create=true', large.chunks());
    const request = get(`${nodeRed.url}model-management/models/large/versions/1/export`);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await once(answer, 'data');
    answer.destroy();
    // Requests that come later than the end of that connection are answered later.
    for (let count = 0; count < 5; count++) await api.ok(200, 'GET', 'models');
    assert.doesNotMatch(nodeRed.log, /request failed|Premature close|AbortError/);
  });

  it('GIVEN_a_file_that_is_gone_from_the_disk_WHEN_it_is_downloaded_THEN_the_answer_says_so_before_any_byte', async () => {
    const before = (await dataFolderFiles(nodeRed)).blobs;
    await api.ok(201, 'POST', 'models/gone/versions?create=true', buildModel(identityModel()));
    const path = (await dataFolderFiles(nodeRed)).blobs.find((blob) => !before.includes(blob));
    assert.ok(path);
    await rename(path, `${path}.away`);
    for (const what of ['file', 'export']) {
      await api.refused(503, 'STORAGE_CORRUPT', 'GET', `models/gone/versions/1/${what}`);
      const { headers } = await api.send('GET', `models/gone/versions/1/${what}`);
      assert.equal(headers['content-disposition'], undefined);
    }
    await rename(`${path}.away`, path);
    assert.equal((await api.send('GET', 'models/gone/versions/1/export')).status, 200);
  });
});

function preprocessing(): Buffer {
  return buildModel({
    nodes: [{ op: 'Neg', inputs: ['raw'], outputs: ['x'] }],
    inputs: [{ name: 'raw', type: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'x', type: 'float32', shape: ['N', 4] }],
  });
}

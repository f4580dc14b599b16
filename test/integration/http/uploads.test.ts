import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { Model, Version } from '../../../lib/registry/types';
import type { AdminClient } from '../../support/admin-client';
import { buildArchive } from '../../support/archive';
import { dataFolderFiles } from '../../support/data-folder-files';
import type { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { openUpload, write } from '../../support/open-upload';
import { UploadLab } from '../../support/upload-lab';
import { waitFor } from '../../support/wait-for';

const maxModelSizeBytes = 1_000_000;
const model = (constant: number): Buffer => buildModel(addModel(constant));
const sha256 = (bytes: Buffer, form: 'base64' | 'hex' = 'base64'): string =>
  createHash('sha256').update(bytes).digest(form);

async function* inPieces(bytes: Buffer, sizeBytes = 64): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

describe('uploads over HTTP', function () {
  this.timeout(120_000);
  let lab: UploadLab;
  let nodeRed: NodeRed;
  let api: AdminClient;
  const nextModel = (): Buffer => lab.nextModel();

  before(async () => {
    lab = await UploadLab.start({ modelManagement: { maxModelSizeBytes } });
    ({ nodeRed, api } = lab);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  describe('that are good', () => {
    it('the first version gets deployed, the next only what it asks for', async () => {
      const bytes = nextModel();
      const first = await api.ok<Version>(201, 'POST', 'models/first/versions?create=true&description=a%20b', bytes);
      const { version, aliases, description, digest, sizeBytes, source, createdBy } = first;
      assert.deepEqual(
        { version, aliases, description, digest, sizeBytes, source, createdBy },
        {
          version: 1,
          aliases: ['deployed'],
          description: 'a b',
          digest: `sha256:${sha256(bytes, 'hex')}`,
          sizeBytes: bytes.length,
          source: 'upload',
          createdBy: null,
        },
      );
      const path = 'models/first/versions?alias=canary&alias=champion&alias=canary';
      const second = await api.ok<Version>(201, 'POST', path, nextModel());
      assert.deepEqual([second.version, second.aliases], [2, ['canary', 'champion']]);
      assert.deepEqual((await api.ok<Model>(200, 'GET', 'models/first')).aliases, {
        canary: 2,
        champion: 2,
        deployed: 1,
      });
    });

    for (const type of [
      'application/octet-stream',
      'application/octet-stream; charset=binary',
      'APPLICATION/Octet-Stream ;x=y',
    ]) {
      it(`as ${type}, with and without a length`, async () => {
        await api.ok(201, 'POST', 'models/plus/versions', nextModel(), { 'content-type': type });
        await api.ok(201, 'POST', 'models/plus/versions', inPieces(nextModel()), { 'content-type': type });
      });
    }

    it('whose client waits for 100 Continue', async () => {
      const bytes = nextModel();
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const outgoing = request(new URL('model-management/models/plus/versions', nodeRed.url), {
          method: 'POST',
          headers: {
            'x-model-management': '1',
            'content-type': 'application/octet-stream',
            'content-length': bytes.length,
            expect: '100-continue',
          },
        });
        outgoing.on('continue', () => outgoing.end(bytes));
        outgoing.on('response', (incoming) => resolve(incoming.resume().statusCode));
        outgoing.on('error', reject);
        outgoing.flushHeaders();
      });
      assert.equal(status, 201);
    });

    it('that come at the same time get numbers of their own', async () => {
      const versions = await Promise.all(
        Array.from({ length: 6 }, () =>
          api.ok<Version>(201, 'POST', 'models/busy/versions?create=true', inPieces(nextModel())),
        ),
      );
      assert.deepEqual(versions.map(({ version }) => version).sort(), [1, 2, 3, 4, 5, 6]);
      const { aliases } = await api.ok<Model>(200, 'GET', 'models/busy');
      assert.deepEqual(aliases, { deployed: 1 });
    });
  });

  describe('of the same file', () => {
    it('are refused with the version that has it, unless that is wanted', async () => {
      const bytes = nextModel();
      const { version } = await api.ok<Version>(201, 'POST', 'models/plus/versions', bytes);
      const error = await api.refused(409, 'DUPLICATE_VERSION', 'POST', 'models/plus/versions', bytes);
      assert.equal(error.details?.['version'], version);
      await api.refused(409, 'DUPLICATE_VERSION', 'POST', 'models/plus/versions?allowDuplicate=false', bytes);
      const again = await api.ok<Version>(201, 'POST', 'models/plus/versions?allowDuplicate=true', bytes);
      assert.equal(again.version, version + 1);
      await api.ok(201, 'POST', 'models/other/versions?create=true', bytes);
    });

    it('at the same time give one version', async () => {
      const bytes = nextModel();
      const before = await lab.versionCount('plus');
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => api.send('POST', 'models/plus/versions', inPieces(bytes))),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
      assert.equal(await lab.versionCount('plus'), before + 1);
    });
  });

  describe('with a Digest header', () => {
    it('are taken when it is right, beside other algorithms and in any case', async () => {
      for (const digest of [
        (bytes: Buffer) => `sha-256=${sha256(bytes)}`,
        (bytes: Buffer) => `SHA-256=${sha256(bytes)}`,
        (bytes: Buffer) => `md5=AAAA, sha-256=${sha256(bytes)},unixsum=1`,
        () => 'md5=HUXZLQLMuI/KZ5KDcJPcOA==',
      ]) {
        const bytes = nextModel();
        await api.ok(201, 'POST', 'models/plus/versions', bytes, { digest: digest(bytes) });
      }
    });

    it('of other bytes are refused and leave nothing', async () => {
      const before = await dataFolderFiles(nodeRed);
      for (const bytes of [nextModel(), inPieces(nextModel())]) {
        const digest = `sha-256=${sha256(Buffer.from('other'))}`;
        await api.refused(400, 'DIGEST_MISMATCH', 'POST', 'models/plus/versions', bytes, { digest });
      }
      assert.deepEqual(await dataFolderFiles(nodeRed), before);
    });

    for (const [what, digest] of [
      ['nothing', 'sha-256='],
      ['no value', 'sha-256'],
      ['hex', `sha-256=${sha256(Buffer.from('x'), 'hex')}`],
      ['too few bytes', 'sha-256=AAAA'],
      ['no base64', 'sha-256=~~~~'],
    ] as const) {
      it(`that holds ${what} are refused before the file is read`, async () => {
        const bytes = nextModel();
        const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/versions', bytes, { digest });
        assert.equal(error.details?.['field'], 'Digest');
      });
    }
  });

  describe('that are refused', () => {
    for (const [what, headers] of [
      ['no Content-Type', { 'content-type': '' }],
      ['text', { 'content-type': 'text/plain' }],
      ['a form', { 'content-type': 'multipart/form-data; boundary=x' }],
      ['a form of the other kind', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['gzip', { 'content-type': 'application/gzip' }],
    ] as const) {
      it(`for a body that is ${what}`, async () => {
        const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/versions', nextModel(), headers);
        assert.equal(error.details?.['field'], 'Content-Type');
      });
    }

    it('for a JSON body, whose parser comes before us', async () => {
      const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/versions', { model: 'base64' });
      assert.equal(error.details?.['field'], 'Content-Type');
    });

    for (const [what, bytes, stage] of [
      ['nothing', Buffer.alloc(0), 'checked'],
      ['text', Buffer.from('not a model'), 'checked'],
      ['zeros', Buffer.alloc(5_000), 'checked'],
      ['random bytes', createHash('sha512').update('seed').digest(), 'checked'],
      ['half a model', model(-1).subarray(0, 90), 'checked'],
      ['a tar by the wrong name', Buffer.concat([Buffer.from('model.onnx'), Buffer.alloc(1_014)]), 'checked'],
      [
        'a model with an unknown operator',
        buildModel({ ...addModel(1), nodes: [{ op: 'NoSuchOp', inputs: ['x'], outputs: ['y'] }] }),
        'test-loaded',
      ],
    ] as const) {
      it(`for ${what}, with the stage, leaving nothing and making no model`, async () => {
        const before = await dataFolderFiles(nodeRed);
        const path = 'models/never/versions?create=true';
        const error = await api.refused(422, 'INVALID_MODEL', 'POST', path, bytes);
        assert.equal(error.details?.['stage'], stage, error.message);
        await api.refused(404, 'MODEL_NOT_FOUND', 'GET', 'models/never');
        assert.deepEqual(await dataFolderFiles(nodeRed), before);
      });
    }

    for (const [query, field] of [
      ['create=maybe', 'create'],
      ['create=true&create=true', 'create'],
      ['allowDuplicate=1', 'allowDuplicate'],
      ['description=a&description=b', 'description'],
      [`description=${'x'.repeat(10_001)}`, 'description'],
      ['alias=latest', 'alias'],
      ['alias=Deployed', 'alias'],
      ['alias=3', 'alias'],
      ['alias=', 'alias'],
      ['alias=%00', 'alias'],
      ['alias[a]=b', 'alias'],
      [`alias=${'x'.repeat(64)}`, 'alias'],
    ] as const) {
      it(`for ?${query.slice(0, 40)}`, async () => {
        const path = `models/plus/versions?${query}`;
        const error = await api.refused(400, 'INVALID_INPUT', 'POST', path, nextModel());
        assert.equal(error.details?.['field'], field);
      });
    }

    it('for a model that does not exist, unless it shall be made', async () => {
      await api.refused(404, 'MODEL_NOT_FOUND', 'POST', 'models/none/versions', nextModel());
      await api.refused(404, 'MODEL_NOT_FOUND', 'POST', 'models/none/versions?create=false', nextModel());
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/-none/versions?create=true', nextModel());
    });

    for (const [what, archive] of [
      ['is none', () => Promise.resolve(Buffer.from('not a tar'))],
      ['is cut', async () => (await buildArchive([['model.onnx', model(-2)]])).subarray(0, 600)],
      ['holds no model', () => buildArchive([['version.json', '{}']])],
      [
        'leads out of its folder',
        () =>
          buildArchive([
            ['model.onnx', model(-2)],
            ['additional_output/../../x', 'x'],
          ]),
      ],
      ['holds a link', () => buildArchive([[{ name: 'model.onnx', type: 'symlink', linkname: '/etc/passwd' }]])],
      [
        'holds wrong facts',
        () =>
          buildArchive([
            ['model.onnx', model(-2)],
            ['version.json', '{"metrics":[]}'],
          ]),
      ],
      [
        'holds what has no place',
        () =>
          buildArchive([
            ['model.onnx', model(-2)],
            ['setup.py', 'x'],
          ]),
      ],
    ] as const) {
      it(`for an archive that ${what}`, async () => {
        const before = await dataFolderFiles(nodeRed);
        const headers = { 'content-type': 'application/x-tar' };
        await api.refused(422, 'INVALID_MODEL', 'POST', 'models/plus/versions', await archive(), headers);
        assert.deepEqual(await dataFolderFiles(nodeRed), before);
      });
    }
  });

  describe('over the limit', () => {
    const tooLarge = Buffer.alloc(maxModelSizeBytes * 8);

    it('are told so, with a length and without', async () => {
      for (const body of [
        tooLarge,
        inPieces(tooLarge, 65_536),
        inPieces(tooLarge.subarray(0, maxModelSizeBytes + 1)),
      ]) {
        for (const type of ['application/octet-stream', 'application/x-tar']) {
          if (!Buffer.isBuffer(body) && type === 'application/x-tar') continue;
          const headers = { 'content-type': type };
          const error = await api.refused(413, 'MODEL_TOO_LARGE', 'POST', 'models/plus/versions', body, headers);
          assert.equal(error.details?.['maxBytes'], maxModelSizeBytes);
          assert.match(error.hint, /maxModelSizeBytes/);
        }
      }
      await lab.untilNothingIsUnfinished();
    });

    it('are refused by their length alone, before the body comes', async () => {
      const socket = await openUpload(nodeRed, 'models/plus/versions', { 'content-length': maxModelSizeBytes + 1 });
      try {
        let answer = '';
        socket.on('data', (data) => {
          answer += data.toString();
        });
        await waitFor(() => /^HTTP\/1\.1 413 .*MODEL_TOO_LARGE/s.test(answer), { what: () => `a 413, not ${answer}` });
      } finally {
        socket.destroy();
      }
    });

    for (const [type, refusal] of [
      ['application/octet-stream', /^HTTP\/1\.1 413 .*MODEL_TOO_LARGE/s],
      ['application/x-tar', /^HTTP\/1\.1 422 .*INVALID_MODEL/s],
      ['application/json', /^HTTP\/1\.1 413 .*PAYLOAD_TOO_LARGE/s],
    ] as const) {
      it(`show their answer to a client that reads only when all of its ${type} is sent`, async () => {
        const socket = await openUpload(nodeRed, 'models/plus/versions', {
          'content-type': type,
          'transfer-encoding': 'chunked',
        });
        try {
          // More than the buffers of both ends hold.
          for (let sent = 0; sent < 40; sent += 1) {
            await write(socket, '100000\r\n');
            await write(socket, Buffer.alloc(0x100000, 1));
            await write(socket, '\r\n');
          }
          await write(socket, '0\r\n\r\n');
          let answer = '';
          socket.on('data', (data) => {
            answer += data.toString();
          });
          await waitFor(() => refusal.test(answer), { what: () => `a refusal, not ${answer}` });
        } finally {
          socket.destroy();
        }
      });
    }

    it('show their answer to a browser too', async () => {
      const { status, body } = await nodeRed.api<{ error: { code: string } }>(
        'POST',
        'models/plus/versions',
        new Uint8Array(tooLarge),
      );
      assert.deepEqual([status, body.error.code], [413, 'MODEL_TOO_LARGE']);
    });
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { publisherDefaults } from '../../../lib/edges/artifacts/publisher';
import { parseSettings } from '../../../plugins/model-management/runtime/settings';

const userDir = resolve('/srv/node-red');
const edge = { name: 'e', hubId: 'h', hubPublicKey: 'A'.repeat(43) };

describe('settings.modelManagement', () => {
  it('needs nothing: every key has its documented default', () => {
    assert.deepEqual(parseSettings(undefined, userDir, {}), {
      dataDir: join(userDir, 'model-management'),
      allowedOrigins: [],
      role: 'hub',
      edges: { acceptRows: [] },
      maxModelSizeBytes: 2_147_483_648,
      engine: {
        runtime: 'auto',
        intraOpNumThreads: 1,
        requestTimeoutMs: 30_000,
        loadTimeoutMs: 60_000,
        maxProcesses: 32,
      },
      openInference: { enabled: false },
      pipelines: { resultCount: 25, keepPayloads: true },
      libraries: { modules: [] },
      training: {
        image: 'python:3.12-slim',
        env: {},
        installNetwork: 'bridge',
        maxConcurrentRuns: 1,
        allowProcessRunner: false,
        retention: {},
      },
      sources: {},
    });
  });

  it('knows each key that the README shows, with the defaults that it shows', () => {
    const readme = readFileSync(join(__dirname, '..', '..', '..', 'README.md'), 'utf8');
    const [, literal = ''] = /^modelManagement: (\{$.*?^\}),$/ms.exec(readme) ?? [];
    const shown = runInNewContext(`(${literal})`) as Record<string, unknown>;
    const parsed = parseSettings(shown, userDir, {});
    // A key that is unknown would be left out.
    const { dataDir, ...known } = parsed;
    assert.partialDeepStrictEqual(known, JSON.parse(JSON.stringify({ ...shown, dataDir: undefined })));
    const { sources, broker, docker, edges, ...rest } = parsed;
    const { sources: _none, edges: _without, ...defaults } = parseSettings(undefined, userDir, {});
    assert.deepEqual(JSON.parse(JSON.stringify(rest)), defaults);
    assert.deepEqual(edges, { bytesPerSecond: publisherDefaults.bytesPerSecond, acceptRows: [] });
  });

  it('puts environment variables in, in lists and below keys too', () => {
    const raw = {
      dataDir: '${DATA}/models',
      allowedOrigins: ['https://${HOST}'],
      broker: { url: 'mqtt://${HOST}:1883' },
    };
    const settings = parseSettings(raw, userDir, { DATA: '/data', HOST: 'plant.example' });
    assert.equal(settings.dataDir, resolve('/data/models'));
    assert.deepEqual(settings.allowedOrigins, ['https://plant.example']);
    assert.deepEqual(settings.broker, { url: 'mqtt://plant.example:1883', topicPrefix: 'model-management' });
  });

  it('takes origins as people write them, and certificates as text or bytes', () => {
    const broker = { url: 'mqtts://plant.example', ca: Buffer.from('-----BEGIN'), key: '/etc/key.pem' };
    const settings = parseSettings({ allowedOrigins: ['https://Plant.example:443/'], broker }, userDir, {});
    assert.deepEqual(settings.allowedOrigins, ['https://plant.example']);
    assert.deepEqual(settings.broker, { ...broker, topicPrefix: 'model-management' });
  });

  it('takes secrets as files', () => {
    const raw = {
      broker: { url: 'mqtt://b', passwordFile: '${SECRETS}/broker' },
      edge: { ...edge, tokenFile: '/run/secrets/token' },
      pipelines: { adminTokenFile: '/run/secrets/admin' },
    };
    const settings = parseSettings(raw, userDir, { SECRETS: '/run/secrets' });
    assert.equal(settings.broker?.passwordFile, '/run/secrets/broker');
    assert.equal(settings.edge?.tokenFile, '/run/secrets/token');
    assert.equal(settings.pipelines.adminTokenFile, '/run/secrets/admin');
  });

  it('passes over keys of parts that are not built yet', () => {
    assert.doesNotThrow(() => parseSettings({ training: { image: 'x' }, role: 'hub' }, userDir, {}));
  });

  for (const [raw, key] of [
    [{ maxModelSizeBytes: -1 }, 'modelManagement.maxModelSizeBytes'],
    [{ engine: { runtime: 'gpu' } }, 'modelManagement.engine.runtime'],
    [{ allowedOrigins: ['nonsense'] }, 'modelManagement.allowedOrigins.0'],
    [{ broker: { url: 'plant.example' } }, 'modelManagement.broker.url'],
    [{ broker: { url: 'mqtt://b', topicPrefix: 'a/' } }, 'modelManagement.broker.topicPrefix'],
    [{ role: 'other' }, 'modelManagement.role'],
    [{ role: 'edge' }, 'modelManagement.edge'],
    [{ role: 'edge', edge: { name: 'e', hubId: 'h', hubPublicKey: 'x'.repeat(43) } }, 'modelManagement.broker'],
    [{ edge: { name: 'e', hubId: 'h', hubPublicKey: 'short' } }, 'modelManagement.edge.hubPublicKey'],
    [{ broker: { url: 'http://plant.example' } }, 'modelManagement.broker.url'],
    [{ libraries: { modules: ['./own.js'] } }, 'modelManagement.libraries.modules.0'],
    [{ broker: { url: 'mqtt://b', password: 'x', passwordFile: '/x' } }, 'modelManagement.broker.passwordFile'],
    [{ pipelines: { adminToken: 'x', adminTokenFile: '/x' } }, 'modelManagement.pipelines.adminTokenFile'],
    [
      { sources: { a: { kind: 'postgres', password: '', passwordFile: '/x' } } },
      'modelManagement.sources.a.passwordFile',
    ],
    [{ edge: { ...edge, token: 'x', tokenFile: '/x' } }, 'modelManagement.edge.tokenFile'],
    ['text', 'modelManagement'],
  ] as const) {
    it(`refuses ${JSON.stringify(raw)}, naming the key`, () => {
      assert.throws(
        () => parseSettings(raw, userDir, {}),
        (error: Error) => {
          assert.match(error.message, new RegExp(`^${key.replaceAll('.', '\\.')}:`));
          return true;
        },
      );
    });
  }
});

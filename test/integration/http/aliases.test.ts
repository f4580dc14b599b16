import assert from 'node:assert/strict';
import { copyFile, utimes, writeFile } from 'node:fs/promises';
import type { AuditEntry, Model, Version } from '../../../lib/registry/types';
import { AdminClient } from '../../support/admin-client';
import { dataFolderFiles } from '../../support/data-folder-files';
import { modelFlow } from '../../support/flows';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel, identityModel, type ModelSpec, twoInputModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

/** `y = x + constant`, of another rank than `addModel`. */
function vectorModel(constant: number): ModelSpec {
  const value = { type: 'float32', shape: [4] } as const;
  return { ...addModel(constant), inputs: [{ name: 'x', ...value }], outputs: [{ name: 'y', ...value }] };
}

describe('aliases over HTTP', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let api: AdminClient;
  const upload = async (name: string, spec: ModelSpec, query = ''): Promise<Version> =>
    api.ok<Version>(201, 'POST', `models/${name}/versions?create=true&${query}`, buildModel(spec));
  const aliasesOf = async (name: string): Promise<Model['aliases']> =>
    (await api.ok<Model>(200, 'GET', `models/${name}`)).aliases;
  const deploy = (name: string, version: number): Promise<Model> =>
    api.ok<Model>(200, 'PUT', `models/${name}/aliases/deployed`, { version });
  const firstSum = async (name: string, ref: string): Promise<number | undefined> => {
    const body = { payload: [[0, 0, 0, 0]] };
    const { payload } = await api.ok<{ payload: number[][] }>(
      200,
      'POST',
      `models/${name}/versions/${ref}/infer`,
      body,
    );
    return payload[0]?.[0];
  };

  before(async () => {
    nodeRed = await NodeRed.start();
    api = new AdminClient(nodeRed);
    for (const constant of [1, 2, 3]) await upload('plus', addModel(constant));
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  describe('names', () => {
    for (const alias of ['canary', 'A', 'v1.2_rc-3', 'constructor', 'toString', 'x'.repeat(63)]) {
      it(`${alias.slice(0, 20)} can be set, found and deleted`, async () => {
        const model = await api.ok<Model>(200, 'PUT', `models/plus/aliases/${alias}`, { version: 2 });
        assert.equal(model.aliases[alias], 2);
        assert.equal((await api.ok<Version>(200, 'GET', `models/plus/versions/${alias}`)).version, 2);
        await api.ok(204, 'DELETE', `models/plus/aliases/${alias}`);
        await api.refused(404, 'ALIAS_NOT_FOUND', 'GET', `models/plus/versions/${alias}`);
        await api.refused(404, 'ALIAS_NOT_FOUND', 'DELETE', `models/plus/aliases/${alias}`);
        assert.deepEqual(await aliasesOf('plus'), { deployed: 1 });
      });
    }

    for (const alias of [
      'latest',
      'LATEST',
      'Deployed',
      '1',
      '1a',
      '-a',
      '_a',
      'a%20b',
      'a%2fb',
      '%C3%A4',
      'x'.repeat(64),
    ]) {
      it(`${alias.slice(0, 20)} is refused`, async () => {
        const error = await api.refused(400, 'INVALID_INPUT', 'PUT', `models/plus/aliases/${alias}`, { version: 1 });
        assert.equal(error.details?.['field'], 'alias');
        await api.refused(400, 'INVALID_INPUT', 'DELETE', `models/plus/aliases/${alias}`);
      });
    }

    it('deployed cannot be deleted', () => api.refused(400, 'INVALID_INPUT', 'DELETE', 'models/plus/aliases/deployed'));
  });

  describe('bodies', () => {
    for (const [what, body, field] of [
      ['nothing', {}, 'version'],
      ['null for a version', { version: null }, 'version'],
      ['zero', { version: 0 }, 'version'],
      ['a fraction', { version: 1.5 }, 'version'],
      ['a list', { version: [1] }, 'version'],
      ['no text', { version: '' }, 'version'],
      ['an array', [], ''],
      ['text for an expected version', { version: 1, expectedVersion: '1' }, 'expectedVersion'],
      ['text for force', { version: 1, force: 'true' }, 'force'],
      ['an unknown field', { version: 1, expected: 1 }, 'expected'],
      ['__proto__', '{"version":1,"__proto__":{"force":true}}', '__proto__'],
    ] as const) {
      it(`that hold ${what} are refused`, async () => {
        const error = await api.refused(400, 'INVALID_INPUT', 'PUT', 'models/plus/aliases/canary', body);
        assert.equal(error.details?.['field'], field, error.message);
      });
    }

    it('may name the version by number, its digits, an alias or latest', async () => {
      for (const [version, expected] of [
        [2, 2],
        ['2', 2],
        ['deployed', 1],
        ['latest', 3],
      ] as const) {
        const { aliases } = await api.ok<Model>(200, 'PUT', 'models/plus/aliases/canary', { version });
        assert.equal(aliases['canary'], expected);
      }
      await api.ok(204, 'DELETE', 'models/plus/aliases/canary');
    });

    it('must name a version that is there', async () => {
      const path = 'models/plus/aliases/canary';
      await api.refused(404, 'VERSION_NOT_FOUND', 'PUT', path, { version: 99 });
      await api.refused(404, 'VERSION_NOT_FOUND', 'PUT', path, { version: '1e0' });
      await api.refused(404, 'VERSION_NOT_FOUND', 'PUT', path, { version: 'x'.repeat(100_000) });
      await api.refused(404, 'ALIAS_NOT_FOUND', 'PUT', path, { version: 'champion' });
      await api.refused(404, 'MODEL_NOT_FOUND', 'PUT', 'models/none/aliases/canary', { version: 1 });
    });

    it('of a rollback: force is true or false', async () => {
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/rollback?force=maybe');
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/rollback', { force: 'yes' });
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/rollback', { version: 1 });
      await api.refused(400, 'INVALID_INPUT', 'POST', 'models/plus/rollback', []);
    });
  });

  describe('expectedVersion', () => {
    it('must hold; null means that the alias must not exist', async () => {
      const path = 'models/plus/aliases/guarded';
      await api.ok(200, 'PUT', path, { version: 1, expectedVersion: null });
      const error = await api.refused(409, 'ALIAS_MOVED', 'PUT', path, { version: 2, expectedVersion: null });
      assert.deepEqual(error.details, { alias: 'guarded', expectedVersion: null, actualVersion: 1 });
      await api.refused(409, 'ALIAS_MOVED', 'PUT', path, { version: 2, expectedVersion: 3 });
      await api.refused(409, 'ALIAS_MOVED', 'PUT', path, { version: 2, expectedVersion: 3, force: true });
      assert.equal((await aliasesOf('plus'))['guarded'], 1);
      await api.ok(200, 'PUT', path, { version: 2, expectedVersion: 1 });
      await api.ok(204, 'DELETE', path);
    });

    it('lets exactly one of several win who saw the same', async () => {
      await upload('race', addModel(1));
      for (let round = 2; round <= 4; round += 1) {
        const { version } = await upload('race', addModel(round));
        const answers = await Promise.all(
          Array.from({ length: 8 }, () =>
            api.send<{ error: { code: string } }>('PUT', 'models/race/aliases/deployed', {
              version,
              expectedVersion: version - 1,
            }),
          ),
        );
        const codes = answers.map(({ status, body }) => (status === 200 ? 'won' : body.error.code)).sort();
        assert.deepEqual(codes, [...Array.from({ length: 7 }, () => 'ALIAS_MOVED'), 'won']);
      }
      const moves = await api.ok<{ total: number }>(200, 'GET', 'models/race/audit?search=alias.set&limit=0');
      // The first version brought the alias, then one move in each round.
      assert.equal(moves.total, 4);
    });
  });

  describe('a changed signature', () => {
    before(async () => {
      await upload('shape', addModel(1));
      await upload('shape', twoInputModel());
      await upload('shape', identityModel('float64'));
      await upload('shape', vectorModel(1));
      await upload('shape', { ...addModel(5), inputs: [{ name: 'x', type: 'float32', shape: ['rows', 4] }] });
    });

    for (const [version, differences] of [
      [
        2,
        [
          'input "x" is gone',
          'input "a" is new',
          'input "b" is new',
          'output "y" is gone',
          'output "sum" is new',
          'output "count" is new',
        ],
      ],
      [3, ['input "x": float32 became float64', 'output "y": float32 became float64']],
      [4, ['input "x": rank 2 became rank 1', 'output "y": rank 2 became rank 1']],
    ] as const) {
      it(`keeps version ${version} from being deployed, with the differences, unless forced`, async () => {
        const path = 'models/shape/aliases/deployed';
        const error = await api.refused(409, 'SIGNATURE_CHANGED', 'PUT', path, { version });
        assert.deepEqual(error.details?.['differences'], differences);
        assert.deepEqual(await aliasesOf('shape'), { deployed: 1 });
        await api.refused(409, 'SIGNATURE_CHANGED', 'PUT', path, { version, force: false });
        await api.ok(200, 'PUT', path, { version, force: true });
        assert.deepEqual(await aliasesOf('shape'), { deployed: version });
        // The way back changes it again.
        await api.refused(409, 'SIGNATURE_CHANGED', 'POST', 'models/shape/rollback');
        await api.refused(409, 'SIGNATURE_CHANGED', 'POST', 'models/shape/rollback', { force: false });
        await api.ok(200, 'POST', version === 2 ? 'models/shape/rollback?force=true' : 'models/shape/rollback', {
          force: true,
        });
        assert.deepEqual(await aliasesOf('shape'), { deployed: 1 });
      });
    }

    it('is none where only the name of a size differs, and no matter for an alias that nobody follows', async () => {
      await deploy('shape', 5);
      await api.ok(200, 'PUT', 'models/shape/aliases/canary', { version: 1 });
      await api.ok(200, 'PUT', 'models/shape/aliases/canary', { version: 2 });
    });

    it('of an upload that asks for deployed refuses the upload as a whole', async () => {
      const before = await dataFolderFiles(nodeRed);
      const path = 'models/shape/versions?alias=deployed';
      await api.refused(409, 'SIGNATURE_CHANGED', 'POST', path, buildModel(identityModel('int64')));
      assert.deepEqual(await dataFolderFiles(nodeRed), before);
    });
  });

  it('GIVEN_a_damaged_file_WHEN_it_shall_be_deployed_THEN_VERSION_UNUSABLE_and_the_old_one_goes_on', async () => {
    await upload('damage', addModel(10));
    const known = (await dataFolderFiles(nodeRed)).blobs;
    await upload('damage', addModel(20));
    const path = (await dataFolderFiles(nodeRed)).blobs.find((blob) => !known.includes(blob));
    assert.ok(path);
    await copyFile(path, `${path}.whole`);
    await writeFile(path, 'damaged');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await api.refused(422, 'VERSION_UNUSABLE', 'PUT', 'models/damage/aliases/deployed', { version: 2 });
      await api.refused(422, 'VERSION_UNUSABLE', 'PUT', 'models/damage/aliases/deployed', { version: 2, force: true });
      assert.deepEqual(await aliasesOf('damage'), { deployed: 1 });
      assert.equal(await firstSum('damage', 'deployed'), 10);
    }
    const audit = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/damage/audit?search=alias.set');
    assert.equal(audit.items.length, 1);
    await copyFile(`${path}.whole`, path);
    await deploy('damage', 2);
    assert.equal(await firstSum('damage', 'deployed'), 20);
  });

  describe('rollback', () => {
    it('undoes deployments one by one, then has nothing left', async () => {
      for (const constant of [1, 2, 3]) await upload('undo', addModel(constant));
      await deploy('undo', 2);
      await deploy('undo', 3);
      const rollback = async () => (await api.ok<Model>(200, 'POST', 'models/undo/rollback')).aliases['deployed'];
      assert.equal(await rollback(), 2);
      assert.equal(await firstSum('undo', 'deployed'), 2);
      assert.equal(await rollback(), 1);
      await api.refused(409, 'NOTHING_TO_ROLL_BACK', 'POST', 'models/undo/rollback');
      const { items } = await api.ok<{ items: AuditEntry[] }>(200, 'GET', 'models/undo/audit?limit=2');
      assert.deepEqual(
        items.map(({ action, before, after }) => [action, before?.['version'], after?.['version']]),
        [
          ['rollback', 2, 1],
          ['rollback', 3, 2],
        ],
      );
    });

    it('jumps over versions that were deleted', async () => {
      for (const constant of [1, 2, 3, 4]) await upload('jump', addModel(constant));
      for (const version of [2, 3, 4]) await deploy('jump', version);
      await api.ok(204, 'DELETE', 'models/jump/versions/2');
      assert.equal((await api.ok<Model>(200, 'POST', 'models/jump/rollback')).aliases['deployed'], 3);
      assert.equal((await api.ok<Model>(200, 'POST', 'models/jump/rollback')).aliases['deployed'], 1);
      await api.refused(409, 'NOTHING_TO_ROLL_BACK', 'POST', 'models/jump/rollback');
    });

    it('of a model without versions has nothing', async () => {
      await api.ok(201, 'POST', 'models', { name: 'empty' });
      await api.refused(409, 'NOTHING_TO_ROLL_BACK', 'POST', 'models/empty/rollback');
      await api.refused(404, 'VERSION_NOT_FOUND', 'GET', 'models/empty/versions/latest');
      await api.refused(404, 'ALIAS_NOT_FOUND', 'GET', 'models/empty/versions/deployed');
    });
  });

  describe('deleting', () => {
    it('spares the deployed version and the one a rollback would deploy', async () => {
      for (const constant of [1, 2, 3]) await upload('keep', addModel(constant));
      await deploy('keep', 2);
      await api.refused(409, 'IN_USE', 'DELETE', 'models/keep/versions/2');
      await api.refused(409, 'IN_USE', 'DELETE', 'models/keep/versions/deployed');
      const error = await api.refused(409, 'IN_USE', 'DELETE', 'models/keep/versions/1');
      assert.ok(Array.isArray(error.usedBy));
      await api.ok(204, 'DELETE', 'models/keep/versions/latest');
      await api.refused(404, 'VERSION_NOT_FOUND', 'GET', 'models/keep/versions/3');
      assert.equal((await upload('keep', addModel(4))).version, 4);
      await deploy('keep', 4);
      await api.ok(204, 'DELETE', 'models/keep/versions/1');
    });

    it('a model that a node uses needs force; the answer names the node', async () => {
      await upload('used', addModel(1));
      await upload('used', addModel(2));
      await nodeRed.deploy(modelFlow({ model: 'used', brokerPort: 1, node: { version: '2' } }));
      const usedBy = [{ kind: 'node', id: 'model', name: 'the model', tab: 'Test tab', ref: '2' }];
      await waitFor(async () => (await api.ok<Model>(200, 'GET', 'models/used')).usedBy.length > 0);
      assert.deepEqual((await api.ok<Model>(200, 'GET', 'models/used')).usedBy, usedBy);
      assert.deepEqual((await api.refused(409, 'IN_USE', 'DELETE', 'models/used')).usedBy, usedBy);
      assert.deepEqual((await api.refused(409, 'IN_USE', 'DELETE', 'models/used?force=false')).usedBy, usedBy);
      assert.deepEqual((await api.refused(409, 'IN_USE', 'DELETE', 'models/used/versions/2')).usedBy, usedBy);
      await api.ok(204, 'DELETE', 'models/used?force=true');
      await nodeRed.deploy([]);
    });

    it('an alias that a node follows needs force; the answer names the node', async () => {
      await upload('followed', addModel(1));
      await api.ok(200, 'PUT', 'models/followed/aliases/canary', { version: 1 });
      await nodeRed.deploy(modelFlow({ model: 'followed', brokerPort: 1, node: { version: 'canary' } }));
      const usedBy = [{ kind: 'node', id: 'model', name: 'the model', tab: 'Test tab', ref: 'canary' }];
      await waitFor(async () => (await api.ok<Model>(200, 'GET', 'models/followed')).usedBy.length > 0);
      assert.deepEqual((await api.refused(409, 'IN_USE', 'DELETE', 'models/followed/aliases/canary')).usedBy, usedBy);
      await api.ok(204, 'DELETE', 'models/followed/aliases/canary?force=true');
      await nodeRed.deploy([]);
    });

    it('frees the file once it is old enough, and a dry run only tells', async () => {
      await upload('waste', addModel(1));
      const known = (await dataFolderFiles(nodeRed)).blobs;
      const { sizeBytes } = await upload('waste', addModel(-77));
      const path = (await dataFolderFiles(nodeRed)).blobs.find((blob) => !known.includes(blob));
      assert.ok(path);
      const collect = (query: string) => api.ok(200, 'POST', `garbage-collection${query}`);
      await api.ok(204, 'DELETE', 'models/waste/versions/2');
      assert.deepEqual(await collect(''), { count: 0, bytes: 0 }, 'too young');
      const longAgo = new Date(Date.now() - 2 * 3_600_000);
      await utimes(path, longAgo, longAgo);
      assert.deepEqual(await collect('?dryRun=true'), { count: 1, bytes: sizeBytes });
      assert.ok((await dataFolderFiles(nodeRed)).blobs.includes(path));
      assert.deepEqual(await collect('?dryRun=false'), { count: 1, bytes: sizeBytes });
      assert.ok(!(await dataFolderFiles(nodeRed)).blobs.includes(path));
      await api.refused(400, 'INVALID_INPUT', 'POST', 'garbage-collection?dryRun=perhaps');
    });
  });
});

import assert from 'node:assert/strict';
import { irisModel } from '../../support/onnx-models';
import { modelNumber, registryLab, withCode } from '../../support/registry-lab';

describe('registry', () => {
  it('makes a model, gives the first version deployed, and reads the same after a restart', async () => {
    await using lab = await registryLab();
    const made = await lab.registry.createModel({ name: 'Iris', description: 'flowers', tags: { team: 'a' } }, 'ann');
    assert.deepEqual(made.aliases, {});
    assert.equal(made.latestVersion, null);
    const first = await lab.upload('iris', modelNumber(1), { description: 'one' });
    assert.equal(first.model, 'Iris');
    assert.equal(first.version, 1);
    assert.deepEqual(first.aliases, ['deployed']);
    const second = await lab.upload('IRIS', modelNumber(2), { aliases: ['canary'] });
    assert.deepEqual([second.version, second.aliases], [2, ['canary']]);
    const before = lab.registry.getModel('iRiS');
    assert.deepEqual(before.aliases, { canary: 2, deployed: 1 });
    assert.deepEqual(
      before.versions.map(({ version }) => version),
      [2, 1],
    );
    const audit = lab.registry.audit('iris');
    const registry = await lab.reopen();
    assert.deepEqual(registry.getModel('iris'), before);
    assert.deepEqual(registry.getVersion('iris', 'canary'), second);
    assert.deepEqual(registry.audit('iris'), audit);
    assert.deepEqual(lab.events, ['prepare deployed 1', 'commit deployed 1'], 'nobody follows canary');
  });

  it('keeps the audit of who did what, newest first', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    await lab.registry.updateVersion('iris', 1, { metrics: { accuracy: 0.9 } }, 'bob');
    await lab.registry.updateModel('iris', { description: 'x' }, null);
    const [model, version, alias, upload, create] = lab.registry.audit('iris');
    assert.deepEqual(
      [model?.action, model?.user, model?.before, model?.after],
      ['model.update', null, { description: '' }, { description: 'x' }],
    );
    assert.deepEqual(
      [version?.action, version?.user, version?.before, version?.after],
      ['version.update', 'bob', { version: 1, metrics: {} }, { version: 1, metrics: { accuracy: 0.9 } }],
    );
    assert.deepEqual(
      [alias?.action, alias?.before, alias?.after],
      ['alias.set', null, { alias: 'deployed', version: 1 }],
    );
    assert.deepEqual([upload?.action, upload?.user], ['version.create', 'ann']);
    assert.equal(create?.action, 'model.create');
  });

  it('never uses a number again, neither after deleting the newest version nor the model', async () => {
    await using lab = await registryLab();
    for (const n of [1, 2, 3]) await lab.upload('iris', modelNumber(n));
    await lab.registry.deleteVersion('iris', 3, 'ann');
    await lab.reopen();
    assert.equal((await lab.upload('iris', modelNumber(4))).version, 4);
    await lab.registry.deleteModel('iris', {}, 'ann');
    assert.equal(lab.registry.findModel('iris'), undefined);
    await lab.reopen();
    const again = await lab.upload('IRIS', modelNumber(1));
    assert.deepEqual([again.model, again.version, again.aliases], ['IRIS', 5, ['deployed']]);
    const actions = lab.registry.audit('iris').map(({ action }) => action);
    assert.equal(actions.filter((action) => action === 'model.create').length, 2);
    assert.equal(actions.filter((action) => action === 'version.create').length, 5);
  });

  it('numbers twenty uploads at once one after the other', async () => {
    await using lab = await registryLab();
    const uploads = Array.from({ length: 20 }, (_, n) => lab.upload('iris', modelNumber(n)));
    const numbers = (await Promise.all(uploads)).map(({ version }) => version).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    const registry = await lab.reopen();
    assert.equal(registry.listVersions('iris').length, 20);
    const deployed = registry.audit('iris').filter(({ action }) => action === 'alias.set');
    assert.equal(deployed.length, 1);
  });

  it('finds versions by number, digits, alias and latest', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1), { aliases: ['constructor'] });
    await lab.upload('iris', modelNumber(2));
    const numberOf = (ref: string | number) => lab.registry.findVersion('iris', ref)?.version;
    assert.deepEqual([numberOf(1), numberOf('2'), numberOf('latest'), numberOf('deployed')], [1, 2, 2, 1]);
    assert.deepEqual(
      [numberOf('constructor'), numberOf('toString'), numberOf(3), numberOf('01'), numberOf(1.5)],
      [1, undefined, undefined, undefined, undefined],
    );
    assert.equal(lab.registry.findVersion('nope', 1), undefined);
    const get = (name: string, ref: string | number) => () => lab.registry.getVersion(name, ref);
    assert.throws(get('nope', 1), withCode('MODEL_NOT_FOUND'));
    assert.throws(get('iris', 9), withCode('VERSION_NOT_FOUND'));
    assert.throws(get('iris', 'champion'), withCode('ALIAS_NOT_FOUND'));
  });

  it('tells listeners what changed, and one that throws disturbs nobody', async () => {
    await using lab = await registryLab();
    const stop = lab.registry.onChange(() => {
      throw new Error('listener');
    });
    await lab.upload('iris', modelNumber(1));
    stop();
    await lab.registry.setAlias('iris', 'champion', { version: 1 }, null);
    await lab.registry.deleteAlias('iris', 'champion', {}, null);
    await lab.registry.deleteModel('iris', {}, null);
    assert.deepEqual(
      lab.changes.map(({ kind, change, version, alias }) => [kind, change, version, alias].filter(Boolean).join(' ')),
      [
        'model created',
        'version created 1',
        'alias moved 1 deployed',
        'alias moved 1 champion',
        'alias deleted 1 champion',
        'model deleted',
      ],
    );
  });

  it('patches only what a version may say of itself, as a whole field each', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    const patched = await lab.registry.updateVersion(
      'iris',
      'deployed',
      { description: 'd', tags: { a: '1' }, metrics: { m: 1 }, labels: ['x', 'y'], features: ['p'] },
      null,
    );
    assert.deepEqual([patched.labels, patched.features, patched.tags], [['x', 'y'], ['p'], { a: '1' }]);
    const cleared = await lab.registry.updateVersion('iris', 1, { labels: null, features: [], tags: {} }, null);
    assert.deepEqual(['labels' in cleared, 'features' in cleared, cleared.tags], [false, false, {}]);
    const registry = await lab.reopen();
    assert.deepEqual(registry.getVersion('iris', 1), cleared);
    const entries = registry.audit('iris').length;
    await registry.updateVersion('iris', 1, { description: 'd' }, null);
    assert.equal(registry.audit('iris').length, entries, 'a patch that changes nothing is no entry');
  });

  it('takes an empty list of names for none', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', irisModel());
    const cleared = await lab.registry.updateVersion('iris', 1, { labels: [], features: [] }, null);
    assert.deepEqual(['labels' in cleared, 'features' in cleared], [false, false]);
  });

  it('lets changes to one model take turns', async () => {
    await using lab = await registryLab();
    const { registry } = lab;
    const made = await Promise.allSettled(['a', 'A', 'a'].map((name) => registry.createModel({ name }, null)));
    assert.deepEqual(
      made.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : outcome.value.name)),
      ['a', 'MODEL_EXISTS', 'MODEL_EXISTS'],
    );
    const values = Array.from({ length: 10 }, (_, n) => `${n}`);
    await Promise.all(values.map((description) => registry.updateModel('a', { description }, null)));
    const chain = registry.audit('a').slice(0, 10).reverse();
    assert.deepEqual(
      chain.map(({ before, after }) => [before?.['description'], after?.['description']]),
      values.map((value, n) => [values[n - 1] ?? '', value]),
    );
  });

  it('tells which field of an input is wrong', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    const { registry } = lab;
    for (const [patch, field] of [
      [{ metrics: { accuracy: Number.NaN } }, 'metrics.accuracy'],
      [{ metrics: { accuracy: '0.9' } }, 'metrics.accuracy'],
      [{ metrics: { 'a b': 1 } }, 'metrics.a b'],
      [{ metrics: { previous_metrics: 1 } }, 'metrics.previous_metrics'],
      [{ metrics: JSON.parse('{"__proto__":1}') }, 'metrics.__proto__'],
      [{ metrics: [] }, 'metrics'],
      [{ tags: { a: 1 } }, 'tags.a'],
      [{ labels: ['a', 'a'] }, 'labels'],
      [{ labels: ['a', ''] }, 'labels'],
      [{ features: 'a,b' }, 'features'],
      [{ description: 'x'.repeat(10_001) }, 'description'],
      [{ digest: 'x' }, 'digest'],
    ] as const) {
      await assert.rejects(registry.updateVersion('iris', 1, patch, null), withCode('INVALID_INPUT', { field }));
    }
    await assert.rejects(
      registry.updateModel('iris', { name: 'x' }, null),
      withCode('INVALID_INPUT', { field: 'name' }),
    );
    await assert.rejects(registry.createModel({ name: '-x' }, null), withCode('INVALID_INPUT', { field: 'name' }));
    await assert.rejects(registry.createModel(null, null), withCode('INVALID_INPUT', { field: '' }));
    await assert.rejects(registry.createModel({ name: 'IRIS' }, null), withCode('MODEL_EXISTS'));
  });

  it('keeps what is deployed, what a rollback would deploy, and what a node names', async () => {
    await using lab = await registryLab();
    const { registry } = lab;
    for (const n of [1, 2, 3, 4]) await lab.upload('iris', modelNumber(n));
    for (const version of [2, 3]) await registry.setAlias('iris', 'deployed', { version }, null);
    await registry.setAlias('iris', 'canary', { version: 1 }, null);
    const usedBy = [{ kind: 'node', id: 'n1', name: 'classify', tab: 'Flow 1', ref: '4' }] as const;
    lab.usage = [...usedBy, { kind: 'node', id: 'n2', name: 'newest', ref: 'latest' }];
    await assert.rejects(registry.deleteVersion('iris', 3, null), withCode('IN_USE'));
    await assert.rejects(registry.deleteVersion('iris', 'deployed', null), withCode('IN_USE'));
    await assert.rejects(registry.deleteVersion('iris', 2, null), withCode('IN_USE'));
    await assert.rejects(registry.deleteVersion('iris', 4, null), withCode('IN_USE', { usedBy }));
    await registry.deleteVersion('iris', 1, null);
    assert.deepEqual(registry.getModel('iris').aliases, { deployed: 3 }, 'the alias went with its version');
    await assert.rejects(registry.deleteModel('iris', {}, null), withCode('IN_USE', { usedBy: lab.usage }));
    await registry.deleteModel('iris', { force: true }, null);
    assert.throws(() => registry.getModel('iris'), withCode('MODEL_NOT_FOUND'));
    assert.equal(registry.audit('iris')[0]?.action, 'model.delete');
  });

  it('collects the files of what was deleted, after a dry run that touches nothing', async () => {
    await using lab = await registryLab();
    await lab.upload('iris', modelNumber(1));
    await lab.upload('iris', modelNumber(2));
    await lab.upload('other', modelNumber(2));
    await lab.upload('iris', modelNumber(3));
    await lab.registry.deleteVersion('iris', 2, null);
    await lab.registry.deleteVersion('iris', 3, null);
    const minAgeMs = -60_000;
    const found = await lab.registry.collectGarbage({ dryRun: true, minAgeMs });
    assert.equal(found.count, 1, 'the bytes of version 2 still belong to another model');
    assert.equal(await lab.blobCount(), 3);
    assert.equal((await lab.registry.collectGarbage()).count, 0, 'too young by default');
    assert.deepEqual(await lab.registry.collectGarbage({ minAgeMs }), found);
    assert.equal(await lab.blobCount(), 2);
  });
});

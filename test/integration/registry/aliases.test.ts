import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import type { Usage } from '../../../lib/registry';
import { identityModel } from '../../support/onnx-models';
import { modelNumber, type RegistryLab, registryLab, withCode } from '../../support/registry-lab';

async function labWithVersions(count: number): Promise<RegistryLab> {
  const lab = await registryLab();
  for (let n = 1; n <= count; n++) await lab.upload('iris', modelNumber(n));
  lab.events.length = 0;
  return lab;
}

const deployedOf = (lab: RegistryLab): number | undefined => lab.registry.getModel('iris').aliases['deployed'];

const follower = (ref: string): Usage => ({ kind: 'node', id: ref, name: ref, ref });

describe('aliases', () => {
  it('rolls deployed back step by step, over restarts, until nothing is left', async () => {
    await using lab = await labWithVersions(3);
    for (const version of [2, 3]) await lab.registry.setAlias('iris', 'deployed', { version }, 'ann');
    assert.equal(lab.registry.getModel('iris').rollbackVersion, 2);
    assert.equal((await lab.registry.rollback('iris', {}, 'bob')).aliases['deployed'], 2);
    await lab.reopen();
    assert.equal((await lab.registry.rollback('iris', {}, 'bob')).aliases['deployed'], 1);
    await lab.reopen();
    await assert.rejects(lab.registry.rollback('iris', {}, 'bob'), withCode('NOTHING_TO_ROLL_BACK'));
    const [last] = lab.registry.audit('iris');
    assert.deepEqual(
      [last?.action, last?.user, last?.before, last?.after],
      ['rollback', 'bob', { alias: 'deployed', version: 2 }, { alias: 'deployed', version: 1 }],
    );
  });

  it('loads and warms before it moves, and switches after the move is written', async () => {
    await using lab = await labWithVersions(2);
    lab.prepareAlias = async ({ model, alias, version }) => {
      lab.events.push(`prepare ${model} ${alias} ${version.version}, now ${deployedOf(lab)}`);
      return { commit: () => void lab.events.push(`commit, now ${deployedOf(lab)}`), abandon: () => undefined };
    };
    await lab.registry.setAlias('IRIS', 'deployed', { version: 2 }, null);
    assert.deepEqual(lab.events, ['prepare iris deployed 2, now 1', 'commit, now 2']);
  });

  it('moves nothing when the version does not load', async () => {
    await using lab = await labWithVersions(2);
    lab.prepareAlias = async () => {
      throw new ModelManagementError('VERSION_UNUSABLE', 'does not load', 'look at it');
    };
    const entries = lab.registry.audit('iris').length;
    await assert.rejects(lab.registry.setAlias('iris', 'deployed', { version: 2 }, null), withCode('VERSION_UNUSABLE'));
    assert.equal(deployedOf(lab), 1);
    assert.equal(lab.registry.audit('iris').length, entries);
    await lab.reopen();
    assert.equal(deployedOf(lab), 1);
  });

  it('moves on a machine without a runtime, where there is nothing to load', async () => {
    await using lab = await registryLab();
    lab.testLoad = async () => {
      throw new ModelManagementError('ENGINE_UNAVAILABLE', 'no runtime', 'install it');
    };
    lab.prepareAlias = async () => {
      throw new ModelManagementError('ENGINE_UNAVAILABLE', 'no runtime', 'install it');
    };
    assert.deepEqual((await lab.upload('iris', modelNumber(1))).aliases, ['deployed']);
    await lab.upload('iris', modelNumber(2));
    assert.equal((await lab.registry.setAlias('iris', 'deployed', { version: 2 }, null)).aliases['deployed'], 2);
  });

  it('gives the first version deployed also when the engine is full, but refuses to deploy on request', async () => {
    await using lab = await registryLab();
    lab.prepareAlias = async () => {
      throw new ModelManagementError('ENGINE_FULL', 'full', 'raise it');
    };
    assert.deepEqual((await lab.upload('iris', modelNumber(1))).aliases, ['deployed']);
    await lab.upload('iris', modelNumber(2));
    await assert.rejects(lab.registry.setAlias('iris', 'deployed', { version: 2 }, null), withCode('ENGINE_FULL'));
    lab.usage = [follower('canary')];
    const canary = lab.upload('iris', modelNumber(3), { aliases: ['canary'] });
    await assert.rejects(canary, withCode('ENGINE_FULL'));
    assert.equal(lab.registry.getModel('iris').latestVersion, 2, 'the refused upload is no version');
    assert.equal(await lab.blobCount(), 2);
  });

  it('compares and sets, also when somebody else moves it while the version loads', async () => {
    await using lab = await labWithVersions(3);
    const { registry } = lab;
    const move = (version: number, expectedVersion: number | null) =>
      registry.setAlias('iris', 'deployed', { version, expectedVersion }, null);
    await assert.rejects(move(2, 3), withCode('ALIAS_MOVED', { expectedVersion: 3, actualVersion: 1 }));
    await assert.rejects(move(2, null), withCode('ALIAS_MOVED'));
    const outcomes = await Promise.allSettled([move(2, 1), move(3, 1)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(deployedOf(lab), 2);
    lab.usage = [follower('canary')];
    await registry.setAlias('iris', 'canary', { version: 3, expectedVersion: null }, null);
    const deleting = async () => {
      await registry.deleteAlias('iris', 'canary', { force: true }, null);
      return { commit: () => assert.fail('committed'), abandon: () => void lab.events.push('abandoned') };
    };
    lab.prepareAlias = deleting;
    const raced = registry.setAlias('iris', 'canary', { version: 1, expectedVersion: 3 }, null);
    await assert.rejects(raced, withCode('ALIAS_MOVED'));
    assert.equal(lab.events.at(-1), 'abandoned');
    lab.prepareAlias = undefined;
    await registry.setAlias('iris', 'canary', { version: 3 }, null);
    lab.prepareAlias = deleting;
    await assert.rejects(registry.setAlias('iris', 'canary', { version: 1 }, null), withCode('ALIAS_MOVED'));
    assert.equal('canary' in registry.getModel('iris').aliases, false);
  });

  it('lets the version go when it or its model is deleted while it loads', async () => {
    await using lab = await labWithVersions(2);
    let meanwhile = (): Promise<void> => lab.registry.deleteVersion('iris', 2, null);
    lab.prepareAlias = async () => {
      await meanwhile();
      return { commit: () => assert.fail('committed'), abandon: () => void lab.events.push('abandoned') };
    };
    const move = () => lab.registry.setAlias('iris', 'deployed', { version: 2 }, null);
    await assert.rejects(move(), withCode('VERSION_NOT_FOUND'));
    lab.usage = [follower('canary')];
    meanwhile = () => lab.registry.deleteModel('iris', { force: true }, null);
    const upload = lab.upload('iris', modelNumber(7), { aliases: ['canary'] });
    await assert.rejects(upload, withCode('MODEL_NOT_FOUND'));
    assert.deepEqual(lab.events, ['abandoned', 'abandoned']);
  });

  it('serialises the moves of one model', async () => {
    await using lab = await labWithVersions(6);
    let running = 0;
    lab.prepareAlias = async () => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return { commit: () => undefined, abandon: () => undefined };
    };
    await Promise.all([2, 3, 4, 5, 6].map((version) => lab.registry.setAlias('iris', 'deployed', { version }, null)));
    assert.equal(deployedOf(lab), 6);
    const stack = [5, 4, 3, 2, 1];
    for (const version of stack) {
      assert.equal((await lab.registry.rollback('iris', {}, null)).aliases['deployed'], version);
    }
  });

  describe('a version that does not fit', () => {
    it('is deployed and rolled back to only with force', async () => {
      await using lab = await labWithVersions(1);
      const { registry } = lab;
      await lab.upload('iris', identityModel('int64', ['N', 4]));
      const differences = ['input "x": float32 became int64', 'output "y": float32 became int64'];
      const changed = withCode('SIGNATURE_CHANGED', { alias: 'deployed', currentVersion: 1, differences });
      await assert.rejects(registry.setAlias('iris', 'deployed', { version: 2 }, null), changed);
      assert.deepEqual(lab.events, [], 'not even loaded');
      await registry.setAlias('iris', 'deployed', { version: 2, force: true }, null);
      await assert.rejects(registry.rollback('iris', {}, null), withCode('SIGNATURE_CHANGED'));
      assert.equal((await registry.rollback('iris', { force: true }, null)).aliases['deployed'], 1);
    });

    it('is refused for an alias that a node follows, and is nobody else’s business', async () => {
      await using lab = await labWithVersions(1);
      const { registry } = lab;
      await lab.upload('iris', identityModel('int64', ['N', 4]));
      await registry.setAlias('iris', 'canary', { version: 1 }, null);
      await registry.setAlias('iris', 'free', { version: 1 }, null);
      assert.deepEqual(lab.events, [], 'nothing is loaded for aliases nobody follows');
      lab.usage = [follower('canary')];
      await registry.setAlias('iris', 'free', { version: 2 }, null);
      const move = (): Promise<unknown> => registry.setAlias('iris', 'canary', { version: 2 }, null);
      await assert.rejects(move(), withCode('SIGNATURE_CHANGED'));
      lab.usage = [{ kind: 'node', id: 'n', name: 'n' }];
      await assert.rejects(move(), withCode('SIGNATURE_CHANGED'), 'a node that does not say what it follows');
      lab.usage = [{ kind: 'job', id: 'j', name: 'j' }];
      await move();
    });

    it('cannot come in with deployed', async () => {
      await using lab = await labWithVersions(1);
      const upload = lab.upload('iris', identityModel('int64'), { aliases: ['deployed'] });
      await assert.rejects(upload, withCode('SIGNATURE_CHANGED'));
      assert.equal(lab.registry.getModel('iris').latestVersion, 1);
      assert.equal(await lab.blobCount(), 1);
    });
  });

  it('refuses what cannot be an alias', async () => {
    await using lab = await labWithVersions(1);
    const { registry } = lab;
    for (const alias of ['latest', 'Latest', 'DEPLOYED', '1', '1a', '', 'a b', 'x'.repeat(64), '__proto__']) {
      const set = registry.setAlias('iris', alias, { version: 1 }, null);
      await assert.rejects(set, withCode('INVALID_INPUT', { field: 'alias' }), alias);
    }
    await assert.rejects(
      registry.deleteAlias('iris', 'deployed', {}, null),
      withCode('INVALID_INPUT', { field: 'alias' }),
    );
    await assert.rejects(
      registry.deleteAlias('iris', 'latest', {}, null),
      withCode('INVALID_INPUT', { field: 'alias' }),
    );
    await assert.rejects(registry.deleteAlias('iris', 'nope', {}, null), withCode('ALIAS_NOT_FOUND'));
    await assert.rejects(lab.upload('iris', modelNumber(2), { aliases: ['latest'] }), withCode('INVALID_INPUT'));
    for (const input of [
      {},
      { version: 0 },
      { version: 1.5 },
      { version: 1, extra: 1 },
      { version: 1, force: 'yes' },
    ]) {
      await assert.rejects(
        registry.setAlias('iris', 'a', input, null),
        withCode('INVALID_INPUT'),
        JSON.stringify(input),
      );
    }
    await assert.rejects(registry.setAlias('iris', 'a', { version: 9 }, null), withCode('VERSION_NOT_FOUND'));
    await assert.rejects(registry.setAlias('nope', 'a', { version: 1 }, null), withCode('MODEL_NOT_FOUND'));
  });
});

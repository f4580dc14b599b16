import assert from 'node:assert/strict';
import { AliasName, ModelName, VersionNumber } from '../../../lib/ids';
import { silentLog } from '../../../lib/log';
import type { RegistryDeps } from '../../../lib/registry';
import { Journal } from '../../../lib/registry/journal';
import { FakeClock } from '../../support/fake-clock';

function inMemory<D>() {
  const documents: D[] = [];
  return { all: () => documents.toReversed(), insert: async (document: D) => void documents.push(document) };
}

describe('journal', () => {
  it('puts facts in the order in which they happened, even when the clock went back', async () => {
    const clock = new FakeClock();
    const documents: RegistryDeps['documents'] = { models: inMemory(), versions: inMemory(), audit: inMemory() };
    const deps = { documents, clock, log: silentLog };
    const journal = new Journal(deps);
    const alias = AliasName.parse('canary');
    await journal.write('a', null, async ({ insertModel, insertChange }) => {
      await insertModel({ life: 1, name: ModelName.parse('a'), description: '', tags: {} });
      for (const n of [1, 2, 3]) {
        clock.advance(-1_000);
        await insertChange({ action: 'alias.set', alias, version: VersionNumber.parse(n), before: null, after: { n } });
      }
    });
    const reloaded = new Journal(deps);
    reloaded.load();
    assert.equal(reloaded.getLife('A').aliases.get(alias), 3);
    assert.deepEqual(reloaded.findHistory('a')?.audit, journal.findHistory('a')?.audit);
    assert.equal(reloaded.findHistory('a')?.nextSeq, 5);
  });

  it('keeps nothing of a name under which nothing was written', async () => {
    const documents: RegistryDeps['documents'] = { models: inMemory(), versions: inMemory(), audit: inMemory() };
    const journal = new Journal({ documents, clock: new FakeClock(), log: silentLog });
    await assert.rejects(
      journal.write('nobody', null, async () => journal.getLife('nobody')),
      {
        code: 'MODEL_NOT_FOUND',
      },
    );
    assert.equal(journal.findHistory('nobody'), undefined);
    await Promise.all([
      assert.rejects(journal.write('some', null, () => Promise.reject(new Error('full')))),
      journal.write('some', null, ({ insertModel }) =>
        insertModel({ life: 1, name: ModelName.parse('some'), description: '', tags: {} }),
      ),
    ]);
    assert.equal(journal.getLife('some').name, 'some');
  });
});

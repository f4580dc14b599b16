import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import type { Registry, RegistryDeps } from '../../../lib/registry';
import { modelNumber, type RegistryLab, registryLab, withCode } from '../../support/registry-lab';
import { checkConsistent } from './consistency';

/** Lets the n-th insert from now on fail: before it reaches the disk, or after, as a crash would. */
class FailingWrites {
  #countdown = 0;
  #isWritten = false;

  arm(n: number, isWritten: boolean): void {
    this.#countdown = n;
    this.#isWritten = isWritten;
  }

  readonly wrap = (documents: RegistryDeps['documents']): RegistryDeps['documents'] => ({
    models: this.#wrapOne(documents.models),
    versions: this.#wrapOne(documents.versions),
    audit: this.#wrapOne(documents.audit),
  });

  #wrapOne<D>(store: { all(): readonly D[]; insert(document: D): Promise<void> }) {
    return {
      all: () => store.all(),
      insert: async (document: D): Promise<void> => {
        const isHit = this.#countdown > 0 && --this.#countdown === 0;
        if (!isHit || this.#isWritten) await store.insert(document);
        if (isHit) throw new ModelManagementError('STORAGE_FULL', 'no space left', 'make room');
      },
    };
  }
}

interface Operation {
  readonly name: string;
  readonly writeCount: number;
  readonly run: (lab: RegistryLab) => Promise<unknown>;
}

const operations: readonly Operation[] = [
  { name: 'upload_of_a_new_model', writeCount: 2, run: (lab) => lab.upload('new', modelNumber(1), { aliases: ['a'] }) },
  { name: 'upload', writeCount: 1, run: (lab) => lab.upload('iris', modelNumber(9), { aliases: ['canary', 'b'] }) },
  { name: 'creation', writeCount: 1, run: ({ registry }) => registry.createModel({ name: 'new' }, null) },
  {
    name: 'patch_of_a_model',
    writeCount: 1,
    run: ({ registry }) => registry.updateModel('iris', { tags: { a: 'b' } }, null),
  },
  {
    name: 'patch_of_a_version',
    writeCount: 1,
    run: ({ registry }) => registry.updateVersion('iris', 1, { metrics: { m: 1 } }, null),
  },
  {
    name: 'deployment',
    writeCount: 1,
    run: ({ registry }) => registry.setAlias('iris', 'deployed', { version: 3 }, null),
  },
  { name: 'rollback', writeCount: 1, run: ({ registry }) => registry.rollback('iris', {}, null) },
  {
    name: 'deletion_of_an_alias',
    writeCount: 1,
    run: ({ registry }) => registry.deleteAlias('iris', 'canary', {}, null),
  },
  { name: 'deletion_of_a_version', writeCount: 1, run: ({ registry }) => registry.deleteVersion('iris', 3, null) },
  { name: 'deletion_of_a_model', writeCount: 1, run: ({ registry }) => registry.deleteModel('iris', {}, null) },
];

/** A model with versions 1..3, of which 2 is deployed and 3 is canary. */
async function prepared(failing: FailingWrites): Promise<RegistryLab> {
  const lab = await registryLab(failing.wrap);
  for (const n of [1, 2, 3]) await lab.upload('iris', modelNumber(n));
  await lab.registry.setAlias('iris', 'deployed', { version: 2 }, null);
  await lab.registry.setAlias('iris', 'canary', { version: 3 }, null);
  return lab;
}

/** Everything but the times. */
function stateOf(registry: Registry): unknown {
  const names = ['iris', ...registry.list().map(({ name }) => name)];
  const audits = names.map((name) => registry.audit(name).map(({ at, ...entry }) => entry));
  const state = {
    models: registry.list(),
    versions: registry.list().map(({ name }) => registry.listVersions(name)),
    audits,
  };
  return JSON.parse(JSON.stringify(state, (key, value) => (/^(created|updated)At$/.test(key) ? undefined : value)));
}

async function stateAfter(run: Operation['run']): Promise<unknown> {
  await using lab = await prepared(new FailingWrites());
  await run(lab);
  return stateOf(lab.registry);
}

describe('a write of the registry fails', () => {
  for (const { name, writeCount, run } of operations) {
    for (let n = 1; n <= writeCount; n++) {
      it(`GIVEN_${name}_WHEN_write_${n}_of_${writeCount}_fails_THEN_nothing_happened_and_it_can_be_repeated`, async () => {
        const failing = new FailingWrites();
        await using lab = await prepared(failing);
        const [before, blobCount] = [stateOf(lab.registry), await lab.blobCount()];
        failing.arm(n, false);
        await assert.rejects(run(lab), withCode('STORAGE_FULL'));
        assert.equal(lab.events.filter((event) => event.startsWith('prepare')).length, settledCount(lab));
        if (n === 1) assert.deepEqual(stateOf(lab.registry), before);
        const inMemory = stateOf(lab.registry);
        await lab.reopen();
        assert.deepEqual(stateOf(lab.registry), inMemory, 'memory and disk agree');
        await checkConsistent(lab.registry, lab.blobs);
        await lab.registry.collectGarbage({ minAgeMs: -60_000 });
        assert.equal(await lab.blobCount(), blobCount, 'what the failed upload left is garbage');
        await run(lab);
        assert.deepEqual(stateOf(lab.registry), await stateAfter(run));
      });

      it(`GIVEN_${name}_WHEN_crash_after_write_${n}_of_${writeCount}_THEN_consistent_at_restart`, async () => {
        const failing = new FailingWrites();
        await using lab = await prepared(failing);
        failing.arm(n, true);
        await assert.rejects(run(lab));
        await lab.reopen();
        await checkConsistent(lab.registry, lab.blobs);
        if (n === writeCount)
          assert.deepEqual(stateOf(lab.registry), await stateAfter(run), 'the last write is the change');
      });
    }
  }
});

/** Every prepared switch was used or let go. */
function settledCount({ events }: RegistryLab): number {
  return events.filter((event) => /^(commit|abandon)/.test(event)).length;
}

import assert from 'node:assert/strict';
import type { Registry } from '../../../lib/registry';
import type { BlobStore } from '../../../lib/store';

/** What must hold of a registry at any time, after any crash. */
export async function checkConsistent(registry: Registry, blobs: BlobStore): Promise<void> {
  for (const model of registry.list()) {
    const versions = registry.listVersions(model.name);
    const numbers = new Set<number>(versions.map(({ version }) => version));
    assert.equal(numbers.size, versions.length);
    for (const [alias, version] of Object.entries(model.aliases)) {
      assert.ok(numbers.has(version), `${alias} of ${model.name} names version ${version}, which is not there`);
    }
    assert.equal('deployed' in model.aliases, versions.length > 0, 'some version is deployed as soon as there is one');
    if (model.rollbackVersion !== null) assert.ok(numbers.has(model.rollbackVersion));
    for (const version of versions) {
      const digests = [version.digest, ...version.additionalOutputs.map(({ digest }) => digest)];
      for (const digest of digests) assert.equal(await blobs.verify(digest), 'whole');
    }
    assert.deepEqual(createdNumbers(registry, model.name), consecutive(registry, model.name));
  }
}

/** The numbers of all versions there ever were, in the order they were made. */
export function createdNumbers(registry: Registry, model: string): readonly number[] {
  const created = registry.audit(model).filter(({ action }) => action === 'version.create');
  return created.map(({ after }) => Number(after?.['version'])).reverse();
}

function consecutive(registry: Registry, model: string): readonly number[] {
  return createdNumbers(registry, model).map((_, index) => index + 1);
}

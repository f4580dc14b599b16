import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Partials } from '../../../lib/edges/artifacts/partials';
import { Quota } from '../../../lib/edges/artifacts/quota';
import { StorageBudget } from '../../../lib/edges/artifacts/storage-budget';
import { digestOf } from '../../../lib/edges/protocol/enrolment';
import { silentLog } from '../../../lib/log';
import { type BlobStore, openBlobStore } from '../../../lib/store';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';

const aDigest = () => digestOf(randomBytes(8));

describe('stores that share a budget', () => {
  let folder: TemporaryFolder;
  let budget: StorageBudget;
  beforeEach(async () => {
    folder = await temporaryFolder();
    budget = new StorageBudget(1_000);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const aStore = async (name: string): Promise<{ readonly blobs: BlobStore; readonly quota: Quota }> => {
    const path = join(folder.path, name);
    const blobs = await openBlobStore({ path: join(path, 'blobs'), tempPath: join(path, 'temp'), log: silentLog });
    return { blobs, quota: new Quota(blobs, new Partials(join(path, 'partials')), budget) };
  };
  const put = async (blobs: BlobStore, bytes: Buffer) => {
    const { signal } = new AbortController();
    const lease = await blobs.put(Readable.from([bytes]), { maxBytes: 1e6, signal });
    return lease.digest;
  };

  it('count what lies in the others', async () => {
    const [models, runs] = [await aStore('models'), await aStore('runs')];
    await put(models.blobs, randomBytes(600));
    await assert.rejects(runs.quota.reserve(aDigest(), 401), { code: 'STORAGE_FULL', message: /600 of the 1000/ });
    await runs.quota.reserve(aDigest(), 400);
  });

  it('count what is on its way to the others', async () => {
    const [models, runs] = [await aStore('models'), await aStore('runs')];
    const digest = aDigest();
    const outcomes = await Promise.allSettled([models.quota.reserve(digest, 600), runs.quota.reserve(aDigest(), 600)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    models.quota.release(digest);
    await runs.quota.reserve(aDigest(), 600);
  });

  it('count a file once for each store that holds it, but not the one that is to come', async () => {
    const [models, runs] = [await aStore('models'), await aStore('runs')];
    const bytes = randomBytes(500);
    const digest = await put(models.blobs, bytes);
    await runs.quota.reserve(digest, 500);
    runs.quota.release(digest);
    await put(runs.blobs, bytes);
    assert.equal(await budget.storedBytes(), 1_000);
    await models.quota.reserve(digest, 500);
  });

  it('count files that none refuses', async () => {
    const models = await aStore('models');
    const rows = await openBlobStore({
      path: join(folder.path, 'rows'),
      tempPath: join(folder.path, 'temp'),
      log: silentLog,
    });
    budget.count({ blobs: rows });
    await put(rows, randomBytes(2_000));
    await assert.rejects(models.quota.reserve(aDigest(), 1), { code: 'STORAGE_FULL', message: /2000 of the 1000/ });
  });
});

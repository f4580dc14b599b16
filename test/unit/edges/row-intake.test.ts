import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { EdgeStanding } from '../../../lib/edges/hub/edge-standing';
import { RowIntake, type RowIntakeDeps } from '../../../lib/edges/hub/rows/row-intake';
import type { OfferedRows } from '../../../lib/edges/protocol/row-documents';
import { silentLog } from '../../../lib/log';
import { openBlobStore } from '../../../lib/store';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** An edge that has offered rows of some collections before anybody looked. */
async function anEdgeWith(collections: readonly string[], path: string) {
  const blobs = await openBlobStore({ path: `${path}/blobs`, tempPath: `${path}/temp`, log: silentLog });
  const waiting = new Map<string, string>();
  const rows: OfferedRows[] = [];
  for (const collection of collections) {
    const text = `{"item_id":"${randomUUID()}"}\n`;
    const signal = new AbortController().signal;
    const put = async function* () {
      yield Buffer.from(text);
    };
    const { digest, sizeBytes, release } = await blobs.put(put(), { maxBytes: 1_000, signal });
    release();
    await blobs.collectGarbage({ isNamed: () => false, dryRun: false, minAgeMs: -1e12 });
    waiting.set(digest, text);
    rows.push({ collection, digest, sizeBytes, rows: 1 });
  }
  let state: EdgeStanding['state'] = 'online';
  const standing = () => ({ name: 'edge-2', state, key: { id: 'key' }, report: { rows } }) as unknown as EdgeStanding;
  const listeners = new Set<(edge: string) => void>();
  const [fetched, taken, told]: [string[], string[], string[]] = [[], [], []];
  const held = new Map(collections.map((name) => [name, Promise.resolve()]));
  const deps: RowIntakeDeps = {
    hub: {
      standing,
      standings: () => [standing()],
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      command: async (_, command) => {
        if (command.type === 'rows-taken') told.push(command.collection);
        return 'command-1';
      },
    },
    fetcherOf: async () => ({
      fetch: async ({ digest }, { signal }) => {
        fetched.push(digest);
        const put = async function* () {
          yield Buffer.from(waiting.get(digest) ?? '');
        };
        const lease = await blobs.put(put(), { maxBytes: 1_000, signal });
        lease.release();
        return lease.path;
      },
      collect: async (isNamed) => {
        const { removed, freedBytes } = await blobs.collectGarbage({ isNamed, dryRun: false, minAgeMs: -1e12 });
        return { removed: removed.map(({ digest }) => digest), freedBytes };
      },
    }),
    collections: {
      get: async () => undefined as never,
      create: async () => assert.fail('they are there'),
      importFitting: async (name, source) => {
        await held.get(name);
        for await (const chunk of source) assert.ok(chunk.length > 0);
        taken.push(name);
        return { inserted: 1, duplicates: 0 };
      },
    },
    accept: true,
    log: silentLog,
  };
  const change = (to: EdgeStanding['state'] = state): void => {
    state = to;
    for (const listener of listeners) listener('edge-2');
  };
  const left = async (): Promise<number> => (await blobs.list()).length;
  return { deps, held, change, left, fetched, taken, told };
}

describe('rows that edges offer', () => {
  it('before this hub was started are taken', async () => {
    await using folder = await temporaryFolder();
    const { deps, taken } = await anEdgeWith(['a'], folder.path);
    const intake = new RowIntake(deps);
    await waitFor(() => taken.length === 1, { what: 'the rows' });
    intake.close();
  });

  it('of one collection stay while those of another are put away', async () => {
    await using folder = await temporaryFolder();
    const { deps, held, taken, told, left } = await anEdgeWith(['a', 'slow'], folder.path);
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set('slow', promise);
    const intake = new RowIntake(deps);
    await waitFor(() => told.includes('a'), { what: 'the first rows' });
    assert.equal(await left(), 1);
    resolve();
    await waitFor(() => told.includes('slow'), { what: 'the other rows' });
    assert.deepEqual([taken, await left()], [['a', 'slow'], 0]);
    intake.close();
  });

  it('are fetched once, and the edge is told again until it offers them no more', async function () {
    this.timeout(20_000);
    await using folder = await temporaryFolder();
    const { deps, fetched, taken, told } = await anEdgeWith(['a'], folder.path);
    const intake = new RowIntake(deps);
    await waitFor(() => told.length === 2, { what: 'the edge to be told again', timeoutMs: 15_000 });
    assert.deepEqual([fetched.length, taken.length], [1, 1]);
    intake.close();
  });

  it('are not asked for while the edge is away', async () => {
    await using folder = await temporaryFolder();
    const { deps, change, fetched, taken } = await anEdgeWith(['a'], folder.path);
    change('offline');
    const intake = new RowIntake(deps);
    assert.deepEqual(fetched, []);
    change('online');
    await waitFor(() => taken.length === 1, { what: 'the rows' });
    intake.close();
  });
});

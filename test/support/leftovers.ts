import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolderFiles } from './data-folder-files';
import type { NodeRed } from './node-red';
import { childPids } from './process-state';
import { waitFor } from './wait-for';

/** Everything an upload may leave behind: files in the data folder, and processes. */
export interface Leftovers {
  readonly blobs: readonly string[];
  readonly unfinished: readonly string[];
  readonly engineFolderCount: number;
  /** Engine processes and others that Node-RED started (Linux only, else 0). */
  readonly processCount: number;
}

export async function leftoversOf(nodeRed: NodeRed): Promise<Leftovers> {
  const { blobs, unfinished } = await dataFolderFiles(nodeRed);
  const engineFolder = join(nodeRed.userDir, 'model-management', 'temp', 'engine');
  const folders = await readdir(engineFolder).catch(() => []);
  const processCount = process.platform === 'linux' ? childPids(nodeRed.pid).length : 0;
  return { blobs, unfinished, engineFolderCount: folders.length, processCount };
}

/** Waits until there is nothing but what was there before. */
export async function untilOnlyLeft(nodeRed: NodeRed, before: Leftovers): Promise<void> {
  await waitFor(
    async () => {
      assert.deepEqual(await leftoversOf(nodeRed), before);
      return true;
    },
    { what: 'nothing more to be left' },
  );
}

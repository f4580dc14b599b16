import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../lib/files';
import type { NodeRed } from './node-red';

/** What lies in the data folder of a Node-RED, as another process sees it. */
export interface DataFolderFiles {
  /** Paths of all blobs. */
  readonly blobs: readonly string[];
  /** Paths of files that are still being written. */
  readonly unfinished: readonly string[];
  /** Of the unfinished ones together. */
  readonly unfinishedBytes: number;
}

/** Looks once more when something went between two steps of the look. */
async function undisturbed<T>(folder: string, look: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || !existsSync(folder)) throw error;
    }
  }
}

function filesBelow(folder: string): Promise<string[]> {
  return undisturbed(folder, async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  });
}

/** What all files below a folder hold. */
export function contentsBelow(folder: string): Promise<Buffer[]> {
  return undisturbed(folder, async () => Promise.all((await filesBelow(folder)).map((path) => readFile(path))));
}

export async function dataFolderFiles({ userDir }: NodeRed): Promise<DataFolderFiles> {
  const folder = join(userDir, 'model-management');
  const unfinished = (await filesBelow(join(folder, 'temp'))).filter((path) => path.endsWith('.tmp'));
  // A file that was finished since it was listed has no size any more.
  const sizes = await Promise.all(
    unfinished.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return {
    blobs: await filesBelow(join(folder, 'blobs')),
    unfinished,
    unfinishedBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

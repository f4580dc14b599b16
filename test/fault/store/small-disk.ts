import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** A file system of its own that is easily filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  /** Takes the filling away. */
  makeRoom(): Promise<void>;
}

/** Mounts a tmpfs; skips the test where that is not allowed. */
export async function smallDisk(test: Context, sizeBytes: number): Promise<SmallDisk> {
  const folder = await temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder.path]);
  if (mounted.status !== 0) rmSync(folder.path, { recursive: true });
  requireOrSkip(test, mounted.status === 0, 'the right to mount a tmpfs');
  const ballast = join(folder.path, 'ballast');
  return {
    path: folder.path,
    fill: async () => {
      await using file = await open(ballast, 'a');
      for (const chunkBytes of [65_536, 4_096, 1]) {
        for (;;) {
          const written = await file.write(Buffer.alloc(chunkBytes)).catch(() => undefined);
          if (!written || written.bytesWritten < chunkBytes) break;
        }
      }
    },
    makeRoom: () => rm(ballast),
    [Symbol.asyncDispose]: async () => {
      // Processes that end with the one that was under test may take a moment.
      await waitFor(() => spawnSync('umount', [folder.path]).status === 0, { what: 'the disk to be free' });
      await folder[Symbol.asyncDispose]();
    },
  };
}

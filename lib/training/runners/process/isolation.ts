import { spawnSync } from 'node:child_process';

export interface Isolation {
  /** What stands before a command so that it has no network; empty = it cannot be taken away here. */
  readonly withoutNetwork: readonly string[];
  /** In words, for the screen. */
  readonly words: string;
}

const UNSHARE = ['unshare', '--user', '--map-root-user', '--net'];

/** What the kernel lets us take away from a process without being root; asked once. */
export function probeIsolation(): Isolation {
  if (process.platform === 'linux') {
    const tried = spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'true'], { stdio: 'ignore', timeout: 5_000 });
    if (tried.status === 0) {
      return { withoutNetwork: UNSHARE, words: 'process group, limits, no network; same files as Node-RED' };
    }
  }
  return { withoutNetwork: [], words: 'process group and limits only: same files and network as Node-RED' };
}

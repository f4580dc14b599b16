import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const UNSHARE = ['unshare', '--user', '--map-root-user', '--net'];

/**
 * What stands before a command so that it has no network, as far as the kernel lets us take it away without being root;
 * empty = it does not.
 */
export async function probeNetworkIsolation(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const [command = '', ...options] = UNSHARE;
  try {
    await promisify(execFile)(command, [...options, 'true'], { timeout: 5_000 });
    return UNSHARE;
  } catch {
    return [];
  }
}

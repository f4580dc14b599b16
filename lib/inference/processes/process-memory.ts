import { readFile } from 'node:fs/promises';

async function findKilobytes(path: string, field: RegExp): Promise<number | null> {
  try {
    const kilobytes = field.exec(await readFile(path, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes);
  } catch {
    // No such file here, or no longer: the system is not Linux, or the process is gone.
    return null;
  }
}

/**
 * Memory a process takes in bytes: its proportional share where the kernel tells it (resident pages are mostly files
 * shared with the other engine processes), else what is resident; null where neither is to be had.
 */
export async function processMemoryBytes(pid: number): Promise<number | null> {
  const kilobytes =
    (await findKilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m)) ??
    (await findKilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m));
  return kilobytes === null ? null : kilobytes * 1024;
}

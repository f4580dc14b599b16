import { readdirSync, readFileSync } from 'node:fs';

/** True while the process runs; one that has ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    // Gone between the two looks.
    return false;
  }
}

/** The processes that `pid` started and that have not ended (Linux only). */
export function childPids(pid: number): readonly number[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    } catch {
      // The thread ended between the two looks.
      return '';
    }
  });
  const pids = lists.flatMap((list) => list.split(' ').flatMap((text) => (text === '' ? [] : [Number(text)])));
  return pids.filter(isRunning);
}

/** How a process was started; '' when it has ended (Linux only). */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

import { readdirSync, readFileSync } from 'node:fs';

/** Tells a process from a later one with its number; empty where the system does not say. */
export function startTimeOf(pid: number): string {
  try {
    // The second field is a name in parentheses, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    return fields[19] ?? '';
  } catch {
    return '';
  }
}

export function isAlive(pid: number, startTime: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const state = stateOf(pid);
  return state !== 'Z' && (startTime === '' || startTimeOf(pid) === startTime);
}

function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().charAt(0);
  } catch {
    return '';
  }
}

/** Ends the whole group; false = there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends what has left the group but still carries the variable: on Linux only, where that can be seen. */
export function killCarriers(variable: string, value: string): void {
  if (process.platform !== 'linux') return;
  const wanted = Buffer.from(`${variable}=${value}\0`);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`);
      if (environment.includes(wanted)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // Gone already, or of somebody else.
    }
  }
}

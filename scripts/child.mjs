// Child processes that end: with a time limit, with the whole tree under them, and with us.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const isWindows = process.platform === 'win32';

/** All processes under `pid`, children of children too; empty where there is no /proc. */
function descendants(pid) {
  const childrenOf = new Map();
  let entries = [];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  for (const entry of entries) {
    try {
      // pid (name with anything in it) state ppid …
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended while we looked.
    }
  }
  const found = [];
  const open = [pid];
  while (open.length > 0) {
    const children = childrenOf.get(open.pop()) ?? [];
    found.push(...children);
    open.push(...children);
  }
  return found;
}

function signalOne(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone: that is what we want.
  }
}

/** Ends `pid`, its process group and everything under it at once. */
export function killTree(pid) {
  if (isWindows) {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  const tree = descendants(pid);
  signalOne(-pid, 'SIGKILL');
  for (const one of [pid, ...tree]) signalOne(one, 'SIGKILL');
}

/** Starts a process in a group of its own, so that Ctrl-C reaches it only through us. */
export function start(command, args, options = {}) {
  return spawn(command, args, { detached: !isWindows, ...options });
}

/** Resolves with the exit code; a signal or a command that cannot start counts as 1. */
export function exited(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? 1);
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Asks `child` to end, and ends its tree when it has not after `graceMs`. */
export async function stop(child, graceMs = 8_000) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => killTree(child.pid), graceMs);
  child.kill('SIGTERM');
  await exited(child);
  clearTimeout(timer);
}

/** Runs a command in the foreground; throws with what it was for when it fails. Ends with us. */
export async function run(purpose, command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const endToo = () => child.pid && killTree(child.pid);
  process.once('exit', endToo);
  const code = await exited(child);
  process.off('exit', endToo);
  if (code !== 0) throw new Error(`${purpose} failed: \`${[command, ...args].join(' ')}\` ended with ${code}`);
}

import { accessSync, constants } from 'node:fs';

const SHELL = '/bin/sh';
/**
 * Beside the resident memory that the watchdog looks at: what the process needs with nothing loaded (50 MiB), and room
 * for what is reserved and never written.
 */
const DATA_ALLOWANCE_BYTES = 256 * 1024 * 1024;

/**
 * No core files; no files of more than 1 MiB (it writes none); an allocation above the limit fails instead of filling
 * the machine until the watchdog looks again; the first to go when memory runs out. What a system does not know or
 * forbids is left out: the watchdog is there everywhere.
 */
const SCRIPT = `{
  ulimit -c 0 || :
  ulimit -f 2048 || :
  ulimit -d "$1" || :
  echo 1000 >/proc/self/oom_score_adj || :
} 2>/dev/null
unset PWD OLDPWD
shift
exec "$@"`;

/** What a shell exits with when it cannot start the command. */
export const shellFailureCodes: readonly (number | null)[] = [126, 127];

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The command under limits that the kernel keeps. On Linux only: elsewhere, and where there is no shell, the command as
 * it is. `exec` keeps the pid and the pipes.
 *
 * @param memoryLimitBytes - resident memory the watchdog allows; null = no limit
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html RLIMIT_DATA counts private mappings since Linux 4.7; V8
 * reserves its address space without the right to write, which does not count
 */
export function limitedCommand(command: CommandLine, memoryLimitBytes: number | null): CommandLine {
  if (process.platform !== 'linux' || !canRun(SHELL) || !canRun(command.file)) return command;
  const kilobytes =
    memoryLimitBytes === null ? 'unlimited' : String(Math.ceil((memoryLimitBytes + DATA_ALLOWANCE_BYTES) / 1024));
  return { file: SHELL, args: ['-c', SCRIPT, 'sh', kilobytes, command.file, ...command.args] };
}

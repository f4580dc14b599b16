import { ModelManagementError } from '../../errors';
import type { RunDocument } from './run-document';

/** By KILL or TERM; what we ended ourselves, and what ran out of memory, is told before it comes to this. */
const SIGNALLED = [137, 143];
/** The last line of a traceback. */
const FAILURE = /^[\w.]*(?:Error|Exception|Interrupt|Exit)\b/;

/** Why scripts failed: which one, how, and the last thing that was said. */
export function scriptError(
  run: RunDocument,
  exitCode: number,
  oomKilled: boolean,
  failedScript: number | null,
  lines: readonly string[],
): ModelManagementError {
  const name = failedScript === null ? undefined : run.fields.scripts[failedScript];
  const what = name === undefined ? 'The scripts' : `The script ${name}`;
  if (oomKilled) {
    return new ModelManagementError(
      'OUT_OF_MEMORY',
      `${what} needed more than the ${run.fields.limits.memoryBytes} bytes of memory allowed (exit code ${exitCode}).`,
      'Raise limits.memoryBytes of the job, or let the script read less at once.',
      { details: { exitCode } },
    );
  }
  // What a script prints and what it fails with come on two streams, in no certain order.
  const said = (lines.findLast((line) => FAILURE.test(line)) ?? lines.findLast((line) => line.trim() !== ''))?.slice(
    0,
    300,
  );
  if (SIGNALLED.includes(exitCode)) {
    return new ModelManagementError(
      'RUN_LOST',
      `${what} ended with exit code ${exitCode}, killed by something outside of the run: the engine or the machine stopped.`,
      'Run the job again; with retries it does so by itself.',
      { details: { exitCode } },
    );
  }
  return new ModelManagementError(
    'SCRIPT_FAILED',
    `${what} ended with exit code ${exitCode}${said ? `: ${said}` : '.'}`,
    'See the last lines of the log.',
    { details: { exitCode } },
  );
}

import { ModelManagementError } from '../../errors';

/** Why packages could not be installed: what pip said last of it. */
export function installError(
  exitCode: number | null,
  isOutOfMemory: boolean,
  tail: readonly string[],
): ModelManagementError {
  const cause = tail.findLast((line) => /^ERROR:|error:/i.test(line)) ?? tail.at(-1) ?? 'it said nothing';
  const why = isOutOfMemory ? 'it ran out of memory' : cause.slice(0, 300);
  return new ModelManagementError(
    'INSTALL_FAILED',
    `pip install -r requirements.txt failed with exit code ${exitCode}: ${why}`,
    'Correct requirements.txt; see the log. Without internet set modelManagement.training.pipIndexUrl.',
    { details: { exitCode, lines: tail } },
  );
}

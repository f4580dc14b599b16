import type { VersionNumber } from '../ids';

/** One move of `deployed`, in the order they happened. */
export interface DeployedMove {
  readonly kind: 'deploy' | 'rollback';
  readonly version: VersionNumber;
}

/**
 * What was deployed, oldest first; the last is deployed now, the one before it is what a rollback deploys. A deploy
 * pushes, unless that version is on top already; a rollback pops. Versions that no longer exist are jumped over, and
 * so is a version that would roll back to itself.
 */
export function undoStack(
  moves: readonly DeployedMove[],
  exists: (version: VersionNumber) => boolean,
): readonly VersionNumber[] {
  // Repetitions go at the end, together with those that deletions bring about.
  const stack: VersionNumber[] = [];
  for (const { kind, version } of moves) {
    if (kind === 'rollback') while (stack.length > 0 && stack.at(-1) !== version) stack.pop();
    stack.push(version);
  }
  return stack.filter(exists).filter((version, index, existing) => version !== existing[index - 1]);
}

/** The version a rollback deploys, or undefined when there is nothing to roll back to. */
export function rollbackTarget(stack: readonly VersionNumber[]): VersionNumber | undefined {
  return stack.at(-2);
}

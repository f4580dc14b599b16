import type { Context } from 'mocha';

/**
 * Skips the test, loudly, when the machine lacks what it needs; under CI a missing requirement is a failure,
 * because there the test command itself installs everything.
 */
export function requireOrSkip(test: Context, isPresent: boolean, what: string): void {
  if (isPresent) return;
  if (process.env['CI']) throw new Error(`missing on this machine, and CI may not skip: ${what}`);
  process.stderr.write(`SKIPPED for want of ${what}: ${test.test?.fullTitle() ?? ''}\n`);
  // biome-ignore lint/suspicious/noSkippedTests: the one place that may skip, and only outside CI
  test.skip();
}

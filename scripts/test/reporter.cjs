// Mocha's spec output, and the counts and failures in the file named by MM_TEST_SUMMARY for scripts/test.mjs to add up.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Runner.constants;

const REASON_LENGTH = 1500;

module.exports = class SummaryReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const failures = [];
    runner.on(EVENT_TEST_FAIL, (test, error) =>
      failures.push(`${test.fullTitle()}\n${String(error?.stack ?? error).slice(0, REASON_LENGTH)}`),
    );
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(EVENT_RUN_END, () => {
      const summary = { passed: this.stats.passes, failed: this.stats.failures, failures, skipped };
      writeFileSync(process.env.MM_TEST_SUMMARY, JSON.stringify(summary));
    });
  }
};

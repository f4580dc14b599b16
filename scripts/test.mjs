// `npm test [group …] [-- --long]`: provisions, builds, runs the groups as separate processes, two at a time, and ends
// with one line of counts. A group that crashes, hangs or holds no tests is a failure; so is a skip under CI.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exited, killTree, start } from './child.mjs';
import {
  ensureBuild,
  ensureDependencies,
  ensureTestPackages,
  environmentFor,
  nodeBinaries,
  root,
} from './provision.mjs';
import { chooseGroups, filesOf } from './test/groups.mjs';

const isLong = process.argv.includes('--long');
const isCI = Boolean(process.env.CI) && process.env.CI !== 'false';
const GROUP_TIMEOUT_MS = (isLong ? 90 : 40) * 60_000;
const EXIT_GRACE_MS = 15_000;
const LANE_COUNT = process.argv.includes('--serial') ? 1 : Math.min(2, availableParallelism());
const scratch = mkdtempSync(join(tmpdir(), 'mm-test-'));
const NO_SUMMARY = { passed: 0, failed: 0, failures: [], skipped: [] };
const running = new Set();

const minutes = (sinceMs) => `${((Date.now() - sinceMs) / 60_000).toFixed(1)} min`;

/** Kills the group when it takes too long, or when its tests are over but it does not end. */
function superviseEnd(child, summaryFile, startedAt) {
  const state = { reason: undefined };
  let overSince;
  const timer = setInterval(() => {
    if (overSince === undefined && existsSync(summaryFile)) overSince = Date.now();
    if (Date.now() - startedAt > GROUP_TIMEOUT_MS) state.reason = `did not end within ${GROUP_TIMEOUT_MS / 60_000} min`;
    else if (overSince !== undefined && Date.now() - overSince > EXIT_GRACE_MS) {
      state.reason = 'did not exit after its last test: something is still open';
    }
    if (state.reason) killTree(child.pid);
  }, 500);
  void exited(child).then(() => clearInterval(timer));
  return state;
}

/** What the reporter wrote; nothing when the process ended before its tests did, whatever its exit code. */
function readSummary(file, code) {
  if (!existsSync(file)) return { ...NO_SUMMARY, crash: `ended with code ${code} amid its tests` };
  const summary = JSON.parse(readFileSync(file, 'utf8'));
  return code !== 0 && summary.failed === 0 ? { ...summary, crash: `ended with code ${code}` } : summary;
}

async function runGroup(group, isAlone) {
  const startedAt = Date.now();
  const files = filesOf(group, isLong);
  if (files.length === 0) return { ...group, ...NO_SUMMARY, failed: 1, problem: 'holds no tests' };
  console.log(`▸ ${group.name}: Node-RED ${group.nodeRed}, Node ${group.node}, ${files.length} files`);
  const summaryFile = join(scratch, `${group.name}.json`);
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = join(root, 'scripts', 'test', 'reporter.cjs');
  const child = start(nodeBinaries[group.node], [mocha, '--reporter', reporter, ...files], {
    cwd: root,
    env: {
      ...environmentFor(group.node),
      MM_NODE_RED: String(group.nodeRed),
      MM_TEST_SUMMARY: summaryFile,
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
    stdio: ['ignore', isAlone ? 'inherit' : 'pipe', isAlone ? 'inherit' : 'pipe'],
  });
  running.add(child);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const supervision = superviseEnd(child, summaryFile, startedAt);
  const code = await exited(child);
  running.delete(child);
  process.stdout.write(Buffer.concat(output));
  const { crash, ...summary } = readSummary(summaryFile, code);
  const problem = supervision.reason ?? crash;
  const failed = summary.failed + (problem ? 1 : 0);
  console.log(`◂ ${group.name}: ${summary.passed} passed, ${failed} failed, ${minutes(startedAt)}`);
  return { ...group, ...summary, failed, problem };
}

async function runAll(groups) {
  const waiting = [...groups];
  const results = [];
  const lane = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      results.push(await runGroup(group, groups.length === 1));
    }
  };
  await Promise.all(Array.from({ length: LANE_COUNT }, lane));
  return results;
}

const sum = (results, of) => results.reduce((total, result) => total + of(result), 0);

/** Failures are told again here: the lines above are thousands, and often only the last of them are kept. */
function report(results) {
  for (const { name, problem, failures } of results) {
    for (const failure of failures) console.error(`FAILED ${name}: ${failure}`);
    if (problem) console.error(`FAILED ${name}: ${problem}`);
  }
  const skipped = results.flatMap((result) => result.skipped.map((title) => `${result.name}: ${title}`));
  for (const title of skipped) console.error(`SKIPPED ${title}`);
  const skipsAsFailures = isCI ? skipped.length : 0;
  if (skipsAsFailures > 0) console.error(`${skipsAsFailures} skipped: under CI that is a failure`);
  const passed = sum(results, (result) => result.passed);
  const failed = sum(results, (result) => result.failed);
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return passed > 0 && failed + skipsAsFailures === 0;
}

async function main() {
  const startedAt = Date.now();
  const groups = chooseGroups(
    process.argv.slice(2).filter((argument) => !argument.startsWith('-')),
    isLong,
  );
  await Promise.all([ensureDependencies().then(ensureBuild), ensureTestPackages()]);
  const results = await runAll(groups);
  console.log(`Groups: ${results.map((result) => result.name).join(', ')} in ${minutes(startedAt)}`);
  return report(results);
}

process.on('exit', () => {
  for (const child of running) killTree(child.pid);
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error) => {
    console.error(`npm test: ${error.message}`);
    process.exit(1);
  },
);

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { type Bench, type BenchOptions, isMet, tableOf } from './support/bench';

/* Runs benches and prints a table of each, or one object of all. Its argument is JSON, made by scripts/bench.mjs. */

interface Arguments extends BenchOptions {
  readonly names: readonly string[];
  readonly isJson: boolean;
}

function versionOf(module: string): string {
  return (require(`${module}/package.json`) as { version: string }).version;
}

function mosquittoVersion(): string | null {
  try {
    return /version ([\d.]+)/.exec(execFileSync('mosquitto', ['-h'], { encoding: 'utf8' }))?.[1] ?? null;
  } catch (error) {
    // It prints its help and ends with 3.
    return /version ([\d.]+)/.exec(String(Object(error).stdout))?.[1] ?? null;
  }
}

const machine = () => ({
  at: new Date().toISOString(),
  processor: cpus()[0]?.model ?? '',
  processorCount: cpus().length,
  memoryBytes: totalmem(),
  loadBefore: loadavg(),
  node: process.version,
  nodeRed: versionOf('node-red'),
  onnxruntime: versionOf('onnxruntime-node'),
  mosquitto: mosquittoVersion(),
});

async function main(): Promise<void> {
  const { names, isJson, ...options } = JSON.parse(process.argv[2] ?? '') as Arguments;
  const facts = machine();
  const report: Record<string, unknown> = {};
  let hasFailed = false;
  for (const name of names) {
    try {
      const { bench } = require(`./${name}`) as { bench: Bench };
      const rows = await bench.run(options);
      report[name] = { title: bench.title, rows: rows.map((row) => ({ ...row, isMet: isMet(row) ?? null })) };
      (isJson ? process.stderr : process.stdout).write(tableOf(bench, rows));
    } catch (error) {
      hasFailed = true;
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify({ machine: facts, benches: report })}\n`);
  // Node-RED in this process leaves timers behind.
  process.exit(hasFailed ? 1 : 0);
}

void main();

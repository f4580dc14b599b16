import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const benchProgram = join(__dirname, '..', '..', 'scripts', 'bench.mjs');

/** What `npm run bench -- <names> --json` prints. */
export interface BenchReport {
  readonly machine: { readonly processorCount: number; readonly onnxruntime: string };
  readonly benches: Readonly<Record<string, { readonly rows: readonly BenchRow[] }>>;
}

export interface BenchRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly isMet: boolean | null;
}

/** Runs benches in short rounds. @param args - names, and further options */
export async function benchReport(...args: readonly string[]): Promise<BenchReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [benchProgram, ...args, '--quick', '--json']);
  return JSON.parse(stdout) as BenchReport;
}

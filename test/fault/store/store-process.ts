import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from '../../support/temporary-folder';

/** The program of `store-program.ts` or another entry, compiled once for all processes of a test file. */
export interface StoreProgram extends AsyncDisposable {
  /** Starts it in one of its modes; standard output is the second, standard error the third of `stdio`. */
  start(args: readonly string[], nodeArgs?: readonly string[]): StoreProcess;
}

export interface StoreProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** All it has printed so far, on both streams. */
  output(): string;
  /** `kill -9`, and waits until the process is gone. */
  kill(): Promise<void>;
  /** Waits until it ends by itself. */
  ended(): Promise<void>;
}

export async function storeProgram(entry = join(__dirname, 'store-program.ts')): Promise<StoreProgram> {
  const folder = await temporaryFolder();
  const outfile = join(folder.path, 'store-program.cjs');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node22', logLevel: 'error' });
  return {
    start: (args, nodeArgs = []) => startProcess([...nodeArgs, outfile, ...args]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function startProcess(args: readonly string[]): StoreProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = async (): Promise<void> => void (await closed);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended();
  };
  return { child, output: () => output, kill, ended, [Symbol.asyncDispose]: kill };
}

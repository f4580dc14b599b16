import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder';
import type { ProgramOptions, ProgramResult } from './training-program';

type Result = ProgramResult & { readonly deployed: number };

/** Writes the model anew with the same bytes, a metric, and a line for each time it ran. */
export const SCRIPT = `import os
data = open(os.environ['model_file_path'], 'rb').read()
open(os.environ['model_file_path'], 'wb').write(data)
open(os.environ['accuracy_path'], 'w').write('0.5')
open(os.environ['additional_output_folder_path'] + 'ran.txt', 'a').write('x')
`;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly result: Result | undefined;
  readonly errors: string;
}

export async function runProgram(options: ProgramOptions): Promise<Ended> {
  const program = join(__dirname, 'training-program.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--require', 'tsx/cjs', program, JSON.stringify(options)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  return { code, signal, errors, result: code === 0 ? (JSON.parse(output) as Result) : undefined };
}

/** As `SCRIPT`, but long enough to be caught at it. */
export const LONG_SCRIPT = `import time
print('begun')
time.sleep(2)
print('over')
${SCRIPT}`;

type Kill =
  | Required<Pick<ProgramOptions, 'killAt'>>
  | Required<Pick<ProgramOptions, 'killWhenLogged'>>
  | Required<Pick<ProgramOptions, 'killWhenCancelledAtCommit'>>;

/** Ends itself and what waits for it, as a machine that goes down does. */
const LOSING_SCRIPT = `import os, signal
os.killpg(0, signal.SIGKILL)
`;

/** Kills the process at one point of a run that is lost, starts it again, and checks that it was tried again once. */
export async function killAndRetry(options: { readonly image: string }, kill: Kill): Promise<void> {
  await using folder = await temporaryFolder('mm-training-');
  const all = { ...options, runner: 'process', script: LOSING_SCRIPT, retries: 1, folder: folder.path } as const;
  const first = await runProgram({ ...all, isFirst: true, ...kill });
  assert.equal(first.signal, 'SIGKILL', `${JSON.stringify(kill)}: ${first.code} ${first.errors}`);
  const { result, errors } = await runProgram({ ...all, isFirst: false });
  assert.ok(result, errors);
  const ends = result.runs.map(({ state, attempt }) => [state, attempt]);
  assert.deepEqual(ends, [
    ['lost', 0],
    ['lost', 1],
  ]);
  assert.equal(result.failuresInRow, 2);
  assert.deepEqual(result.leftovers, []);
}

/** Kills the process at one point, starts it again, and checks that the run ended once and well. */
export async function killAndResume(options: Omit<ProgramOptions, 'folder' | 'isFirst'>, kill: Kill): Promise<void> {
  await using folder = await temporaryFolder('mm-training-');
  const first = await runProgram({ ...options, folder: folder.path, isFirst: true, ...kill });
  assert.equal(first.signal, 'SIGKILL', `${JSON.stringify(kill)}: ${first.code} ${first.errors}`);
  const { result, errors } = await runProgram({ ...options, folder: folder.path, isFirst: false });
  assert.ok(result, errors);
  const { runs, versions, leftovers, deployed } = result;
  // Killed before the run was written down, nobody has been told of one.
  if (runs.length === 0) assert.deepEqual(kill, { killAt: { write: 1, when: 'before' } });
  else {
    assert.deepEqual(runs, [{ state: 'succeeded', cleaned: true, rows: 3, error: null, attempt: 0 }]);
    assert.equal(versions.length, 2, JSON.stringify(versions));
    assert.equal(new Set(versions.map(({ runId }) => runId)).size, 2);
    assert.equal(deployed, 2);
    // One letter for each time the script ran in this folder.
    assert.equal(versions.find(({ version }) => version === 2)?.outputBytes, 1);
  }
  assert.deepEqual(leftovers, []);
}

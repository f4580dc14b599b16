import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

/**
 * Runs a TypeScript program with its options as JSON, and reads the JSON that it prints at its end.
 * @returns undefined when it was killed
 */
export async function runProgram<R>(program: string, options: object): Promise<R | undefined> {
  const node = ['--disable-warning=ExperimentalWarning', '--require', 'tsx/cjs', program, JSON.stringify(options)];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] });
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
  if (signal === 'SIGKILL') return undefined;
  assert.equal(code, 0, errors);
  return JSON.parse(output) as R;
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** What runs without Docker need: Python 3 and its module for environments. */
export const canRunPython = spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;

async function succeeds(file: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close').catch(() => [1])) as [number];
  return code === 0;
}

/**
 * A Python of its own that has the packages, made at the first call.
 * @returns its path; null where there is no Python or no package index
 */
export async function pythonWith(name: string, packages: readonly string[]): Promise<string | null> {
  const folder = join(root, '.cache', `python-${name}`);
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'complete');
  if (existsSync(marker)) return python;
  process.stderr.write(`Making a Python with ${packages.join(', ')} …\n`);
  const isMade =
    (await succeeds('python3', ['-m', 'venv', folder])) &&
    (await succeeds(python, ['-m', 'pip', 'install', '--quiet', ...packages])) &&
    (await succeeds(python, ['-c', `open(${JSON.stringify(marker)}, "w").close()`]));
  return isMade ? python : null;
}

/** A Python program that says `ready` on a line of its own. */
export class PythonProgram implements AsyncDisposable {
  private constructor(private readonly child: ChildProcess) {}

  static async start(python: string, script: string, args: readonly string[]): Promise<PythonProgram> {
    const child = spawn(python, ['-c', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text: Buffer) => text.toString().includes('ready') && resolve());
      child.once('exit', (code) => reject(new Error(`the Python program ended with ${code}`)));
    });
    await ready;
    return new PythonProgram(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '..', '..');
let built: Promise<string> | undefined;

async function buildOnce(): Promise<string> {
  // Inside the project, so that packages resolve as they do from dist.
  const folder = join(root, '.cache', `engine-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: ['lib/inference/*.ts', 'lib/registry/*.ts', 'lib/*.ts', 'test/support/faulty-engine-process.ts'],
    outdir: folder,
    outbase: '.',
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'warning',
  });
  return folder;
}

function buildFolder(): Promise<string> {
  built ??= buildOnce();
  return built;
}

/** The engine process, built from the sources as they are now, once per test process. */
export async function builtEngineProcessPath(): Promise<string> {
  return join(await buildFolder(), 'lib', 'inference', 'engine-process.js');
}

/** The same engine process with the faults of `faulty-engine-process.ts` built in. */
export async function builtFaultyEngineProcessPath(): Promise<string> {
  return join(await buildFolder(), 'test', 'support', 'faulty-engine-process.js');
}

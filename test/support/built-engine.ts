import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '..', '..');
let built: Promise<string> | undefined;

async function buildOnce(): Promise<string> {
  const folder = join(root, '.cache', `engine-${process.pid}`);
  await build({
    absWorkingDir: root,
    entryPoints: ['lib/inference/*.ts', 'lib/registry/*.ts', 'lib/*.ts'],
    outdir: folder,
    outbase: 'lib',
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'warning',
  });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'inference', 'engine-process.js');
}

/** The engine process built from the sources as they are now, once per test process; inside the project, so that packages resolve. */
export function builtEngineProcessPath(): Promise<string> {
  built ??= buildOnce();
  return built;
}

import { rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '..', '..');
const supportFiles = ['faulty-engine-process', 'public-engine-process', 'engine-host', 'feeds'].map(
  (name) => `test/support/${name}.ts`,
);
let built: Promise<string> | undefined;

async function buildOnce(): Promise<string> {
  // Inside the project, so that packages resolve as they do from dist.
  const folder = join(root, '.cache', `engine-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: ['lib/inference/**/*.ts', 'lib/registry/**/*.ts', 'lib/*.ts', ...supportFiles],
    outdir: folder,
    outbase: '.',
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'warning',
  });
  const wasm = join('lib', 'inference', 'child', 'wasm');
  await cp(join(root, 'dist', wasm), join(folder, wasm), { recursive: true });
  return folder;
}

function buildFolder(): Promise<string> {
  built ??= buildOnce();
  return built;
}

/** The engine process, built from the sources as they are now, once per test process. */
export async function builtEngineProcessPath(): Promise<string> {
  return join(await buildFolder(), 'lib', 'inference', 'child', 'engine-process.js');
}

/** The same engine process with the faults of `faulty-engine-process.ts` built in. */
export async function builtFaultyEngineProcessPath(): Promise<string> {
  return join(await buildFolder(), 'test', 'support', 'faulty-engine-process.js');
}

/** The same engine process, kept to the public interface of onnxruntime-node. */
export async function builtPublicEngineProcessPath(): Promise<string> {
  return join(await buildFolder(), 'test', 'support', 'public-engine-process.js');
}

/** A process that holds an engine, as Node-RED does: see `engine-host.ts`. */
export async function builtEngineHostPath(): Promise<string> {
  return join(await buildFolder(), 'test', 'support', 'engine-host.js');
}

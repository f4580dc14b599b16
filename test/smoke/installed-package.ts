import { execFile } from 'node:child_process';
import { glob, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const projectFolder = dirname(dirname(__dirname));
/** The npm that comes with Node-RED 5, run by the Node under test, as the palette manager does. */
const npmCli = join(projectFolder, 'node_modules', 'npm', 'bin', 'npm-cli.js');
const NPM_TIMEOUT_MS = 180_000;

async function npm(folder: string, args: readonly string[]): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'));
  const { stdout } = await execFileAsync(process.execPath, [npmCli, ...args, '--loglevel=error'], {
    cwd: folder,
    timeout: NPM_TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
    env: { ...Object.fromEntries(inherited), ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  return stdout;
}

/** Packs the built project as it would be published (without building again) and returns the file's path. */
export async function packProject(targetFolder: string): Promise<string> {
  const answer = await npm(projectFolder, ['pack', '--ignore-scripts', '--json', '--pack-destination', targetFolder]);
  const [packed] = Object.values(JSON.parse(answer) as Record<string, { readonly filename: string }>);
  if (!packed) throw new Error(`npm pack told no file name: ${answer}`);
  return join(targetFolder, packed.filename);
}

/** Installs the packed file into an empty user directory with the options of Node-RED's palette manager. */
export async function installInto(userDir: string, tarball: string): Promise<void> {
  await writeFile(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  const options = ['--no-audit', '--no-fund', '--save', '--save-prefix=~', '--omit=dev', '--engine-strict'];
  await npm(userDir, ['install', ...options, '--prefer-offline', tarball]);
}

const runtimeFolder = (userDir: string): string => join(userDir, 'node_modules', 'onnxruntime-node');

/** Takes the native runtime out of an installation, as where npm could not install the optional dependency. */
export async function removeNativeRuntime(userDir: string): Promise<void> {
  await rename(runtimeFolder(userDir), join(userDir, 'taken-out'));
}

/** Puts it back with native files that no system loads, as on a system they were not made for. */
export async function breakNativeRuntime(userDir: string): Promise<void> {
  await rename(join(userDir, 'taken-out'), runtimeFolder(userDir));
  let count = 0;
  for await (const file of glob('bin/**/*.node', { cwd: runtimeFolder(userDir) })) {
    await writeFile(join(runtimeFolder(userDir), file), 'not of this machine');
    count += 1;
  }
  if (count === 0) throw new Error('onnxruntime-node has no native files where they were looked for');
}

/** The runtime in WebAssembly as it is installed. */
export const wasmFolder = (userDir: string): string =>
  join(
    userDir,
    'node_modules',
    '@edge-models',
    'node-red-model-management',
    'dist',
    'lib',
    'inference',
    'child',
    'wasm',
  );

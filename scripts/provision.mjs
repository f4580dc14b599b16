// Makes a clone ready to run: packages, the build, and for the tests what the system must have.
// Plain Node without packages, because it runs before there are any; Node 20 is enough.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeFile = process.platform === 'win32' ? 'node.exe' : 'node';

/** The Node binaries that come with the development dependencies, by major version. */
export const nodeBinaries = {
  22: join(root, 'node_modules', 'node', 'bin', nodeFile),
  24: join(root, 'node_modules', 'node24', 'bin', nodeFile),
};

/** Environment in which `node` and the installed commands are the ones of this clone. */
export function environmentFor(nodeMajor) {
  const folders = [dirname(nodeBinaries[nodeMajor]), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''];
  return { ...process.env, PATH: folders.join(delimiter) };
}

const digest = (text) => createHash('sha256').update(text).digest('hex');

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function areDependenciesCurrent(lockDigest) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed) || !Object.values(nodeBinaries).every((file) => existsSync(file))) return false;
  if (readIfThere(join(root, 'node_modules', '.provisioned')) === lockDigest) return true;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** `npm ci` when node_modules is missing or is not what package-lock.json says. */
export async function ensureDependencies() {
  const lockDigest = digest(readFileSync(join(root, 'package-lock.json')));
  if (areDependenciesCurrent(lockDigest)) return;
  const npmCache = process.env.npm_config_cache ?? join(homedir(), '.npm');
  console.log(`Installing packages (once, about a minute; npm's log is in ${join(npmCache, '_logs')}) …`);
  // onnxruntime-node fetches its CUDA files while it installs; the CPU binaries are in the package itself.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) await run('Installing packages', process.execPath, [npm, ...args], { cwd: root, env });
  else await run('Installing packages', 'npm', args, { cwd: root, env, shell: process.platform === 'win32' });
  for (const [major, file] of Object.entries(nodeBinaries)) {
    if (!existsSync(file)) {
      throw new Error(
        `Node ${major} is missing at ${file}. The npm package that brings it has an install script: ` +
          'allow it (npm config ignore-scripts must not be set), delete node_modules and try again.',
      );
    }
  }
  writeFileSync(join(root, 'node_modules', '.provisioned'), lockDigest);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Changes when a source is edited, added or removed. */
function sourceState() {
  const files = [
    ...['lib', 'nodes', 'plugins'].flatMap((folder) => filesUnder(join(root, folder))),
    join(root, 'scripts', 'build.mjs'),
    join(root, 'package-lock.json'),
  ];
  return digest(
    files
      .sort()
      .map((file) => `${file} ${statSync(file).mtimeMs} ${statSync(file).size}`)
      .join('\n'),
  );
}

/** Builds dist/ and resources/ when a source differs from what was built last; tells whether it did. */
export async function ensureBuild() {
  const stamp = join(root, '.cache', 'built');
  const state = sourceState();
  if (existsSync(join(root, 'dist')) && readIfThere(stamp) === state) return false;
  console.log('Building …');
  await run('The build', nodeBinaries[22], [join(root, 'scripts', 'build.mjs')], { cwd: root });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, state);
  return true;
}

/** What the tests use of the system, as Debian names it. */
const TEST_PACKAGES = [
  'chromium',
  'docker-registry',
  'docker.io',
  'git',
  'iptables',
  'libonnx-testdata',
  'mmdebstrap',
  'mosquitto',
  'openssh-client',
  'openssh-server',
  'openssl',
  'postgresql',
  'python3-venv',
];

/** `chromium` with less work, where the system's lists have it. */
const LIGHT_BROWSER = 'chromium-headless-shell';

function isInstalled(name) {
  const answer = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' });
  return answer.stdout?.includes('ok installed') ?? false;
}

const isOffered = (name) => spawnSync('apt-cache', ['show', name]).status === 0;

function apt(label, ...args) {
  return run(label, 'apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // Services must not start by themselves: the tests start their own on free ports and sockets.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
}

const install = (...names) => apt('Installing system packages', 'install', '-y', '--no-install-recommends', ...names);

/**
 * Installs what the tests use of the system, where we may (root on Debian). Elsewhere the tests that need it skip
 * with a word, and fail under CI.
 */
export async function ensureTestPackages() {
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!isDebian) return;
  const missing = TEST_PACKAGES.filter((name) => !isInstalled(name));
  try {
    if (missing.length > 0) {
      console.log(`Installing ${missing.join(', ')} for the tests …`);
      await apt('Reading the package lists', 'update');
      await install(...missing);
    }
  } catch (error) {
    console.error(`${error.message}; tests that need ${missing.join(', ')} will say so`);
  }
  if (isInstalled(LIGHT_BROWSER) || !isOffered(LIGHT_BROWSER)) return;
  await install(LIGHT_BROWSER).catch((error) => console.error(`${error.message}; the tests use chromium`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensureDependencies();
  await ensureBuild();
  if (process.argv.includes('--tests')) await ensureTestPackages();
}

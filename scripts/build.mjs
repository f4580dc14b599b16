// Builds dist/ (CommonJS, one file per source, as Node-RED's loader wants it) and resources/ (editor bundles).
import { cp, glob, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string[]} patterns */
async function find(patterns) {
  const found = [];
  for (const pattern of patterns) {
    for await (const file of glob(pattern, { cwd: root })) found.push(join(root, file));
  }
  return found.sort();
}

const isEditorSource = (file) => relative(root, file).split(sep).includes('editor');

async function buildRuntime() {
  const sources = (await find(['lib/**/*.ts', 'nodes/**/*.ts', 'plugins/**/*.ts'])).filter((f) => !isEditorSource(f));
  await build({
    entryPoints: sources,
    outdir: join(root, 'dist'),
    outbase: root,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    bundle: false,
    sourcemap: true,
    logLevel: 'warning',
  });
}

/** The calendar with what it is built on inside: a pure library that is no package of ours at run time. */
async function buildCalendar() {
  const { metafile } = await build({
    entryPoints: [join(root, 'lib', 'training', 'schedule', 'calendar.ts')],
    outfile: join(root, 'dist', 'lib', 'training', 'schedule', 'calendar.js'),
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    bundle: true,
    sourcemap: true,
    logLevel: 'warning',
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

async function copyStatic() {
  const files = await find([
    'nodes/**/*.html',
    'nodes/*/locales/**/*',
    'nodes/*/icons/*',
    'plugins/**/*.html',
    'plugins/**/locales/**/*',
    'lib/pipeline/library/built-in/*.js',
  ]);
  for (const file of files) {
    if (isEditorSource(file)) continue;
    const target = join(root, 'dist', relative(root, file));
    await mkdir(dirname(target), { recursive: true });
    await cp(file, target, { recursive: true });
  }
}

async function buildEditor() {
  const entries = await find(['plugins/*/editor/index.tsx', 'nodes/*/editor/index.tsx']);
  if (entries.length === 0) return [];
  const { metafile } = await build({
    entryPoints: entries.map((file) => ({ in: file, out: relative(root, file).split(sep)[1] })),
    outdir: join(root, 'resources'),
    platform: 'browser',
    format: 'iife',
    target: ['chrome110', 'firefox115', 'safari16'],
    bundle: true,
    minify: true,
    sourcemap: false,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

/**
 * The runtime for machines where onnxruntime-node does not load: its script in one file, and the two files that it looks
 * for beside itself. The rest of onnxruntime-web is for browsers.
 */
async function buildWasmRuntime() {
  const source = join(root, 'node_modules', 'onnxruntime-web', 'dist');
  const target = join(root, 'dist', 'lib', 'inference', 'child', 'wasm');
  await build({
    entryPoints: [join(source, 'ort.node.min.js')],
    outfile: join(target, 'onnxruntime-web.js'),
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    bundle: true,
    minify: true,
    logLevel: 'warning',
  });
  for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) {
    await cp(join(source, file), join(target, file));
  }
  await cp(join(root, 'scripts', 'onnxruntime-license.txt'), join(target, 'LICENSE.txt'));
}

/** What is bundled keeps its terms beside the bundles: minified code has no room for them. */
async function writeLicenses(inputs) {
  const names = inputs.flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  const parts = [...new Set(names)].sort().map(async (name) => {
    const folder = join(root, 'node_modules', name);
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const license = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    if (!license) throw new Error(`${name} is bundled, but its package holds no license file`);
    return `${name} ${version}\n\n${(await readFile(join(folder, license), 'utf8')).trim()}\n`;
  });
  const text = (await Promise.all(parts)).join(`\n${'-'.repeat(80)}\n\n`);
  await writeFile(join(root, 'resources', 'third-party-licenses.txt'), text);
}

/** Overwrites in place and then removes what this build did not write, so a running Node-RED never sees a gap. */
async function removeStale(startedAtMs) {
  for (const file of await find(['dist/**/*', 'resources/**/*'])) {
    const entry = await stat(file);
    if (entry.isFile() && entry.ctimeMs < startedAtMs) await rm(file, { force: true });
  }
}

export async function buildAll() {
  const startedAtMs = Date.now() - 1_000;
  const [, , bundled] = await Promise.all([buildRuntime(), copyStatic(), buildEditor(), buildWasmRuntime()]);
  // Over the plain one.
  await writeLicenses([...bundled, ...(await buildCalendar())]);
  await removeStale(startedAtMs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();

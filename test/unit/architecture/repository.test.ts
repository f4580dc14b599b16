import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { trackedFiles as files, read, root } from './tracked-files';

const MAX_LINE_COUNT = 400;
const MAX_DEPENDENCY_COUNT = 6;

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly 'node-red': { readonly nodes: Record<string, string>; readonly plugins: Record<string, string> };
}

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;

const isText = (file: string): boolean => !/\.(onnx|png|jpg|svg)$/.test(file);

describe('the repository', () => {
  it(`holds no source file over ${MAX_LINE_COUNT} lines`, () => {
    const long = files
      .filter((file) => /\.(ts|tsx|mjs|cjs|html|css)$/.test(file))
      .map((file) => ({ file, lineCount: read(file).split('\n').length - 1 }))
      .filter(({ lineCount }) => lineCount > MAX_LINE_COUNT);
    assert.deepEqual(long, []);
  });

  it('names no address in package-lock.json, so that any registry can serve the packages', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved":/);
  });

  it('lists the packages of every platform in package-lock.json, without which npm ci refuses to install', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    assert.deepEqual(
      named.filter((name) => !locked.has(name)),
      [],
    );
  });

  it('holds no mark of a merge that was left half done', () => {
    assert.deepEqual(
      files.filter((file) => isText(file) && /^(?:<{7}|>{7}) /m.test(read(file))),
      [],
    );
  });

  it('names no path of one machine', () => {
    const ofOneMachine = /(?:^|[\s"'`(=])(?:\/(?:home|Users|work|root)\/|[A-Z]:\\Users\\)\w/m;
    assert.deepEqual(
      files.filter((file) => isText(file) && ofOneMachine.test(read(file))),
      [],
    );
  });

  it('numbers its decisions without gaps, each number once, as their titles do', () => {
    const records = files.filter((file) => file.startsWith('docs/decisions/')).sort();
    const numbers = records.map((file) => Number(/^docs\/decisions\/(\d{4})-/.exec(file)?.[1]));
    assert.deepEqual(
      numbers,
      records.map((_, index) => index + 1),
    );
    const titled = records.filter((file, index) => !read(file).startsWith(`# ${index + 1}. `));
    assert.deepEqual(titled, []);
  });

  it(`has at most ${MAX_DEPENDENCY_COUNT} runtime dependencies`, () => {
    assert.ok(Object.keys(manifest.dependencies).length <= MAX_DEPENDENCY_COUNT);
  });

  it('has every script that CONTRIBUTING.md and README.md name', () => {
    const named = [
      ...`${read('README.md')}\n${read('CONTRIBUTING.md')}`.matchAll(/npm (?:run ([a-z:]+)|(start|test))/g),
    ];
    const missing = named
      .map(([, script, short]) => script ?? short ?? '')
      .filter((name) => !(name in manifest.scripts));
    assert.ok(named.length > 0);
    assert.deepEqual(missing, []);
  });
});

describe('the built package', () => {
  const { nodes, plugins } = manifest['node-red'];
  const entries = [...Object.values(nodes), ...Object.values(plugins)];

  for (const path of [...manifest.files, ...entries, ...entries.map((file) => file.replace(/\.js$/, '.html'))]) {
    it(`holds ${path}`, () => {
      assert.ok(existsSync(join(root, path)), `${path} is missing: run the build`);
    });
  }

  it('holds the terms of every package that the editor bundles carry', () => {
    const terms = read('resources/third-party-licenses.txt');
    for (const name of ['diff', 'preact', 'uplot']) assert.match(terms, new RegExp(`^${name} \\d`, 'm'));
    assert.match(terms, /Redistributions in binary form must reproduce/);
  });
});

// Runs the benches of bench/, all or those named: `npm run bench -- engine flow --json`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, environmentFor, nodeBinaries, root } from './provision.mjs';

const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => basename(file, '.ts'))
  .sort();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** One object of all instead of tables. */
    json: { type: 'boolean', default: false },
    /** Short rounds. */
    quick: { type: 'boolean', default: false },
    /** A folder for CPU profiles of the processes that matter. */
    profile: { type: 'string' },
    /** So many at most, in the bench of that name. */
    edges: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}; there are: ${known.join(', ')}.`);
  process.exit(2);
}
const edgeCount = values.edges === undefined ? null : Number(values.edges);
if (edgeCount !== null && !(Number.isInteger(edgeCount) && edgeCount > 0)) {
  console.error(`--edges takes a number from 1, got ${values.edges}.`);
  process.exit(2);
}
// With --json nothing but the object goes to stdout.
if (values.json) console.log = console.error;
await ensureBuild();
const options = {
  names: positionals.length > 0 ? positionals : known,
  isJson: values.json,
  isQuick: values.quick,
  profileFolder: values.profile === undefined ? null : resolve(values.profile),
  edgeCount,
};
const { status } = spawnSync(
  nodeBinaries[22],
  ['-r', 'tsx/cjs', join(root, 'bench', 'main.ts'), JSON.stringify(options)],
  {
    cwd: root,
    env: environmentFor(22),
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);

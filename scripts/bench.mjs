// Runs the benches of bench/, all or those named: `npm run bench -- engine flow --json`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureBuild, environmentFor, nodeBinaries, root } from './provision.mjs';

const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => basename(file, '.ts'))
  .sort();

const given = process.argv.slice(2);
const profileAt = given.indexOf('--profile');
const isName = (argument, index) => !argument.startsWith('-') && (profileAt < 0 || index !== profileAt + 1);
const wanted = given.filter(isName);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}; there are: ${known.join(', ')}.`);
  process.exit(2);
}
// With --json nothing but the object goes to stdout.
if (given.includes('--json')) console.log = console.error;
await ensureBuild();
const options = given.filter((argument, index) => !isName(argument, index));
const names = wanted.length > 0 ? wanted : known;
const { status } = spawnSync(
  nodeBinaries[22],
  ['-r', 'tsx/cjs', join(root, 'bench', 'main.ts'), ...names, ...options],
  {
    cwd: root,
    env: environmentFor(22),
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);

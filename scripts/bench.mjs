// Runs the benches of bench/, all or those named: `npm run bench -- engine`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nodeBinaries, root } from './provision.mjs';

const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .sort();

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}; there are: ${known.join(', ')}.`);
  process.exit(2);
}
let failedCount = 0;
for (const name of wanted.length > 0 ? wanted : known) {
  const { status } = spawnSync(nodeBinaries[22], ['-r', 'tsx/cjs', join(root, 'bench', `${name}.ts`)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) failedCount++;
}
process.exit(failedCount === 0 ? 0 : 1);

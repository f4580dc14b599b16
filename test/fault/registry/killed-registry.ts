import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistryIn } from '../../support/registry-folder';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';
import { storeProgram } from '../store/store-process';
import { checkConsistent, createdNumbers } from './consistency';

/**
 * Kills a process that works on a registry again and again on the same folder. After each kill the registry must
 * open consistent, hold every acknowledged change, and have counted without gap or repetition.
 *
 * @returns how many changes were acknowledged in all
 */
export async function killRegistryRepeatedly(roundCount: number): Promise<number> {
  await using program = await storeProgram(join(__dirname, 'registry-program.ts'));
  await using folder = await temporaryFolder();
  const [dataPath, journalPath] = [join(folder.path, 'data'), join(folder.path, 'journal')];
  let acknowledgedCount = 0;
  for (let round = 0; round < roundCount; round++) {
    await writeFile(journalPath, '');
    await using worker = program.start([dataPath, journalPath]);
    const ackCount = 1 + ((round * 7) % 17);
    await waitFor(async () => (await readFile(journalPath, 'utf8')).split('ack').length > ackCount, {
      intervalMs: 1,
      timeoutMs: 60_000,
      what: `${ackCount} changes, got: ${worker.output()}`,
    });
    await worker.kill();
    const lines = (await readFile(journalPath, 'utf8')).split('\n');
    acknowledgedCount += lines.filter((line) => line.startsWith('ack')).length;
    await checkAfterKill(dataPath, lines, round);
  }
  return acknowledgedCount;
}

async function checkAfterKill(dataPath: string, lines: readonly string[], round: number): Promise<void> {
  const { registry, blobs, close } = await openRegistryIn(dataPath);
  try {
    await checkConsistent(registry, blobs);
    const created = new Set(createdNumbers(registry, 'iris'));
    for (const line of lines) {
      const [word, what, ...rest] = line.split(' ');
      if (word !== 'ack') continue;
      const version = Number(rest.at(-1));
      if (what === 'upload') assert.ok(created.has(version), `round ${round}: upload ${version} is lost`);
      if (what === 'delete') assert.equal(registry.findVersion('iris', version), undefined, `round ${round}: ${line}`);
    }
    const moves = lines.filter((line) => /^(try|ack) (deploy|rollback)/.test(line));
    const last = moves.at(-1) ?? '';
    // A move that was tried and not acknowledged may have happened or not.
    if (last.startsWith('ack')) {
      const expected = Number(last.split(' ').at(-1));
      assert.equal(registry.getModel('iris').aliases['deployed'], expected, `round ${round}: ${last}`);
    }
  } finally {
    await close();
  }
}

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../../lib/log';
import { openDocumentStore } from '../../../lib/store';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';
import { entryOf, parseEntry } from './entry';
import type { StoreProgram } from './store-process';

interface Attempt {
  readonly n: number;
  /** The entry's number after the attempt; undefined after a deletion. */
  readonly result: number | undefined;
  isAcknowledged: boolean;
}

/**
 * Kills a writing process again and again on the same folder. After each kill the store must open, and every id must
 * stand as its last acknowledged write left it or as one of the unacknowledged writes after that would have.
 *
 * @returns how many writes were acknowledged in all
 */
export async function killWriterRepeatedly(program: StoreProgram, roundCount: number): Promise<number> {
  await using folder = await temporaryFolder();
  const dbPath = join(folder.path, 'db');
  let state = new Map<string, number>();
  let acknowledgedCount = 0;
  for (let round = 0; round < roundCount; round += 1) {
    const journalPath = join(folder.path, 'journal');
    await writeFile(journalPath, '');
    await using writer = program.start(['write', dbPath, journalPath]);
    const ackCount = 5 + ((round * 13) % 60);
    await waitFor(async () => (await readFile(journalPath, 'utf8')).split('ack').length > ackCount, {
      intervalMs: 1,
      what: `${ackCount} writes, got: ${writer.output()}`,
    });
    await writer.kill();
    const attempts = readJournal(await readFile(journalPath, 'utf8'));
    acknowledgedCount += [...attempts.values()].flat().filter(({ isAcknowledged }) => isAcknowledged).length;
    state = await checkedState(dbPath, state, attempts, round);
    assert.deepEqual(await readdir(dbPath), ['entries.db']);
  }
  return acknowledgedCount;
}

function readJournal(text: string): Map<string, Attempt[]> {
  const byId = new Map<string, Attempt[]>();
  const byNumber = new Map<number, Attempt>();
  for (const line of text.split('\n')) {
    const [word, number, verb, id = ''] = line.split(' ');
    const n = Number(number);
    if (word === 'ack') {
      const attempt = byNumber.get(n);
      if (attempt) attempt.isAcknowledged = true;
    }
    if (word !== 'try') continue;
    const attempt: Attempt = { n, result: verb === 'put' ? n : undefined, isAcknowledged: false };
    byNumber.set(n, attempt);
    byId.set(id, [...(byId.get(id) ?? []), attempt]);
  }
  return byId;
}

async function checkedState(
  dbPath: string,
  before: ReadonlyMap<string, number>,
  attempts: ReadonlyMap<string, readonly Attempt[]>,
  round: number,
): Promise<Map<string, number>> {
  const store = await openDocumentStore({ path: dbPath, name: 'entries', log: silentLog, parse: parseEntry });
  for (const id of new Set([...before.keys(), ...attempts.keys(), ...store.all().map(({ _id }) => _id)])) {
    const tried = attempts.get(id) ?? [];
    const lastAcknowledged = tried.findLastIndex(({ isAcknowledged }) => isAcknowledged);
    const certain = lastAcknowledged === -1 ? before.get(id) : tried[lastAcknowledged]?.result;
    const allowed = [certain, ...tried.slice(lastAcknowledged + 1).map(({ result }) => result)];
    const found = store.get(id)?.n;
    assert.ok(allowed.includes(found), `round ${round}: ${id} is ${found}, should be one of ${allowed}`);
    if (found !== undefined) assert.deepEqual(store.get(id), entryOf(id, found));
  }
  await store.close();
  return new Map(store.all().map(({ _id, n }) => [_id, n]));
}

import { openSync, writeSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../../lib/clock';
import { type Log, silentLog } from '../../../lib/log';
import { type DocumentStore, openBlobStore, openDataFolder, openDocumentStore } from '../../../lib/store';
import { type Entry, entryOf, parseEntry } from './entry';

/** What runs in a process of its own, to be killed. `node store-program.cjs <mode> <folder> …`. */
const modes: Record<string, (folder: string, argument: string) => Promise<void>> = {
  /** Writes without end; the journal at `argument` tells each attempt before and each success after. */
  write: async (folder, journalPath) => {
    const store = await openEntries(folder);
    const journal = openSync(journalPath, 'a');
    for (let n = store.all().reduce((max, entry) => Math.max(max, entry.n), 0) + 1; ; ) {
      const batch: Promise<void>[] = [];
      for (const end = n + 1 + (n % 7); n < end; n += 1) batch.push(writeOne(store, journal, n));
      if (n % 50 < 7) batch.push(store.compact());
      await Promise.all(batch);
    }
  },
  /** Fills the store with `argument` entries and compacts without end. */
  compact: async (folder, argument) => {
    const store = await openEntries(folder);
    await Promise.all(Array.from({ length: Number(argument) }, (_, n) => store.put(entryOf(`e${n}`, n))));
    process.stdout.write('filled\n');
    for (;;) await store.compact();
  },
  /** Holds the data folder until killed. */
  hold: async (path) => {
    await openDataFolder({ path, log: silentLog, clock: systemClock });
    process.stdout.write('held\n');
    await forever();
  },
  /** Uploads a blob of `argument` bytes and then waits for more bytes that never come. */
  upload: async (path, argument) => {
    const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
    const blobs = await openBlobStore({ path: folder.blobsPath, tempPath: folder.tempPath, log: silentLog });
    async function* chunks(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(Number(argument), 'x');
      process.stdout.write('sent\n');
      await forever();
    }
    await blobs.put(chunks(), { maxBytes: 1e9, signal: new AbortController().signal });
  },
  /** One write of 20 documents at once, one blob; each acknowledgement is followed by a look for a file of that name. */
  trace: async (path) => {
    const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
    const store = await openEntries(folder.dbPath);
    await mark(`${path}/before-documents`);
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.put(entryOf(`e${n}`, n))));
    await mark(`${path}/after-documents`);
    const blobs = await openBlobStore({ path: folder.blobsPath, tempPath: folder.tempPath, log: silentLog });
    await mark(`${path}/before-blob`);
    const bytes = (async function* () {
      yield Buffer.from('model');
    })();
    const lease = await blobs.put(bytes, { maxBytes: 1e9, signal: new AbortController().signal });
    await mark(`${path}/after-blob`);
    lease.release();
    await store.close();
    await folder.close();
  },
};

async function writeOne(store: DocumentStore<Entry>, journal: number, n: number): Promise<void> {
  const id = `e${(n * 7919) % 40}`;
  const isDeletion = n % 5 === 0;
  writeSync(journal, `try ${n} ${isDeletion ? 'delete' : 'put'} ${id}\n`);
  await (isDeletion ? store.delete(id) : store.put(entryOf(id, n)));
  writeSync(journal, `ack ${n}\n`);
}

function openEntries(path: string): Promise<DocumentStore<Entry>> {
  const log: Log = { ...silentLog, warn: (event) => process.stdout.write(`${event}\n`), child: () => log };
  return openDocumentStore({ path, name: 'entries', log, parse: parseEntry });
}

async function mark(path: string): Promise<void> {
  await access(path).catch(() => undefined);
}

async function forever(): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    await nextTurn();
  }
}

const [mode = '', folder = '', argument = ''] = process.argv.slice(2);
void modes[mode]?.(folder, argument).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});

import type { WriterCommand } from './protocol';
import { serve } from './serve';
import { breaksTransaction, writeError } from './sqlite-error';
import { Tables } from './tables';

type Change = Exclude<WriterCommand, { type: 'open' | 'list' }>;

interface Waiting {
  readonly command: Change;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

let tables: Tables | undefined;
let waiting: Waiting[] = [];

function opened(): Tables {
  if (!tables) throw new Error('the collections are not open');
  return tables;
}

function apply(command: Change, nowMs: number): unknown {
  switch (command.type) {
    case 'create':
      return opened().create(command.name, command.columns, command.retention, nowMs);
    case 'update':
      return opened().update(command.name, command.retention, nowMs);
    case 'remove':
      return opened().remove(command.name);
    case 'insert':
      return opened().insert(command.name, command.rows, command, nowMs);
    case 'expire':
      return opened().expire(nowMs);
  }
}

/** What came within one turn of the loop is one transaction; one that is refused does not take the others with it. */
function commit(): void {
  const batch = waiting;
  waiting = [];
  const settle: (() => void)[] = [];
  try {
    opened().transaction(() => {
      for (const { command, resolve, reject } of batch) {
        try {
          const result = opened().part(() => apply(command, Date.now()));
          settle.push(() => resolve(result));
        } catch (error) {
          // Then nothing of this batch is stored, whatever was said before.
          if (breaksTransaction(error)) throw error;
          settle.push(() => reject(writeError(error)));
        }
      }
    });
  } catch (error) {
    for (const { reject } of batch) reject(writeError(error));
    return;
  }
  for (const answer of settle) answer();
}

serve<WriterCommand>((command) => {
  if (command.type === 'open') {
    try {
      tables = Tables.open(command.path);
      return undefined;
    } catch (error) {
      throw writeError(error);
    }
  }
  // Behind the changes that came before it.
  if (command.type === 'list') {
    if (waiting.length > 0) commit();
    return opened().list();
  }
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setImmediate(() => waiting.length > 0 && commit());
    waiting.push({ command, resolve, reject });
  });
});

import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { DocumentStore } from '../../../lib/store';
import { frameLine } from '../../../lib/store/document-line';
import { temporaryFolder } from '../../support/temporary-folder';
import { type Note, openNotes } from './note';

type Step =
  | { readonly kind: 'insert' | 'put'; readonly id: string; readonly body: Note['body'] }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'compact' }
  | { readonly kind: 'crash'; readonly tornBytes: number; readonly hasCompactionCopy: boolean };

const id = fc.constantFrom('a', 'b', 'c.d', '$e', '7');
const body = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value)));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('insert', 'put'), id, body }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash'), tornBytes: fc.nat(60), hasCompactionCopy: fc.boolean() }),
  },
);

/** What the store should do, on a Map; gives what the call should come to. */
function applyTo(model: Map<string, Note>, step: Step): unknown {
  if (step.kind === 'delete') return model.delete(step.id);
  if (step.kind === 'insert' && model.has(step.id)) return 'INVALID_INPUT';
  if (step.kind === 'insert' || step.kind === 'put') model.set(step.id, { _id: step.id, body: step.body });
  return undefined;
}

async function applyToStore(store: DocumentStore<Note>, step: Step): Promise<unknown> {
  try {
    if (step.kind === 'delete') return await store.delete(step.id);
    if (step.kind === 'compact') return await store.compact();
    if (step.kind === 'insert') return await store.insert({ _id: step.id, body: step.body });
    if (step.kind === 'put') return await store.put({ _id: step.id, body: step.body });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** What a power cut may leave: the beginning of a line, and the beginning of a compacted file. */
async function crash(folder: string, step: Extract<Step, { kind: 'crash' }>): Promise<void> {
  const path = join(folder, 'notes.db');
  const line = frameLine(JSON.stringify({ _id: 'torn', body: 'never acknowledged, never to be seen' }));
  await appendFile(path, line.slice(0, step.tornBytes));
  if (step.hasCompactionCopy) await writeFile(`${path}~`, `${frameLine('{"_id":"copy","body":1}')}\n`);
}

describe('document store, compared with a Map', () => {
  it('agrees after any calls and crashes, one by one or many at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 8 }), async (ticks) => {
        await using folder = await temporaryFolder();
        const model = new Map<string, Note>();
        let store = await openNotes(folder.path);
        for (const steps of ticks) {
          const calls = steps.filter(({ kind }) => kind !== 'crash');
          const found = await Promise.all(calls.map((call) => applyToStore(store, call)));
          assert.deepEqual(
            found,
            calls.map((call) => applyTo(model, call)),
          );
          const end = steps.find((candidate) => candidate.kind === 'crash');
          if (end) {
            await crash(folder.path, end);
            store = await openNotes(folder.path);
          }
          const expected = [...model.values()].sort((a, b) => (a._id < b._id ? -1 : 1));
          assert.deepEqual(store.all(), expected);
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LibraryName } from '../../../../lib/ids';
import type { RevisionDocument } from '../../../../lib/pipeline/library';
import { stateOf } from '../../../../lib/pipeline/library/history';
import { LibraryJournal } from '../../../../lib/pipeline/library/journal';
import type { DocumentStore } from '../../../../lib/store';
import { FakeClock } from '../../../support/fake-clock';
import { openRevisions } from '../../../support/libraries';
import { temporaryFolder } from '../../../support/temporary-folder';

type Step =
  | { readonly kind: 'save'; readonly name: LibraryName; readonly source: string; readonly description: string }
  | { readonly kind: 'delete'; readonly name: LibraryName }
  | { readonly kind: 'failed write'; readonly name: LibraryName }
  | { readonly kind: 'restart' };

// Names are compared exactly: the first two are different libraries.
const name = fc.constantFrom('pipelib_a', 'pipelib_A', 'pipelib_constructor').map((text) => LibraryName.parse(text));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('save'),
      name,
      source: fc.string({ unit: 'binary', maxLength: 20 }),
      description: fc.string({ maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete'), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failed write'), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart') }) },
);

/** What should be known of one name: its revisions, oldest first; a deletion has no source. */
type Expected = Map<
  LibraryName,
  { readonly source: string | null; readonly description: string; readonly at: number }[]
>;

/** The state by the words of the promise, not by the code: the last life ends the list, or there is none. */
function expectedState(history: Expected extends Map<LibraryName, infer H> ? H : never) {
  const last = history.at(-1);
  if (!last || last.source === null) return undefined;
  let firstOfLife = history.length - 1;
  while (firstOfLife > 0 && history[firstOfLife - 1]?.source !== null) firstOfLife -= 1;
  return {
    revision: history.length,
    source: last.source,
    description: last.description,
    createdAt: history[firstOfLife]?.at,
    updatedAt: last.at,
  };
}

describe('the revisions of libraries, compared with a list per name', () => {
  it('agree after any saves, deletions, failed writes and restarts, one by one or many at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 8 }), async (ticks) => {
        await using folder = await temporaryFolder();
        const clock = new FakeClock();
        const expected: Expected = new Map();
        let store = await openRevisions(folder.path);
        let isFailing = false;
        const documents: Pick<DocumentStore<RevisionDocument>, 'all' | 'insert'> = {
          all: () => store.all(),
          insert: (document) => (isFailing ? Promise.reject(new Error('disk')) : store.insert(document)),
        };
        const open = (): LibraryJournal => {
          const journal = new LibraryJournal({ documents, clock });
          journal.load();
          return journal;
        };
        let journal = open();
        for (const steps of ticks) {
          clock.advance(1_000);
          await Promise.all(
            steps.map((one) => {
              if (one.kind !== 'save' && one.kind !== 'delete') return undefined;
              const { source, description } = one.kind === 'save' ? one : { source: null, description: '' };
              const history = expected.get(one.name) ?? [];
              expected.set(one.name, history);
              history.push({ source, description, at: clock.now() });
              return journal.write(one.name, 'ann', (append) => append({ source, description }));
            }),
          );
          for (const one of steps) {
            if (one.kind !== 'failed write') continue;
            isFailing = true;
            await assert.rejects(journal.write(one.name, null, (append) => append({ source: 'x', description: '' })));
            isFailing = false;
          }
          if (steps.some(({ kind }) => kind === 'restart')) {
            await store.close();
            store = await openRevisions(folder.path);
            journal = open();
          }
          for (const [known, history] of expected) {
            const found = journal.revisions(known);
            assert.deepEqual(
              found.map(({ revision, source, description, at, user }) => ({ revision, source, description, at, user })),
              history.map((entry, index) => ({ revision: index + 1, ...entry, user: 'ann' })),
            );
            const { name: _name, updatedBy: _user, ...state } = stateOf(found) ?? { name: known, updatedBy: '' };
            assert.deepEqual(state, expectedState(history) ?? {});
          }
          const existing = [...expected].filter(([, history]) => expectedState(history)).map(([known]) => known);
          assert.deepEqual(
            journal.states().map((state) => state.name),
            existing.sort(),
          );
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  });
});

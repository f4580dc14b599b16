import assert from 'node:assert/strict';
import { silentLog } from '../../../../lib/log';
import {
  PipelineDocument,
  PipelineDocuments,
  SavedTestName,
} from '../../../../lib/pipeline/pipelines/pipeline-documents';
import type { PipelineResult } from '../../../../lib/pipeline/pipelines/result-ring';
import { type DocumentStore, openDocumentStore } from '../../../../lib/store';
import { FakeClock } from '../../../support/fake-clock';
import { type TemporaryFolder, temporaryFolder } from '../../../support/temporary-folder';

const DAY_MS = 86_400_000;
const aResult = (runId: string): PipelineResult => ({
  runId,
  node: 'out',
  receivedAt: 1,
  topic: 'x',
  text: '1',
  isCut: false,
  state: 'published',
});
const aTest = (name: string, payload: unknown = 1) => ({ name, nodeId: null, payload });

describe('what is kept of pipelines', () => {
  let folder: TemporaryFolder;
  let store: DocumentStore<PipelineDocument>;
  let clock: FakeClock;
  let documents: PipelineDocuments;
  const open = async (): Promise<void> => {
    const options = { path: folder.path, name: 'pipelines', log: silentLog };
    store = await openDocumentStore({ ...options, parse: (raw) => PipelineDocument.parse(raw) });
    documents = new PipelineDocuments(store, clock);
  };
  beforeEach(async () => {
    folder = await temporaryFolder();
    clock = new FakeClock();
    await open();
  });
  afterEach(async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  });

  it('is there after a restart', async () => {
    await documents.keepResults('t', [aResult('r')]);
    await documents.keepTest('t', { name: 'zero', nodeId: 'in', payload: { 'a.b': [0], $c: 1 } });
    await documents.noteRestarting('t', true);
    await store.close();
    await open();
    assert.deepEqual(documents.results, [{ id: 't', results: [aResult('r')] }]);
    assert.deepEqual(documents.tests('t'), [{ name: 'zero', nodeId: 'in', payload: { 'a.b': [0], $c: 1 } }]);
    assert.deepEqual(documents.restarting, ['t']);
  });

  it('loses nothing to changes side by side', async () => {
    await Promise.all([
      documents.keepTest('t', aTest('b')),
      documents.keepResults('t', [aResult('r')]),
      documents.keepTest('t', aTest('a')),
      documents.noteRestarting('t', true),
      documents.noteRestarting('t', false),
    ]);
    assert.deepEqual(
      documents.tests('t').map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual([documents.results[0]?.results.length, documents.restarting], [1, []]);
  });

  it('replaces an input of the same name, and deletes one', async () => {
    await documents.keepTest('t', aTest('a', 1));
    await documents.keepTest('t', aTest('a', 2));
    assert.deepEqual(documents.tests('t'), [aTest('a', 2)]);
    await documents.deleteTest('t', 'a');
    assert.deepEqual(documents.tests('t'), []);
    await assert.rejects(documents.deleteTest('t', 'a'), { code: 'TEST_NOT_FOUND' });
  });

  it('is bounded', async () => {
    for (let index = 0; index < 50; index++) await documents.keepTest('t', aTest(`${index}`));
    await assert.rejects(documents.keepTest('t', aTest('one more')), { code: 'INVALID_INPUT' });
    await documents.keepTest('t', aTest('7', 'another'));
    assert.throws(() => documents.keepTest('t', aTest('long', 'x'.repeat(100_001))), { code: 'INVALID_INPUT' });
    assert.equal(documents.tests('t').length, 50);
  });

  it('is forgotten thirty days after its tab has gone, not when that comes back', async () => {
    for (const id of ['stays', 'goes', 'returns']) await documents.keepResults(id, []);
    await documents.prune(new Set(['stays']));
    clock.advance(29 * DAY_MS);
    await documents.prune(new Set(['stays', 'returns']));
    clock.advance(DAY_MS);
    await documents.prune(new Set(['stays']));
    assert.deepEqual(
      documents.results.map(({ id }) => id),
      ['returns', 'stays'],
    );
  });

  it('is forgotten with what others keep of the pipeline, unless they still need it', async () => {
    const revisions = new Set(['stays', 'goes', 'returns', 'runs']);
    const others = {
      ids: () => [...revisions].filter((id) => id !== 'runs'),
      forget: async (id: string) => void revisions.delete(id),
    };
    await documents.prune(new Set(['stays', 'returns']), others);
    clock.advance(29 * DAY_MS);
    await documents.prune(new Set(['stays']), others);
    assert.equal(revisions.size, 4);
    clock.advance(DAY_MS);
    await documents.prune(new Set(['stays']), others);
    assert.deepEqual([...revisions], ['stays', 'returns', 'runs']);
    await documents.prune(new Set(['stays', 'returns']), others);
    clock.advance(30 * DAY_MS);
    await documents.prune(new Set(['stays', 'returns']), others);
    assert.deepEqual([...revisions], ['stays', 'returns', 'runs']);
  });

  it('GIVEN_what_others_keep_that_cannot_be_forgotten_THEN_that_is_tried_again', async () => {
    let failures = 1;
    const revisions = new Set(['goes']);
    const others = {
      ids: () => [...revisions],
      forget: async (id: string) => {
        failures -= 1;
        if (failures >= 0) throw new Error('the disk is full');
        revisions.delete(id);
      },
    };
    await documents.prune(new Set(), others);
    clock.advance(30 * DAY_MS);
    await assert.rejects(documents.prune(new Set(), others));
    await documents.prune(new Set(), others);
    assert.equal(revisions.size, 0);
  });

  it('was kept in an older form, without inputs', async () => {
    assert.deepEqual(PipelineDocument.parse({ _id: 't', results: [], isRestarting: false }), {
      _id: 't',
      results: [],
      isRestarting: false,
      tests: [],
      goneSince: null,
    });
  });

  for (const name of ['', ' a', 'a/b', 'a\\b', 'a\nb', 'x'.repeat(81)])
    it(`takes no input called ${JSON.stringify(name.slice(0, 10))}`, () =>
      assert.equal(SavedTestName.safeParse(name).success, false));
  it('takes names of any language', () => assert.equal(SavedTestName.safeParse('Nullpunkt – 零').success, true));
});

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { edgeLink, openRunsEdge, runIsOver, wantedRun } from '../../support/runs-edge';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

describe('an edge whose power goes amid a run', function () {
  this.timeout(120_000);
  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });

  // All writes of a run that goes well, from its first note to its last; and those of putting it away.
  for (const write of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
    for (const when of ['before', 'after'] as const) {
      it(`GIVEN_the_power_goes_${when}_write_${write}_WHEN_it_starts_again_THEN_the_script_ran_once_and_its_outputs_are_there`, async () => {
        await using folder = await temporaryFolder();
        const notes = join(folder.path, 'notes');
        const gone = Promise.withResolvers<void>();
        const first = await openRunsEdge(folder.path, { cut: { write, when }, onCut: () => gone.resolve() });
        const wanted = await wantedRun(first, notes);
        first.runs.start(edgeLink, [wanted]);
        await Promise.race([gone.promise, runIsOver(first)]);
        await first.close();
        const second = await openRunsEdge(folder.path);
        second.runs.start(edgeLink, [wanted]);
        const word = await runIsOver(second);
        assert.equal(word.state, 'succeeded', JSON.stringify(word));
        assert.deepEqual(word.outputs?.map(({ kind }) => kind).sort(), ['log', 'outputs']);
        assert.equal(await readFile(notes, 'utf8'), 'begun\nended\n');
        second.runs.desire([]);
        await waitFor(async () => (await second.blobs.list()).length === 0, { what: 'its files to go' });
        assert.deepEqual(await readdir(join(folder.path, 'runs')), []);
        second.runs.desire([wanted]);
        await waitFor(() => second.reported()?.state === 'lost', { what: 'the fence to be known as spent' });
        assert.equal(await readFile(notes, 'utf8'), 'begun\nended\n');
        await second.close();
      });
    }
  }

  for (const write of [1, 2]) {
    for (const when of ['before', 'after'] as const) {
      it(`GIVEN_the_power_goes_${when}_write_${write}_of_putting_a_run_away_WHEN_it_starts_again_THEN_nothing_of_it_stays_AND_it_is_known_as_spent`, async () => {
        await using folder = await temporaryFolder();
        const first = await openRunsEdge(folder.path);
        const wanted = await wantedRun(first, join(folder.path, 'notes'));
        first.runs.start(edgeLink, [wanted]);
        await runIsOver(first);
        await first.close();
        const gone = Promise.withResolvers<void>();
        const never = new Promise<never>(() => undefined);
        let starts = 0;
        const second = await openRunsEdge(folder.path, {
          cut: { write, when },
          onCut: () => gone.resolve(),
          deps: {
            fetcher: {
              fetch: () => never,
              // It is gone before it comes to the files of the run.
              collect: async () => (starts++ === 0 ? { removed: [], freedBytes: 0 } : never),
            },
          },
        });
        second.runs.start(edgeLink, []);
        await gone.promise;
        await second.close();
        const third = await openRunsEdge(folder.path);
        assert.ok((await third.blobs.list()).length > 0, 'its files are there still');
        third.runs.start(edgeLink, []);
        await waitFor(async () => (await third.blobs.list()).length === 0, { what: 'its files to go' });
        assert.deepEqual(await readdir(join(folder.path, 'runs')), []);
        third.runs.desire([wanted]);
        await waitFor(() => third.reported()?.state === 'lost', { what: 'the fence to be known as spent' });
        await third.close();
      });
    }
  }
});

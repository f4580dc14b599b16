import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type ErrorCode, ModelManagementError } from '../../../lib/errors';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { edgeLink, openRunsEdge, runIsOver, wantedRun } from '../../support/runs-edge';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

describe('files of a run that do not come to its edge', function () {
  this.timeout(60_000);

  /** An edge whose fetches fail with one code until told otherwise. */
  const anEdgeWithout = async (path: string, code: ErrorCode) => {
    const state = { tries: 0, isFailing: true };
    const source = await openRunsEdge(path);
    const wanted = await wantedRun(source, join(path, 'notes'));
    await source.close();
    const edge = await openRunsEdge(path, {
      deps: {
        fetchPauseMs: 1,
        fetcher: {
          ...source.fetcher,
          fetch: async (artifact, options) => {
            state.tries += 1;
            if (!state.isFailing) return source.fetcher.fetch(artifact, options);
            throw new ModelManagementError(code, `nobody offers ${artifact.digest}`, 'Wait.');
          },
        },
      },
    });
    edge.runs.start(edgeLink, [wanted]);
    return { edge, state };
  };

  it('GIVEN_a_hub_that_has_them_no_more_WHEN_the_edge_asks_again_and_again_THEN_the_run_fails_with_the_reason', async () => {
    await using folder = await temporaryFolder();
    const { edge, state } = await anEdgeWithout(folder.path, 'NOT_FOUND');
    const word = await runIsOver(edge);
    assert.equal(word.state, 'failed', JSON.stringify(word));
    assert.match(word.error?.message ?? '', /^Files of the run are not on the hub: nobody offers sha256:/);
    assert.equal(state.tries, 10);
    await edge.close();
  });

  it('GIVEN_a_hub_that_is_away_WHEN_it_is_back_THEN_the_run_begins', async function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
    await using folder = await temporaryFolder();
    const { edge, state } = await anEdgeWithout(folder.path, 'TIMEOUT');
    await waitFor(() => state.tries > 25, { what: 'many tries' });
    assert.equal(edge.reported()?.state, 'queued');
    state.isFailing = false;
    assert.equal((await runIsOver(edge)).state, 'succeeded');
    await edge.close();
  });
});

import assert from 'node:assert/strict';
import { EdgeRunner } from '../../../lib/edges/hub/runs/edge-runner';
import type { RunDesk } from '../../../lib/edges/hub/runs/run-desk';
import type { ReportedRun } from '../../../lib/edges/protocol/run-documents';
import { ModelManagementError } from '../../../lib/errors';
import { onePerQuery } from '../../../lib/training/run/run-data';
import type { QueryInput } from '../../../lib/training/run/run-document';
import type { MarkedLog, RunTask } from '../../../lib/training/runners/runner';
import { aDigest } from '../../support/edge-run-builders';
import { someFields } from '../../support/training-builders';

const aQuery = (id: string, rows: number): QueryInput => ({
  id,
  rows,
  sizeBytes: 1,
  digest: aDigest(id),
  newDataOnly: false,
  windows: [],
});

/** An edge that has said its last word on a run. @param fails - what comes when its log is fetched */
function anEdgeThatSaid(word: Partial<ReportedRun>, own: readonly QueryInput[] = [], fails = 'DIGEST_MISMATCH') {
  const lines: string[] = [];
  const log: MarkedLog = {
    lastLines: lines,
    line: (line) => void lines.push(line),
    restart: () => undefined,
    mark: async () => 0,
  };
  const said = { run: 'r', fence: { epoch: 'e', counter: 1 }, state: 'succeeded', ...word } as ReportedRun;
  const desk = {
    get: () => ({ base: null, queries: own, logOffset: 0 }),
    follow: async (_run: string, _log: MarkedLog, _signal: AbortSignal, enough: (word: ReportedRun) => unknown) =>
      enough(said),
    fetch: () => Promise.reject(new ModelManagementError(fails as 'RUN_LOST', 'It does not come.', 'Wait.')),
  } as unknown as RunDesk;
  return { runner: new EdgeRunner('edge-2', desk), log, lines, signal: new AbortController().signal };
}

describe('a run that an edge carried out', () => {
  const task = { runId: 'r' } as RunTask;
  const environment = { key: null, imageId: 'image', packages: [], cached: true };
  const outputs = [{ kind: 'log', digest: aDigest('log'), sizeBytes: 10 }];

  it('ends as it ended there when its log does not come, and that is said in the log', async () => {
    const { runner, log, lines, signal } = anEdgeThatSaid({ outputs });
    const { exitCode } = await runner.train(task, environment, log, signal);
    assert.equal(exitCode, 0);
    assert.match(lines.join('\n'), /log did not come from edge-2.*It does not come/);
  });

  it('fails with the words of the edge when its log does not come', async () => {
    const error = { code: 'SCRIPT_FAILED', message: 'It failed.', hint: 'Mend it.' };
    const { runner, log, signal } = anEdgeThatSaid({ state: 'failed', error, outputs });
    await assert.rejects(runner.train(task, environment, log, signal), { code: 'SCRIPT_FAILED' });
  });

  it('is lost when the edge is', async () => {
    const { runner, log, signal } = anEdgeThatSaid({ outputs }, [], 'RUN_LOST');
    await assert.rejects(runner.train(task, environment, log, signal), { code: 'RUN_LOST' });
  });

  it('has the data that the hub read, whatever the edge says of it, and what the edge read', async () => {
    const said = [aQuery('hub', 0), aQuery('own', 3), aQuery('own', 4), aQuery('other', 5)];
    const { runner, log, signal } = anEdgeThatSaid({ queries: said }, [aQuery('hub', 7)]);
    const { queries } = await runner.delegation.prepared('r', log, signal);
    const job = { queries: [{ id: 'own' }, { id: 'hub' }] };
    assert.deepEqual(onePerQuery(job, queries), [aQuery('own', 3), aQuery('hub', 7)]);
  });

  it('is lost when its outputs are gone from the edge', async () => {
    const gone = [{ kind: 'outputs' as const, digest: aDigest('outputs'), sizeBytes: 10 }];
    const { runner, signal } = anEdgeThatSaid({ outputs: gone }, [], 'NOT_FOUND');
    const { limits } = someFields();
    await assert.rejects(runner.collect({ runId: 'r', limits } as RunTask, '/nowhere', signal), {
      code: 'RUN_LOST',
      message: 'The outputs are not on edge-2 any more.',
    });
  });
});

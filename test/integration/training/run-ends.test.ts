import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { ModelManagementError } from '../../../lib/errors';
import { noEdges, type TrainingEdge } from '../../../lib/training/edges';
import { runPaths } from '../../../lib/training/run/script-steps';
import type { Runner } from '../../../lib/training/runners/runner';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { TrainingHost, withRunner } from '../../support/training-host';
import { waitFor } from '../../support/wait-for';

/** Waits for a file, then ends itself and what waits for it, as a machine that goes down does. */
const losing = (gate: string): string => `import os, signal, time
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.02)
os.killpg(0, signal.SIGKILL)
`;

describe('what comes of the end of a run', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;

  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });
  beforeEach(async () => {
    folder = await temporaryFolder('mm-ends-');
  });
  afterEach(() => folder?.[Symbol.asyncDispose]());

  it('GIVEN_lost_run_that_is_not_tried_again_WHEN_putting_it_in_order_fails_at_first_THEN_it_is_not_tried_later', async () => {
    let isBroken = true;
    let triedCount = 0;
    await using host = await TrainingHost.open({
      folder: folder.path,
      wrapRunner: (runner) =>
        withRunner(runner, {
          remove: async (runId) => {
            triedCount += 1;
            if (isBroken) throw new Error('the disk is away');
            return runner.remove(runId);
          },
        }),
    });
    await host.addModel();
    const gate = `${folder.path}/gate`;
    await host.addJob(losing(gate), { retries: { max: 1, backoffMs: 1_000 } });
    const { id } = await host.start();
    await host.reached(id, 'training');
    await host.training.updateJob('job', { paused: true });
    await writeFile(gate, '');
    await waitFor(() => triedCount > 0, { what: 'it to be put in order in vain' });
    assert.equal(host.runs.get(id)?.settled, true);
    await host.training.updateJob('job', { paused: false });
    isBroken = false;
    await host.ended(id);
    assert.deepEqual(
      host.runs.all().map(({ state }) => state),
      ['lost'],
    );
  });

  it('tells each state once, and nothing when it is put in order', async () => {
    await using host = await TrainingHost.open({ folder: folder.path });
    await host.addModel();
    await host.addJob('raise SystemExit(1)');
    const told: string[] = [];
    host.training.onChange((change) => {
      if (change.kind === 'run') told.push(change.change);
    });
    await host.train();
    assert.deepEqual(told, ['queued', 'preparing', 'installing', 'training', 'failed']);
  });

  for (const late of ['prepared', 'environment'] as const) {
    it(`GIVEN_run_on_an_edge_WHEN_it_is_cancelled_before_its_${late}_is_heard_of_THEN_its_last_words_are_waited_for`, async () => {
      const stopped = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const hears = async (what: typeof late): Promise<void> => {
        if (what !== late) return;
        asked.resolve();
        await stopped.promise;
      };
      let runner: Runner | undefined;
      const edge: TrainingEdge = { name: 'edge-2', labels: [], state: 'online', sinceMs: 0, refusal: () => undefined };
      await using host = await TrainingHost.open({
        folder: folder.path,
        wrapRunner: (own) => {
          runner = withRunner(own, {
            delegation: {
              isGiven: () => true,
              give: async () => undefined,
              prepared: async () => {
                await hears('prepared');
                return { base: null, queries: [] };
              },
            },
            install: async () => {
              await hears('environment');
              return { key: null, imageId: '', packages: [], cached: true };
            },
            train: async (_task, _environment, log) => {
              log.line('putting my work in order');
              throw new ModelManagementError('RUN_CANCELLED', 'It was cancelled.', 'Start it again.');
            },
            stop: async () => {
              stopped.resolve();
              return true;
            },
          });
          return own;
        },
        edges: {
          ...noEdges,
          list: () => [edge],
          find: () => edge,
          runnerOn: async () => runner ?? noEdges.runnerOn('edge-2'),
        },
      });
      await host.addModel();
      await host.addJob('', { trainingEdge: 'edge-2', queries: [] });
      const { id } = await host.start();
      // Its state says so before its log is open.
      await asked.promise;
      assert.equal(host.runs.get(id)?.state, late === 'prepared' ? 'preparing' : 'installing');
      await host.training.cancelRun(id);
      const run = await host.ended(id);
      assert.equal(run.state, 'cancelled', JSON.stringify(run));
      const log = await readFile(runPaths(`${folder.path}/runs`, id).log, 'utf8');
      assert.match(log, /^Cancelled\.\nputting my work in order$/m);
    });
  }
});

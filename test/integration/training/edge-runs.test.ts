import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunView } from '../../../lib/training';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { exampleScript, irisRows } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

const WITH_METRIC = `import os, shutil
print('learning on', os.environ.get('WHERE', 'nothing'))
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
`;

describe('training on an edge', function () {
  this.timeout(240_000);
  let lab: EdgeTrainingLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await EdgeTrainingLab.start();
    await lab.hub.addModel();
    await lab.hub.addRows('iris', irisRows());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const runsFolder = (): string => join(lab.edge.userDir, 'model-management', 'runs');
  /** Nothing of any run is left on the edge. */
  const isTidy = (): Promise<unknown> =>
    waitFor(async () => !existsSync(runsFolder()) || (await readdir(runsFolder())).length === 0, {
      what: 'the edge to put its runs away',
    });

  it('makes a version on the hub, with data, files, metrics and the log', async () => {
    await lab.hub.addJob({ name: 'iris_job', trainingEdge: 'EDGE-2' }, exampleScript());
    const run = await lab.hub.train('iris_job');
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${await lab.hub.log(run.id)}\n${lab.edge.log}`);
    assert.deepEqual([run.edge, run.version, run.inputs.queries[0]?.rows], ['edge-2', 2, 150]);
    assert.ok((run.metrics?.['accuracy'] ?? 0) > 0.9, JSON.stringify(run.metrics));
    assert.deepEqual(
      run.phases.map(({ name }) => name),
      ['queued', 'preparing', 'installing', 'training', 'collecting'],
    );
    const log = await lab.hub.log(run.id);
    assert.match(log, /^Query q1: 150 rows/m);
    assert.match(log, /^Given to edge-2\.$/m);
    assert.match(log, /^\$ python3 retrain_scripts_1\.py$/m);
    assert.equal(log.match(/python3 retrain_scripts_1/g)?.length, 1, log);
    await isTidy();
  });

  it('goes on from what the edge made last, and tells when there is nothing new', async () => {
    const run = await lab.hub.train('iris_job');
    assert.deepEqual([run.state, run.reason], ['skipped', 'There are no new rows in iris.']);
  });

  it('gives secrets to the script, and to nobody who reads the broker', async () => {
    const heard: Buffer[] = [];
    const client = await lab.broker.connect('hub');
    client.on('message', (_topic, payload) => void heard.push(payload));
    await client.subscribeAsync('#');
    const env = { WHERE: 'the edge', TOKEN: { secret: 'a-secret-of-the-job' } };
    const script = `${WITH_METRIC}print(os.environ['TOKEN'][::-1])\n`;
    await lab.hub.addJob({ name: 'secretive', trainingEdge: 'edge-2', queries: [], env }, script);
    const run = await lab.hub.train('secretive');
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${await lab.hub.log(run.id)}`);
    assert.match(await lab.hub.log(run.id), /^learning on the edge\nboj-eht-fo-terces-a$/m);
    await client.endAsync();
    assert.ok(heard.length > 10, `${heard.length} messages`);
    assert.ok(!Buffer.concat(heard).includes('a-secret-of-the-job'));
  });

  it('fails with the words of the edge, and its log', async () => {
    await lab.hub.addJob(
      { name: 'failing', trainingEdge: 'edge-2', queries: [] },
      "print('about to fail')\nraise ValueError('no good')",
    );
    const run = await lab.hub.train('failing');
    assert.deepEqual([run.state, run.error?.code], ['failed', 'SCRIPT_FAILED'], JSON.stringify(run));
    assert.match(run.error?.message ?? '', /train\.py ended with exit code 1: ValueError: no good/);
    assert.match(await lab.hub.log(run.id), /about to fail/);
    await isTidy();
  });

  it('is ended by the time limit of the job, kept by the edge', async () => {
    const limits = { timeoutMs: 2_000 };
    await lab.hub.addJob({ name: 'slow', trainingEdge: 'edge-2', queries: [], limits }, 'import time\ntime.sleep(600)');
    const run = await lab.hub.train('slow');
    assert.deepEqual([run.state, run.error?.code], ['timed_out', 'RUN_TIMEOUT'], JSON.stringify(run));
  });

  it('is cancelled, and the script may put its work in order', async () => {
    const script = `import signal, sys, time
def end(*_):
    print('putting my work in order', flush=True); sys.exit(3)
signal.signal(signal.SIGTERM, end)
print('begun', flush=True)
time.sleep(600)`;
    await lab.hub.addJob({ name: 'endless', trainingEdge: 'edge-2', queries: [] }, script);
    const { id } = await lab.hub.start('endless');
    await waitFor(async () => (await lab.hub.log(id)).includes('begun'), { what: 'live lines' });
    await lab.hub.call('POST', `runs/${id}/cancel`);
    const run = await lab.hub.ended(id);
    assert.equal(run.state, 'cancelled', JSON.stringify(run));
    assert.match(await lab.hub.log(id), /putting my work in order/);
    await isTidy();
  });

  it('refuses an edge that is not there, and one that cannot', async () => {
    const unknown = await lab.hub.nodeRed.api<{ error: { details?: { field: string } } }>('POST', 'jobs', {
      name: 'nowhere',
      baseModel: 'iris',
      trainingEdge: 'edge-9',
    });
    assert.equal(unknown.status, 400, unknown.text);
    assert.match(unknown.text, /no edge named edge-9/);
    await lab.hub.call('POST', 'edges', { name: 'edge-3' });
    await lab.hub.addJob({ name: 'waiting', trainingEdge: 'edge-3', queries: [] }, WITH_METRIC);
    const refused = await lab.hub.nodeRed.api('POST', 'jobs/waiting/runs', {});
    assert.equal(refused.status, 422, refused.text);
    assert.match(refused.text, /edge-3 is pending: it has to be enrolled/);
  });

  it('runs on any edge that has a label, and waits until there is one', async () => {
    await lab.hub.addJob({ name: 'anywhere', trainingEdge: 'label:gpu', queries: [] }, WITH_METRIC);
    const refused = await lab.hub.nodeRed.api('POST', 'jobs/anywhere/runs', {});
    assert.equal(refused.status, 422, refused.text);
    assert.match(refused.text, /No edge has the label gpu/);
    await lab.hub.call('PATCH', 'edges/edge-2', { labels: ['gpu'] });
    const run = await lab.hub.train('anywhere');
    assert.deepEqual([run.state, run.edge], ['succeeded', 'edge-2'], JSON.stringify(run));
    await lab.edge.stop();
    await lab.edgeIs('offline');
    const { id } = await lab.hub.start('anywhere');
    assert.deepEqual([(await lab.hub.run(id)).state, (await lab.hub.run(id)).edge], ['queued', 'label:gpu']);
    await lab.edge.restart();
    const later = await lab.hub.ended(id);
    assert.deepEqual([later.state, later.edge], ['succeeded', 'edge-2'], JSON.stringify(later));
    await isTidy();
  });

  it('says what it waits for when no edge has its label any more, and can be cancelled', async () => {
    await lab.edge.stop();
    await lab.edgeIs('offline');
    const { id } = await lab.hub.start('anywhere');
    const waits = (text: RegExp): Promise<unknown> => {
      let last: RunView | undefined;
      return waitFor(
        async () => {
          last = await lab.hub.run(id);
          return last.state === 'queued' && text.test(last.waitsFor ?? '');
        },
        { what: () => `${text}: ${JSON.stringify(last)}` },
      );
    };
    await waits(/^No edge that has the label gpu and can take the run is online\.$/);
    await lab.hub.call('PATCH', 'edges/edge-2', { labels: [] });
    await waits(/^No edge has the label gpu\.$/);
    await lab.hub.call('POST', `runs/${id}/cancel`);
    const { state, waitsFor } = await lab.hub.ended(id);
    assert.deepEqual([state, waitsFor], ['cancelled', undefined]);
    await lab.edge.restart();
    await lab.edgeIs('online');
  });

  describe('with data that stays there', () => {
    const edgeCall = async (method: string, path: string, body?: unknown): Promise<void> => {
      const answer = await lab.edge.api(method, path, body);
      assert.ok(answer.status < 300, answer.text);
    };
    const rowsOf = (count: number) => irisRows().slice(0, count);

    before(async () => {
      await edgeCall('POST', 'collections', { name: 'own_iris' });
      await edgeCall('POST', 'collections/own_iris/rows', rowsOf(120));
      const own = { id: 'own', source: 'edge', query: 'SELECT * FROM own_iris', newDataOnly: true };
      const queries = [
        { ...own, newDataCollections: ['own_iris'] },
        { id: 'hub', query: 'SELECT * FROM iris LIMIT 7' },
      ];
      await lab.hub.addJob({ name: 'own_job', trainingEdge: 'edge-2', queries, emptyData: 'skip' });
    });

    it('reads the collections of the edge, and tells how many rows they had', async () => {
      const heard: Buffer[] = [];
      const client = await lab.broker.connect('hub');
      client.on('message', (_topic, payload) => void heard.push(payload));
      await client.subscribeAsync('#');
      const run = await lab.hub.train('own_job');
      await client.endAsync();
      const log = await lab.hub.log(run.id);
      assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${log}`);
      assert.deepEqual(
        run.inputs.queries.map(({ id, rows }) => [id, rows]),
        [
          ['own', 120],
          ['hub', 7],
        ],
      );
      assert.match(log, /^Query own: read on edge-2\.$/m);
      assert.match(log, /^Query own: 120 rows that are new\.$/m);
      // None of those that the other query sends.
      const row = irisRows()[60];
      const asStored = JSON.stringify(row).slice(1, 60);
      assert.ok(!Buffer.concat(heard).includes(asStored), 'its rows were on the broker');
    });

    it('goes on from the rows it had read, through versions of the hub', async () => {
      const nothing = await lab.hub.train('own_job');
      assert.deepEqual([nothing.state, nothing.reason], ['skipped', 'There are no new rows in own_iris.']);
      await edgeCall('POST', 'collections/own_iris/rows', irisRows().slice(120));
      const run = await lab.hub.train('own_job');
      assert.deepEqual([run.state, run.inputs.queries[0]?.rows], ['succeeded', 30], JSON.stringify(run));
    });

    it('fails with the reason when the edge has no such collection', async () => {
      const queries = [{ source: 'edge', query: 'SELECT * FROM nowhere' }];
      await lab.hub.addJob({ name: 'astray', trainingEdge: 'edge-2', queries });
      const run = await lab.hub.train('astray');
      assert.deepEqual([run.state, run.error?.code], ['failed', 'INVALID_QUERY'], JSON.stringify(run));
    });

    it('is not to be looked at from the hub', async () => {
      const query = { job: 'own_job', id: 'own', source: 'edge', query: 'SELECT * FROM own_iris' };
      const answer = await lab.hub.nodeRed.api('POST', 'collections/query/count', query);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.text, /the rows are on edge-2/);
    });
  });

  it('shows since when the edge of a run is away', async () => {
    await lab.edge.stop();
    await lab.edgeIs('offline');
    const { id } = await lab.hub.start('secretive');
    const shown = await waitFor(async () => (await lab.hub.run(id)).edgeOfflineSince, { what: 'the view to tell' });
    assert.ok(Date.now() - Date.parse(shown) < 60_000, shown);
    await lab.hub.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.hub.ended(id)).state, 'cancelled' satisfies RunView['state']);
    await lab.edge.restart();
    await lab.edgeIs('online');
    assert.equal((await lab.hub.train('secretive')).state, 'succeeded');
    await isTidy();
  });
});

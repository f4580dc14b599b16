import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { JobView, RunView } from '../../../lib/training';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import type { FlowNode } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { assertSortsByEveryField } from '../../support/sorting';
import { temporaryFolder } from '../../support/temporary-folder';
import { exampleScript, irisRows, TrainingLab } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';

/** Rewrites the model it was given, and counts the rows it got. */
const COUNTING = `import json, os
rows = [len(json.load(open(os.environ[name]))) for name in sorted(os.environ) if name.startswith('collection_data_')]
data = open(os.environ['model_file_path'], 'rb').read()
open(os.environ['model_file_path'], 'wb').write(data)
open(os.environ['accuracy_path'], 'w').write('0.5\\n')
print('rows', rows, os.environ.get('GREETING'), os.environ.get('PASSWORD'))
`;

describe('retraining', function () {
  this.timeout(240_000);
  let lab: TrainingLab;

  before(async function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
    lab = await TrainingLab.start();
    await lab.addModel();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const numbers = (count: number): readonly { x: number }[] => Array.from({ length: count }, (_, x) => ({ x }));

  it('reads all rows first, then those that are new: 1, 100, 101, 200 and 1,000 of them', async () => {
    await lab.addRows('counted', numbers(156));
    const queries = [{ query: 'SELECT * FROM counted', newDataOnly: true, newDataCollections: ['counted'] }];
    await lab.addJob({ name: 'counting', queries }, COUNTING);
    const seen: unknown[] = [];
    for (const count of [0, 1, 100, 101, 200, 1_000]) {
      if (count > 0) await lab.addRows('counted', numbers(count));
      const run = await lab.train('counting');
      seen.push([run.state, run.inputs.queries[0]?.rows]);
      assert.match(await lab.log(run.id), new RegExp(`rows \\[${run.inputs.queries[0]?.rows}\\]`));
    }
    assert.deepEqual(
      seen,
      [156, 1, 100, 101, 200, 1_000].map((rows) => ['succeeded', rows]),
    );
  });

  it('joins two collections, both of them new', async () => {
    await lab.addRows('lefts', [
      { k: 1, a: 'x' },
      { k: 2, a: 'y' },
    ]);
    await lab.addRows('rights', [{ k: 1, b: 'X' }]);
    const query = 'SELECT l.a, r.b FROM lefts l JOIN rights r ON l.k = r.k WHERE l.k > 0 ORDER BY l.k';
    await lab.addJob(
      { name: 'joining', queries: [{ query, newDataOnly: true, newDataCollections: ['lefts', 'rights'] }] },
      COUNTING,
    );
    assert.equal((await lab.train('joining')).inputs.queries[0]?.rows, 1);
    assert.equal((await lab.train('joining')).state, 'skipped');
    await lab.addRows('lefts', [{ k: 3, a: 'z' }]);
    await lab.addRows('rights', [{ k: 3, b: 'Z' }]);
    assert.equal((await lab.train('joining')).inputs.queries[0]?.rows, 1);
  });

  it('puts a new version into a flow that runs, when the gate lets it pass', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await lab.addModel('flowers');
    await lab.addRows('iris', irisRows());
    const fields = {
      name: 'flowers_job',
      baseModel: 'flowers',
      queries: [{ query: 'SELECT * FROM iris', newDataOnly: true, newDataCollections: ['iris'] }],
      promotion: { mode: 'always' },
    };
    await lab.addJob(fields, exampleScript());
    const node = { format: 'label', version: 'deployed' };
    await lab.nodeRed.deploy(modelFlow({ model: 'flowers', brokerPort: broker.port, node }));
    await using listener = await MqttListener.on(broker, ['out']);
    const sample = { sepal_length: 7, sepal_width: 3.2, petal_length: 4.7, petal_width: 1.4 };
    const ask = (): Promise<unknown> => listener.ask('in', sample, 'out');
    // The first messages may come before the flow has subscribed.
    await waitFor(async () => {
      await listener.publish('in', sample);
      return listener.on('out').length > 0;
    });
    const before = await ask();
    const run = await lab.train('flowers_job');
    assert.equal(run.promotion?.decision, 'promoted', JSON.stringify(run));
    const after = await ask();
    assert.notDeepEqual(after, before);
    const audit = await lab.call<{ items: { after: { reason?: string } }[] }>('GET', 'models/flowers/audit');
    assert.match(audit.items[0]?.after.reason ?? '', /within its bounds/);
  });

  it('keeps a version back that is not better', async () => {
    await lab.addModel('kept');
    const fields = {
      name: 'kept_job',
      baseModel: 'kept',
      queries: [],
      promotion: { mode: 'better', metric: 'accuracy' },
    };
    await lab.addJob(fields, COUNTING);
    const run = await lab.train('kept_job');
    assert.equal(run.promotion?.decision, 'kept');
    assert.match(run.promotion?.reason ?? '', /has no accuracy to compare with/);
    const model = await lab.call<{ aliases: { deployed: number } }>('GET', 'models/kept');
    assert.equal(model.aliases.deployed, 1);
  });

  it('makes a new model of a name of its own', async () => {
    await lab.addJob({ name: 'making', queries: [], updateExistingModel: false, newModelName: 'iris-{run}' }, COUNTING);
    const run = await lab.train('making');
    assert.equal(run.model, `iris-${run.id}`);
    assert.equal(run.version, 1);
  });

  for (const { name, script, code } of [
    { name: 'no metric', script: COUNTING.replace(/.*accuracy.*\n/, ''), code: 'OUTPUT_MISSING' },
    { name: 'a metric that is no number', script: COUNTING.replace("'0.5\\n'", "'good'"), code: 'INVALID_METRIC' },
    { name: 'no model', script: "print('nothing')", code: 'OUTPUT_MISSING' },
    {
      name: 'a file that is no model',
      script: COUNTING.replace('write(data)', "write(b'no model')"),
      code: 'INVALID_MODEL',
    },
    { name: 'a script that fails', script: 'import no_such_module', code: 'SCRIPT_FAILED' },
  ]) {
    it(`fails with ${code} for ${name}, and makes no version`, async () => {
      const job = `fails-${code}-${name.length}`.toLowerCase().replaceAll('_', '-');
      await lab.addJob({ name: job, queries: [] }, script);
      const run = await lab.train(job);
      assert.equal(run.state, 'failed');
      assert.equal(run.error?.code, code, JSON.stringify(run.error));
      assert.equal(run.version, undefined);
    });
  }

  it('keeps secrets to itself, and gives them to the script', async () => {
    const env = { GREETING: 'hello', PASSWORD: { secret: 'open sesame' } };
    const job = await lab.addJob({ name: 'secretive', queries: [], env }, COUNTING);
    assert.deepEqual(job.env, { GREETING: 'hello', PASSWORD: { secret: null } });
    const run = await lab.train('secretive');
    assert.match(await lab.log(run.id), /hello open sesame/);
    const patched = await lab.call<JobView>('PATCH', 'jobs/secretive', { env: { PASSWORD: { secret: null } } });
    assert.deepEqual(patched.env, { PASSWORD: { secret: null } });
    assert.match(await lab.log((await lab.train('secretive')).id), /None open sesame/);
    const renamed = { env: { PASSPHRASE: { secret: null } } };
    const refused = await lab.nodeRed.api<{ error: { details: unknown } }>('PATCH', 'jobs/secretive', renamed);
    assert.deepEqual([refused.status, refused.body.error.details], [400, { field: 'env.PASSPHRASE' }]);
    assert.equal((await lab.nodeRed.api('POST', 'jobs', { name: 'x', baseModel: 'iris', ...renamed })).status, 400);
    const answers = await Promise.all(['jobs/secretive', `runs/${run.id}`].map((path) => lab.nodeRed.api('GET', path)));
    for (const { text } of answers) assert.doesNotMatch(text, /sesame/);
  });

  it('gives the env.list and the bundle that a run would get', async () => {
    await lab.addRows('bundled', numbers(2));
    const variables = { GREETING: 'hello', PASSWORD: { secret: 'open sesame' } };
    await lab.addJob({ name: 'bundling', queries: [{ query: 'SELECT * FROM bundled' }], env: variables }, COUNTING);
    const env = await lab.nodeRed.api('GET', 'jobs/bundling/env-list');
    assert.equal(
      env.text.split('\n').slice(0, 5).join('\n'),
      'model_file_path=model.onnx\npreprocessing_file_path=preprocessing.onnx\nadditional_output_folder_path=additional_output/\ncollection_data_1_path=collection_data_1.json\naccuracy_path=accuracy.txt',
    );
    assert.match(env.text, /^GREETING=hello$/m);
    assert.doesNotMatch(env.text, /PASSWORD|sesame/);
    const response = await fetch(new URL('model-management/jobs/bundling/bundle', lab.nodeRed.url));
    const archive = gunzipSync(Buffer.from(await response.arrayBuffer())).toString('latin1');
    for (const name of ['env.list', 'model.onnx', 'collection_data_1.json', 'retrain_scripts_1.py', 'README.txt']) {
      assert.ok(archive.includes(`bundling/${name}\0`), name);
    }
    assert.match(archive, /^GREETING=hello$/m);
    assert.doesNotMatch(archive, /sesame/);
  });

  it('runs by a schedule, one at a time', async () => {
    const schedule = { kind: 'interval', every: 1, unit: 'second' };
    await lab.addJob({ name: 'timed', queries: [], schedule, overlap: 'skip' }, COUNTING);
    const runs = await waitFor(
      async () => {
        const { items } = await lab.call<{ items: RunView[] }>('GET', 'jobs/timed/runs');
        return items.filter(({ state }) => state === 'succeeded').length >= 2 ? items : undefined;
      },
      { what: 'two runs by schedule' },
    );
    await lab.call('PATCH', 'jobs/timed', { paused: true });
    assert.ok(runs.every(({ trigger }) => trigger === 'schedule'));
    for (const path of ['jobs', 'jobs/timed/runs']) {
      await assertSortsByEveryField((list) => lab.nodeRed.api('GET', list), path);
    }
    assert.equal((await lab.call<JobView>('GET', 'jobs/timed')).nextRunAt, null);
  });

  it('refuses a second run while one is under way, queues one, or cancels the other, as the job says', async () => {
    const sleeping = "print('begun')\nimport time\ntime.sleep(60)";
    await lab.addJob({ name: 'busy', queries: [] }, sleeping);
    const first = await lab.start('busy');
    await lab.reached(first.id, 'training');
    assert.equal((await lab.nodeRed.api('POST', 'jobs/busy/runs', {})).status, 409);
    await lab.call('PATCH', 'jobs/busy', { overlap: 'queueOne' });
    const [second, third] = [await lab.start('busy'), await lab.start('busy')];
    assert.equal(second.id, third.id);
    await lab.call('PATCH', 'jobs/busy', { overlap: 'cancelOther' });
    const last = await lab.start('busy');
    assert.equal((await lab.ended(first.id)).state, 'cancelled');
    assert.equal((await lab.ended(second.id)).state, 'cancelled');
    await lab.reached(last.id, 'training');
    await lab.call('DELETE', 'jobs/busy');
    assert.equal((await lab.ended(last.id)).state, 'cancelled');
  });

  it('counts a failure though a run that waited behind it was cancelled first', async () => {
    await using folder = await temporaryFolder('mm-gate-');
    const gate = join(folder.path, 'open');
    const failing = `import os, time
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
raise SystemExit(1)
`;
    await lab.addJob({ name: 'failing', queries: [], overlap: 'queueOne', pauseAfterFailures: 1 }, failing);
    const first = await lab.start('failing');
    await lab.reached(first.id, 'training');
    const second = await lab.start('failing');
    assert.notEqual(second.id, first.id);
    await lab.call('POST', `runs/${second.id}/cancel`);
    assert.equal((await lab.ended(second.id)).state, 'cancelled');
    await writeFile(gate, '');
    assert.equal((await lab.ended(first.id)).state, 'failed');
    const job = await waitFor(async () => {
      const found = await lab.call<JobView>('GET', 'jobs/failing');
      return found.paused ? found : undefined;
    });
    assert.equal(job.pauseReason, '1 runs in a row failed.');
  });

  it('cancels while a query runs', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n';
    await lab.addJob({ name: 'endless', queries: [{ query: endless }] }, COUNTING);
    const { id } = await lab.start('endless');
    await lab.reached(id, 'preparing');
    await lab.call('POST', `runs/${id}/cancel`);
    const run = await lab.ended(id);
    assert.equal(run.state, 'cancelled', JSON.stringify(run));
    assert.deepEqual(run.phases.map(({ name }) => name).at(-1), 'preparing');
    assert.equal(
      (await lab.call<{ rows: unknown[] }>('POST', 'collections/query', { query: 'SELECT 1' })).rows.length,
      1,
    );
  });

  it('says all that is missing at once', async () => {
    await lab.addJob(
      {
        name: 'incomplete',
        queries: [{ query: 'SELECT * FROM gone', newDataOnly: true, newDataCollections: ['gone'] }],
      },
      null,
    );
    const answer = await lab.nodeRed.api<{ error: { code: string; message: string } }>(
      'POST',
      'jobs/incomplete/runs',
      {},
    );
    assert.equal(answer.status, 422);
    assert.equal(answer.body.error.code, 'JOB_INCOMPLETE');
    assert.match(answer.body.error.message, /no script.*no collection named gone/);
  });

  it('pauses the jobs of a model that is deleted, which is in use by them', async () => {
    await lab.addModel('doomed');
    await lab.addJob({ name: 'doomed_job', baseModel: 'doomed', queries: [] }, COUNTING);
    const refused = await lab.nodeRed.api<{ error: { usedBy: unknown } }>('DELETE', 'models/doomed');
    assert.equal(refused.status, 409);
    assert.deepEqual(refused.body.error.usedBy, [{ kind: 'job', id: 'doomed_job', name: 'doomed_job' }]);
    await lab.call('DELETE', 'models/doomed?force=true');
    const job = await waitFor(async () => {
      const found = await lab.call<JobView>('GET', 'jobs/doomed_job');
      return found.paused ? found : undefined;
    });
    assert.match(job.pauseReason ?? '', /was deleted/);
  });

  it('does not delete a collection that a job reads', async () => {
    await lab.addRows('needed', numbers(1));
    await lab.addJob({ name: 'needing', queries: [{ query: 'SELECT * FROM needed' }] }, COUNTING);
    assert.equal((await lab.nodeRed.api('DELETE', 'collections/needed')).status, 409);
    await lab.call('DELETE', 'jobs/needing');
    assert.equal((await lab.nodeRed.api('DELETE', 'collections/needed')).status, 204);
  });

  it('collects rows and trains by messages of a flow', async () => {
    await lab.nodeRed.api('POST', 'collections', { name: 'fed' });
    const queries = [{ query: 'SELECT * FROM fed', newDataOnly: true, newDataCollections: ['fed'] }];
    await lab.addJob({ name: 'fed_job', queries }, COUNTING);
    await lab.nodeRed.deploy(triggerFlow('fed', 'fed_job', 3));
    for (let x = 0; x < 3; x += 1) await lab.nodeRed.request('POST', 'feed', { x });
    const told = await waitFor(
      async () => {
        const { body } = await lab.nodeRed.request<{ states: string[]; ends: { state: string; version?: number }[] }>(
          'GET',
          'told',
        );
        return body.ends.length > 0 ? body : undefined;
      },
      { timeoutMs: 60_000, what: 'the end of the run to be told' },
    );
    assert.deepEqual(told.states, ['queued', 'preparing', 'installing', 'training', 'collecting', 'succeeded']);
    assert.equal(told.ends[0]?.state, 'succeeded');
    const [run] = (await lab.call<{ items: RunView[] }>('GET', 'jobs/fed_job/runs')).items;
    assert.equal(run?.trigger, 'node');
    assert.equal(run?.inputs.queries[0]?.rows, 3);

    // Deployed again, the node knows what it told: the end of the next run is the next it tells.
    await lab.nodeRed.deploy(triggerFlow('fed', 'fed_job', 2));
    for (let x = 0; x < 2; x += 1) await lab.nodeRed.request('POST', 'feed', { x });
    await waitFor(async () => (await lab.call<{ total: number }>('GET', 'jobs/fed_job/runs')).total === 2);
    const { items } = await lab.call<{ items: RunView[] }>('GET', 'jobs/fed_job/runs');
    const last = await lab.ended(items.find(({ number }) => number === 2)?.id ?? '');
    const { ends } = await waitFor(async () => {
      const { body } = await lab.nodeRed.request<{ ends: { run: string }[] }>('GET', 'told');
      return body.ends.some(({ run: id }) => id === last.id) ? body : undefined;
    });
    assert.deepEqual(
      ends.map(({ run: id }) => id),
      [run?.id, last.id],
    );
  });
});

/** Posts to /feed go into a collection and to a trigger after `count` of them; /told says what the trigger told. */
function triggerFlow(collection: string, job: string, count: number): FlowNode[] {
  const node = (id: string, type: string, more: Record<string, unknown>): FlowNode => ({
    id,
    type,
    z: 'tab',
    name: '',
    x: 100,
    y: 100,
    ...more,
  });
  const func = (id: string, body: string, wires: string[][]): FlowNode =>
    node(id, 'function', {
      func: body,
      outputs: 1,
      timeout: 0,
      noerr: 0,
      initialize: '',
      finalize: '',
      libs: [],
      wires,
    });
  return [
    { id: 'tab', type: 'tab', label: 'Feed', disabled: false, info: '', env: [] },
    node('post', 'http in', { url: '/feed', method: 'post', upload: false, swaggerDoc: '', wires: [['store', 'ok']] }),
    node('ok', 'http response', { statusCode: '200', headers: {}, wires: [] }),
    node('store', 'model-collection', {
      configVersion: 1,
      collection,
      mode: 'insert',
      query: '',
      wires: [['trigger']],
    }),
    node('trigger', 'retrain-trigger', { configVersion: 1, job, mode: 'count', count, wires: [['state'], ['end']] }),
    func('state', "flow.set('states', [...(flow.get('states') ?? []), msg.payload.state]);", [[]]),
    func('end', "flow.set('ends', [...(flow.get('ends') ?? []), msg.payload]);", [[]]),
    node('get', 'http in', { url: '/told', method: 'get', upload: false, swaggerDoc: '', wires: [['answer']] }),
    func('answer', "msg.payload = { states: flow.get('states') ?? [], ends: flow.get('ends') ?? [] }; return msg;", [
      ['reply'],
    ]),
    node('reply', 'http response', { statusCode: '200', headers: {}, wires: [] }),
  ];
}

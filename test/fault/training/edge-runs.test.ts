import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { DesiredState } from '../../../lib/edges/protocol/documents';
import { seal } from '../../../lib/edges/protocol/envelope';
import { findSigningKey } from '../../../lib/edges/protocol/keys';
import type { Fence } from '../../../lib/edges/protocol/run-documents';
import type { Model } from '../../../lib/registry/types';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { NodeRed } from '../../support/node-red';
import { isRunning } from '../../support/process-state';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** Notes each of its starts and ends, and waits in between until it may go on. */
const script = (folder: string): string => `import os, shutil, time
note = lambda word: open(${JSON.stringify(join(folder, 'notes'))}, 'a').write(word + '\\n')
note('begun')
print('begun', flush=True)
while not os.path.exists(${JSON.stringify(join(folder, 'go'))}): time.sleep(0.05)
for n in range(2_000): print('line', n)
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
note('ended')
`;

const CAPABILITIES = {
  ...{ nodeRed: '5', node: 'v22', os: 'linux', arch: 'x64', cpus: 1, memoryBytes: 1, features: ['models', 'runs'] },
  engine: { kind: 'none', version: null },
  docker: { available: false },
};

describe('a run on an edge under faults', function () {
  this.timeout(240_000);
  let lab: EdgeTrainingLab;
  let folder: TemporaryFolder;
  let jobs = 0;

  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });
  beforeEach(async () => {
    folder = await temporaryFolder();
    lab = await EdgeTrainingLab.start();
    await lab.hub.addModel();
  });
  afterEach(async () => {
    await lab?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const start = async (): Promise<string> => {
    jobs += 1;
    const name = `job-${jobs}`;
    const fields = { name, trainingEdge: 'edge-2', queries: [], metrics: [{ name: 'accuracy' }] };
    await lab.hub.addJob(fields, script(folder.path));
    return (await lab.hub.start(name)).id;
  };
  const notes = async (): Promise<readonly string[]> => {
    const text = await readFile(join(folder.path, 'notes'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  };
  const hasNoted = (word: string): Promise<unknown> =>
    waitFor(async () => (await notes()).includes(word), { timeoutMs: 60_000, what: `the script to have ${word}` });
  /** Of the script, once the edge has it on its disk: one that is not there yet is run again after a kill. */
  const pidOf = (id: string): Promise<number> => {
    const path = join(lab.edge.userDir, 'model-management', 'runs', id, 'process', 'started');
    return waitFor(async () => Number.parseInt(await readFile(path, 'utf8'), 10), { what: 'the start to be noted' });
  };
  const letGo = (): Promise<void> => writeFile(join(folder.path, 'go'), '');
  const kill = (one: NodeRed): Promise<void> => one.restart('SIGKILL');
  const runsOnDisk = async (): Promise<readonly string[]> => {
    const path = join(lab.edge.userDir, 'model-management', 'runs');
    return existsSync(path) ? readdir(path) : [];
  };
  const isTidy = (): Promise<unknown> =>
    waitFor(async () => (await runsOnDisk()).length === 0, { timeoutMs: 60_000, what: 'the edge to put its run away' });

  /** One version, made of one go of the script, with all that it said once. */
  const succeedsOnce = async (id: string): Promise<void> => {
    const run = await lab.hub.ended(id);
    const log = await lab.hub.log(id);
    assert.equal(run.state, 'succeeded', `${JSON.stringify(run)}\n${log.slice(-2_000)}\n${lab.edge.log}`);
    assert.deepEqual(await notes(), ['begun', 'ended']);
    const said = log.split('\n').filter((line) => line.startsWith('line '));
    assert.deepEqual([said.length, said[0], said.at(-1)], [2_000, 'line 0', 'line 1999']);
    const model = await lab.hub.call<Model>('GET', 'models/iris');
    assert.deepEqual(
      model.versions.map(({ version }) => version),
      [2, 1],
    );
    await isTidy();
  };

  it('GIVEN_an_edge_that_is_killed_while_it_fetches_THEN_it_begins_once', async () => {
    await letGo();
    const id = await start();
    await waitFor(() => lab.edge.log.includes('run of the hub begun'), { intervalMs: 5, timeoutMs: 60_000 });
    await kill(lab.edge);
    await succeedsOnce(id);
  });

  it('GIVEN_an_edge_that_is_killed_while_the_script_runs_THEN_the_script_goes_on_and_its_outputs_come', async () => {
    const id = await start();
    await hasNoted('begun');
    await pidOf(id);
    await kill(lab.edge);
    await letGo();
    await succeedsOnce(id);
  });

  it('GIVEN_a_hub_that_is_killed_while_it_prepares_THEN_the_run_begins_once', async () => {
    await letGo();
    const id = await start();
    // It may be further by the time that it is looked at.
    await waitFor(async () => (await lab.hub.run(id)).state !== 'queued', { intervalMs: 5 });
    await kill(lab.hub.nodeRed);
    await succeedsOnce(id);
  });

  it('GIVEN_a_hub_that_is_killed_while_the_script_runs_THEN_it_hears_of_the_end', async () => {
    const id = await start();
    await hasNoted('begun');
    await lab.hub.nodeRed.stop('SIGKILL');
    await letGo();
    await hasNoted('ended');
    await lab.hub.nodeRed.restart();
    await succeedsOnce(id);
  });

  it('GIVEN_a_hub_that_is_killed_while_it_collects_THEN_there_is_one_version', async () => {
    const id = await start();
    await hasNoted('begun');
    await letGo();
    await waitFor(async () => ['collecting', 'succeeded'].includes((await lab.hub.run(id)).state), {
      intervalMs: 2,
      timeoutMs: 60_000,
    });
    await kill(lab.hub.nodeRed);
    await succeedsOnce(id);
  });

  it('GIVEN_no_broker_from_the_begin_to_the_end_of_the_script_AND_both_sides_are_killed_THEN_the_edge_delivers', async () => {
    const id = await start();
    await hasNoted('begun');
    await pidOf(id);
    await lab.broker.pause();
    await lab.edge.stop('SIGKILL');
    await lab.hub.nodeRed.stop('SIGKILL');
    await letGo();
    await hasNoted('ended');
    await lab.edge.restart();
    await waitFor(
      async () => (await readdir(join(lab.edge.userDir, 'model-management', 'edge', 'run-blobs', 'sha256'))).length > 0,
    );
    await lab.edge.restart('SIGKILL');
    await lab.hub.nodeRed.restart();
    await lab.broker.resume();
    await succeedsOnce(id);
  });

  it('GIVEN_a_run_that_is_cancelled_while_its_edge_is_away_THEN_it_is_cancelled_at_once_AND_the_edge_ends_it_when_it_is_back', async () => {
    const id = await start();
    await hasNoted('begun');
    await pidOf(id);
    await lab.edge.stop('SIGKILL');
    await lab.edgeIs('offline');
    await lab.hub.call('POST', `runs/${id}/cancel`);
    assert.equal((await lab.hub.ended(id)).state, 'cancelled');
    await lab.edge.restart();
    await isTidy();
    assert.deepEqual(await notes(), ['begun']);
    await letGo();
    await writeFile(join(folder.path, 'notes'), '');
    await succeedsOnce(await start());
  });

  it('GIVEN_an_edge_that_is_deleted_WHEN_it_trains_THEN_the_run_is_lost_AND_the_script_is_ended', async () => {
    const id = await start();
    await hasNoted('begun');
    await lab.hub.call('DELETE', 'edges/edge-2');
    const run = await lab.hub.ended(id);
    assert.deepEqual([run.state, run.error?.code], ['lost', 'RUN_LOST'], JSON.stringify(run));
    await isTidy();
    assert.deepEqual(await notes(), ['begun']);
  });

  it('GIVEN_an_edge_that_is_enrolled_anew_WHEN_it_trains_THEN_the_run_is_lost_AND_the_next_one_succeeds', async () => {
    const id = await start();
    await hasNoted('begun');
    const { enrolment } = await lab.hub.call<{ enrolment: { token: string } }>('POST', 'edges/edge-2/enrolment', {});
    const answer = await lab.edge.api('POST', 'edge/enrol', { token: enrolment.token });
    assert.equal(answer.status, 202, answer.text);
    const run = await lab.hub.ended(id);
    assert.deepEqual([run.state, run.error?.code], ['lost', 'RUN_LOST'], JSON.stringify(run));
    assert.match(run.error?.message ?? '', /enrolled anew/);
    await isTidy();
    await lab.edgeIs('online');
    await letGo();
    await writeFile(join(folder.path, 'notes'), '');
    await succeedsOnce(await start());
  });

  const blobCount = async (): Promise<number> => {
    const path = join(lab.edge.userDir, 'model-management', 'edge', 'run-blobs');
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  /** Nothing runs, and neither folders nor files stay. */
  const nothingStays = async (scriptPid: number): Promise<void> => {
    await isTidy();
    await waitFor(async () => (await blobCount()) === 0, { what: 'its files to go' });
    assert.ok(!isRunning(scriptPid), 'the script runs on');
    assert.deepEqual(await notes(), ['begun']);
  };

  it('GIVEN_an_edge_that_trains_WHEN_it_leaves_the_hub_THEN_the_script_is_ended_AND_nothing_of_the_run_stays', async () => {
    const id = await start();
    await hasNoted('begun');
    const pid = await pidOf(id);
    assert.ok((await blobCount()) > 0);
    assert.equal((await lab.edge.api('POST', 'edge/leave', {})).status, 200);
    await nothingStays(pid);
  });

  it('GIVEN_an_edge_that_is_killed_while_it_trains_WHEN_it_is_none_at_its_next_start_THEN_the_script_is_ended_AND_nothing_of_the_run_stays', async () => {
    const id = await start();
    await hasNoted('begun');
    const pid = await pidOf(id);
    await lab.edge.stop('SIGKILL');
    await using _ = await NodeRed.start({ userDir: lab.edge.userDir, modelManagement: { role: 'hub' } });
    await nothingStays(pid);
  });

  it('GIVEN_a_word_of_the_edge_under_another_fence_THEN_it_changes_nothing_AND_the_same_under_the_right_one_does', async () => {
    const [keyFile = ''] = (await readdir(join(lab.edge.userDir, 'model-management', 'keys'))).filter((name) =>
      /^edge-[0-9a-f]{16}\.pem$/.test(name),
    );
    const keysPath = join(lab.edge.userDir, 'model-management', 'keys');
    const key = await findSigningKey(keysPath, keyFile.replace(/\.pem$/, ''));
    assert.ok(key, 'the key of the edge');
    const client = await lab.broker.connect('hub');
    let desired: DesiredState | undefined;
    let base = '';
    client.on('message', (topic, payload) => {
      base = topic.replace(/edges\/edge-2\/desired$/, '');
      const { payload: signed } = JSON.parse(payload.toString()) as { readonly payload: string };
      desired = JSON.parse(Buffer.from(signed, 'base64url').toString()) as DesiredState;
    });
    await client.subscribeAsync('model-management/v1/+/edges/edge-2/desired');
    const heardOf = lab.edge.log;
    const id = await start();
    await hasNoted('begun');
    await lab.hub.reached(id, 'training');
    await lab.edge.stop('SIGKILL');
    const wanted = await waitFor(() => desired?.runs?.find(({ run }) => run === id), { what: heardOf });
    const error = { code: 'SCRIPT_FAILED', message: 'so it says', hint: 'none' };
    const say = (fence: Fence, version: string): Promise<unknown> => {
      const who = {
        v: 1,
        hubId: desired?.hubId,
        edge: 'edge-2',
        bootId: `forged-${version}`,
        boot: Date.now() + 1_000,
      };
      const capabilities = { ...CAPABILITIES, version };
      const runs = [{ run: id, fence, state: 'failed', error }];
      const report = { ...who, at: Date.now(), seq: 1, desired: null, capabilities, models: [], runs };
      return client.publishAsync(`${base}edges/edge-2/reported`, seal('reported', report, key), { qos: 1 });
    };
    await say({ ...wanted.fence, counter: wanted.fence.counter + 1 }, 'other');
    await waitFor(async () => {
      const { capabilities } = await lab.hub.call<EdgeView>('GET', 'edges/edge-2');
      return capabilities?.version === 'other';
    });
    assert.equal((await lab.hub.run(id)).state, 'training');
    await say(wanted.fence, 'right');
    const run = await lab.hub.ended(id);
    assert.deepEqual([run.state, run.error?.message], ['failed', 'so it says']);
    await client.endAsync();
  });

  it('GIVEN_a_hub_restored_from_a_backup_of_before_the_end_THEN_the_script_does_not_run_again_under_that_fence', async () => {
    await using backup = await temporaryFolder();
    const data = join(lab.hub.nodeRed.userDir, 'model-management');
    const id = await start();
    await hasNoted('begun');
    await lab.hub.nodeRed.stop('SIGKILL');
    await cp(data, backup.path, { recursive: true });
    await lab.hub.nodeRed.restart();
    await letGo();
    await succeedsOnce(id);
    await lab.hub.nodeRed.stop('SIGKILL');
    await cp(backup.path, data, { recursive: true, force: true });
    await lab.hub.nodeRed.restart();
    const run = await lab.hub.ended(id);
    assert.deepEqual([run.state, run.error?.code], ['lost', 'RUN_LOST'], JSON.stringify(run));
    assert.deepEqual(await notes(), ['begun', 'ended']);
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../../lib/registry/types';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import type { NodeRed } from '../../support/node-red';
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
    await waitFor(() => lab.edge.log.includes('run of the hub begun'), { intervalMs: 5 });
    await kill(lab.edge);
    await succeedsOnce(id);
  });

  it('GIVEN_an_edge_that_is_killed_while_the_script_runs_THEN_the_script_goes_on_and_its_outputs_come', async () => {
    const id = await start();
    await hasNoted('begun');
    await kill(lab.edge);
    await letGo();
    await succeedsOnce(id);
  });

  it('GIVEN_a_hub_that_is_killed_while_it_prepares_THEN_the_run_begins_once', async () => {
    await letGo();
    const id = await start();
    await waitFor(async () => (await lab.hub.run(id)).state === 'preparing', { intervalMs: 5 });
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

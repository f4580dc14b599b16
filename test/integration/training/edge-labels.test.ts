import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunView } from '../../../lib/training';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { mosquittoPath } from '../../support/mosquitto';
import type { NodeRed } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** Trains until it is told to end. */
const HELD = `import os, shutil, time
print('begun', flush=True)
while not os.path.exists(os.environ['GATE']):
    time.sleep(0.05)
shutil.copyfile('model.onnx', 'new.onnx')
os.rename('new.onnx', os.environ['model_file_path'])
open(os.environ['accuracy_path'], 'w').write('0.5')
`;
const JOBS = ['a', 'b', 'c'] as const;

describe('training on two edges with one label', function () {
  this.timeout(120_000);
  let lab: EdgeTrainingLab;
  let other: NodeRed;
  let gates: TemporaryFolder;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canRunPython, 'python3 with venv');
    gates = await temporaryFolder('mm-gates-');
    lab = await EdgeTrainingLab.start();
    other = await lab.addEdge('edge-3');
    for (const name of ['edge-2', 'edge-3']) await lab.hub.call('PATCH', `edges/${name}`, { labels: ['gpu'] });
    await lab.hub.addModel();
    for (const name of JOBS) {
      const env = { GATE: join(gates.path, name) };
      await lab.hub.addJob({ name, trainingEdge: 'label:gpu', queries: [], env }, HELD);
    }
  });
  after(async () => {
    await other?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    await gates?.[Symbol.asyncDispose]();
  });

  it('runs one on each, side by side, and the third where one is free', async () => {
    const ids = new Map<string, string>();
    for (const name of JOBS) ids.set(name, (await lab.hub.start(name)).id);
    const run = (name: string): Promise<RunView> => lab.hub.run(ids.get(name) ?? '');
    /** Its script runs, and the edge has said so. */
    const trains = async (name: string): Promise<boolean> =>
      (await lab.hub.log(ids.get(name) ?? '')).includes('begun') && (await run(name)).state === 'training';
    const [first, second, third] = JOBS;
    await waitFor(async () => (await trains(first)) && (await trains(second)), {
      what: 'two runs side by side',
      timeoutMs: 60_000,
    });
    const views = await Promise.all(JOBS.map(run));
    assert.equal(views[2]?.state, 'queued', JSON.stringify(views));
    const [firstEdge, secondEdge] = views.map(({ edge }) => edge);
    assert.deepEqual([firstEdge, secondEdge].sort(), ['edge-2', 'edge-3']);
    assert.equal(views[2]?.edge, 'label:gpu');

    await writeFile(join(gates.path, second), '');
    const done = await lab.hub.ended(ids.get(second) ?? '');
    assert.deepEqual([done.state, done.edge], ['succeeded', secondEdge]);
    await waitFor(() => trains(third), { what: 'the third to begin', timeoutMs: 60_000 });
    const now = await Promise.all([run(first), run(third)]);
    assert.deepEqual(
      now.map(({ state, edge }) => [state, edge]),
      [
        ['training', firstEdge],
        ['training', secondEdge],
      ],
    );
    for (const name of [first, third]) await writeFile(join(gates.path, name), '');
    for (const name of [first, third]) {
      const ended = await lab.hub.ended(ids.get(name) ?? '');
      assert.equal(ended.state, 'succeeded', `${JSON.stringify(ended)}\n${await lab.hub.log(ended.id)}`);
    }
  });
});

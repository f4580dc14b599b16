import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeTrainingLab } from '../../support/edge-training-lab';
import { checkSideBySide, HELD_JOBS, HELD_SCRIPT } from '../../support/held-jobs';
import { mosquittoPath } from '../../support/mosquitto';
import type { NodeRed } from '../../support/node-red';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';

describe('training on two edges with one label', function () {
  this.timeout(240_000);
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
    for (const name of HELD_JOBS) {
      const env = { GATE: join(gates.path, name) };
      await lab.hub.addJob({ name, trainingEdge: 'label:gpu', queries: [], env }, HELD_SCRIPT);
    }
  });
  after(async () => {
    await other?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    await gates?.[Symbol.asyncDispose]();
  });

  it('runs one on each, side by side, and the third where one is free', () =>
    checkSideBySide(lab.hub, (job) => writeFile(join(gates.path, job), '')));
});

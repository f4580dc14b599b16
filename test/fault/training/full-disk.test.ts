import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canRunDocker, DockerEngine, TEST_IMAGE } from '../../support/docker-engine';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { TrainingLab } from '../../support/training-lab';
import { waitFor } from '../../support/wait-for';
import { type SmallDisk, smallDisk } from '../store/small-disk';

const MIB = 1_048_576;

/** Hands on the model it was given. */
const MODEST = `import os
data = open(os.environ['model_file_path'], 'rb').read()
open(os.environ['model_file_path'], 'wb').write(data)
open(os.environ['accuracy_path'], 'w').write('0.5')
`;
/** As `MODEST`, and waits for a file before it ends. */
const patient = (gate: string): string => `${MODEST}
import time
print('begun')
while not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.05)
`;
const GREEDY = `with open('additional_output/large', 'wb') as file:
    while True: file.write(bytes(65536)); file.flush()
`;

describe('training on a full disk', function () {
  this.timeout(240_000);

  describe('of Node-RED', () => {
    let disk: SmallDisk;
    let lab: TrainingLab;

    before(async function () {
      requireOrSkip(this, canRunPython, 'python3 with venv');
      disk = await smallDisk(this, 48 * MIB);
      const training = { allowProcessRunner: true };
      lab = await TrainingLab.start({ modelManagement: { dataDir: join(disk.path, 'data'), training } });
      await lab.addModel();
    });
    after(async () => {
      await lab?.[Symbol.asyncDispose]();
      await disk?.[Symbol.asyncDispose]();
    });

    const addJob = (name: string, script: string) => lab.addJob({ name, queries: [] }, script);
    const begun = async (id: string): Promise<void> => {
      await waitFor(async () => /begun/.test(await lab.log(id)), { what: 'the script to begin' });
    };

    it('GIVEN_script_WHEN_it_fills_the_disk_THEN_its_run_fails_in_words_and_its_files_go', async () => {
      await addJob('greedy', GREEDY);
      const run = await lab.train('greedy');
      assert.equal(run.state, 'failed', JSON.stringify(run));
      assert.match(run.error?.message ?? '', /No space left on device|no space left/, JSON.stringify(run.error));
      await waitFor(() => !existsSync(join(disk.path, 'data', 'runs', run.id, 'work')), { what: 'its files to go' });
    });

    it('GIVEN_disk_full_when_a_script_ends_WHEN_there_is_room_again_THEN_the_run_has_lost_nothing', async () => {
      const gate = join(lab.nodeRed.userDir, 'gate');
      await addJob('patient', patient(gate));
      const { id } = await lab.start('patient');
      await begun(id);
      await disk.fill();
      const { length } = lab.nodeRed.log;
      await writeFile(gate, '');
      // A last document may just fit, where there is no room for the outputs any more.
      const noticed = /run not written down yet|no room for the outputs of a run/;
      await waitFor(() => noticed.test(lab.nodeRed.log.slice(length)), { what: 'the disk to be noticed' });
      assert.equal((await lab.nodeRed.api('GET', 'health')).status, 200);
      assert.match((await lab.run(id)).state, /^(training|collecting)$/);
      await disk.makeRoom();
      const run = await lab.ended(id);
      assert.equal(run.state, 'succeeded', JSON.stringify(run));
      assert.equal(run.version, 2);
    });
  });

  describe('of the Docker engine', () => {
    let disk: SmallDisk;
    let engine: DockerEngine;
    let lab: TrainingLab;

    before(async function () {
      requireOrSkip(this, canRunDocker, 'a Docker engine (docker.io, mmdebstrap, root)');
      disk = await smallDisk(this, 700 * MIB);
      engine = await DockerEngine.start(['--data-root', disk.path]);
      const training = { image: TEST_IMAGE };
      lab = await TrainingLab.start({ modelManagement: { docker: { socketPath: engine.socketPath }, training } });
      await lab.addModel();
    });
    after(async () => {
      await lab?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
      await disk?.[Symbol.asyncDispose]();
    });

    it('GIVEN_script_WHEN_it_fills_the_disk_THEN_its_run_fails_in_words_and_the_next_has_room', async () => {
      await lab.addJob({ name: 'greedy', runner: 'docker', queries: [] }, GREEDY);
      const run = await lab.train('greedy');
      assert.equal(run.state, 'failed', JSON.stringify(run));
      assert.match(run.error?.message ?? '', /No space left on device/, JSON.stringify(run.error));
      await lab.addJob({ name: 'modest', runner: 'docker', queries: [] }, MODEST);
      const next = await lab.train('modest');
      assert.equal(next.state, 'succeeded', JSON.stringify(next));
      await engine.untilRemoved(run.id, next.id);
    });
  });
});

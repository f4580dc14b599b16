import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childPids } from '../../support/process-state';
import { irisRows, TrainingLab } from '../../support/training-lab';

describe('models beside collections', function () {
  this.timeout(60_000);
  let lab: TrainingLab;

  before(async () => {
    lab = await TrainingLab.start();
    await lab.addModel();
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const database = (suffix = ''): string =>
    join(lab.nodeRed.userDir, 'model-management', `collections.sqlite${suffix}`);
  const infer = () =>
    lab.call('POST', 'models/iris/versions/latest/infer', JSON.stringify({ payload: [5.1, 3.5, 1.4, 0.2] }), {
      'content-type': 'application/json',
    });

  it('have no process for collections until one is asked for', async () => {
    await lab.nodeRed.restart();
    await infer();
    const before = childPids(lab.nodeRed.pid).length;
    await lab.call('GET', 'collections');
    assert.equal(childPids(lab.nodeRed.pid).length, before + 1);
  });

  it('GIVEN_damaged_collections_WHEN_started_THEN_models_answer_and_the_damage_is_named', async () => {
    await lab.addRows('iris', irisRows());
    await lab.nodeRed.stop();
    for (const suffix of ['-wal', '-shm']) await rm(database(suffix), { force: true });
    await writeFile(database(), 'no database '.repeat(1_000));
    await lab.nodeRed.restart();
    await infer();
    const { status, body } = await lab.nodeRed.api<{ error: { code: string; message: string } }>('GET', 'collections');
    assert.deepEqual([status, body.error.code], [503, 'STORAGE_CORRUPT']);
    assert.match(body.error.message, /collections\.sqlite/);
    await rm(database());
    assert.deepEqual(await lab.call('GET', 'collections'), { items: [], total: 0 });
  });
});

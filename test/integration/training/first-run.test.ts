import assert from 'node:assert/strict';
import { canRunPython } from '../../support/python';
import { requireOrSkip } from '../../support/requirement';
import { irisRows, TrainingLab } from '../../support/training-lab';

describe('training in processes', function () {
  this.timeout(180_000);
  before(function () {
    requireOrSkip(this, canRunPython, 'python3 with venv');
  });

  it('makes a version of the rows that are new, each used once', async () => {
    await using lab = await TrainingLab.start();
    await lab.addModel();
    await lab.addRows('iris', irisRows());
    await lab.addJob({ promotion: { mode: 'always' } });
    const first = await lab.train();
    assert.equal(first.state, 'succeeded', `${JSON.stringify(first)}\n${await lab.log(first.id)}`);
    assert.equal(first.inputs.queries[0]?.rows, 150);
    assert.equal(first.version, 2);
    assert.equal(first.promotion?.decision, 'promoted');
    assert.ok((first.metrics?.['accuracy'] ?? 0) > 0.8);
    const none = await lab.train();
    assert.equal(none.state, 'skipped');
    assert.match(none.reason ?? '', /no new rows in iris/);
    await lab.addRows('iris', irisRows().slice(0, 7));
    const second = await lab.train();
    assert.equal(second.state, 'succeeded');
    assert.equal(second.inputs.queries[0]?.rows, 7);
    assert.equal(second.inputs.baseVersion, 2);
    assert.match(await lab.log(second.id), /going on from the weights/);
    const version = await lab.call<Record<string, unknown>>('GET', 'models/iris/versions/3');
    assert.equal(version['source'], 'run');
    assert.equal(version['parentVersion'], 2);
    assert.equal(version['runId'], second.id);
  });
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineResultView } from '../../../lib/pipeline/pipelines/views';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { pipelineCalls, startPlusPipeline } from '../../support/pipeline-calls';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** Loaded by Node.js before Node-RED: what is written to the end of a file takes as long as on a worn memory card. */
const slowAppend = `
const fs = require('node:fs/promises');
const { setTimeout: pause } = require('node:timers/promises');
const { appendFile } = fs;
fs.appendFile = async (...given) => {
  await pause(400);
  return appendFile(...given);
};`;

describe(`Node-RED ${nodeRedMajor} on a slow disk`, function () {
  this.timeout(120_000);

  it('GIVEN_a_result_of_the_last_moment_WHEN_Node_RED_is_told_to_stop_THEN_it_is_there_after_the_next_start', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using folder = await temporaryFolder();
    const preload = join(folder.path, 'slow-append.js');
    await writeFile(preload, slowAppend);
    await using lab = await ModelLab.start({ nodeArguments: ['--require', preload] });
    const { id } = await startPlusPipeline(lab);
    const { call } = pipelineCalls(
      () => lab,
      () => id,
    );
    const results = async () =>
      (await call<{ items: PipelineResultView[] }>('GET', `/${id}/results`)).items.filter(
        ({ topic }) => topic === 'out',
      );
    await lab.mqtt.ask('in', [1, 2, 3, 4], 'out');
    const [last] = await waitFor(async () => {
      const items = await results();
      return items[0]?.state === 'published' ? items : undefined;
    });
    await lab.nodeRed.restart();
    assert.deepEqual((await results())[0], last);
  });
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { PipelineResultView, PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import { contentsBelow } from '../../support/data-folder-files';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { nodeRedMajor } from '../../support/node-red';
import { pipelineCalls, startPlusPipeline } from '../../support/pipeline-calls';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

/** Of a measurement that nobody else shall see. */
const SECRET = 4_711.5;

describe(`payloads of pipelines that are not to be kept, in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);

  for (const keepPayloads of [false, true]) {
    it(`are ${keepPayloads ? '' : 'not '}shown in results and runs, and ${keepPayloads ? '' : 'not '}on the disk, with keepPayloads: ${keepPayloads}`, async function () {
      requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
      await using lab = await ModelLab.start({ modelManagement: { pipelines: { keepPayloads } } });
      const { id } = await startPlusPipeline(lab);
      const { call } = pipelineCalls(
        () => lab,
        () => id,
      );
      await call('GET', `/${id}/nodes`);
      const answer = await lab.mqtt.ask('in', [SECRET, 0, 0, 0], 'out');
      const [result] = await waitFor(async () => {
        const { items } = await call<{ items: PipelineResultView[] }>('GET', `/${id}/results`);
        return items[0]?.topic === 'out' && items[0].state === 'published' ? items : undefined;
      });
      assert.deepEqual(result?.payload, keepPayloads ? answer : null);
      const run = await call<PipelineRunView>('GET', `/${id}/runs/${result?.runId}`);
      assert.deepEqual([run.timed, run.steps?.length], [true, 2]);
      assert.deepEqual(
        run.steps?.map(({ payload }) => payload.includes('471')),
        [keepPayloads, keepPayloads],
      );
      const folder = join(lab.nodeRed.userDir, 'model-management', 'db');
      const runId = result?.runId ?? '';
      const contents = await waitFor(async () => {
        const texts = (await contentsBelow(folder)).map(String);
        return texts.some((text) => text.includes(runId)) ? texts : undefined;
      });
      assert.equal(
        contents.some((text) => /471[12]\.5/.test(text)),
        keepPayloads,
      );
      assert.doesNotMatch(lab.nodeRed.log, /471[12]\.5/);
    });
  }
});

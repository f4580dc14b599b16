import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PipelineView } from '../../../lib/pipeline/pipelines/views';
import { modelFlow } from '../../support/flows';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { addModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

describe(`pipelines of a Node-RED ${nodeRedMajor} that is killed`, function () {
  this.timeout(180_000);
  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });

  it('GIVEN_restart_under_way_WHEN_killed_at_any_moment_THEN_flows_are_whole_and_it_runs_again', async () => {
    await using lab = await ModelLab.start();
    await lab.upload('plus', addModel(1));
    await lab.nodeRed.deploy(modelFlow({ model: 'plus', brokerPort: lab.broker.port }));
    const file = join(lab.nodeRed.userDir, 'flows.json');
    const stored = async () => JSON.parse(await readFile(file, 'utf8')) as FlowNode[];
    const before = await stored();
    const tab = before.find(({ type }) => type === 'tab')?.id ?? '';
    const isStopped = (nodes: readonly FlowNode[]): boolean =>
      nodes.find(({ id }) => id === tab)?.['disabled'] === true;
    let timesStopped = 0;
    /** The moments of killing; `undefined` = as soon as the flows are stored with the pipeline stopped. */
    const moments = [0, 10, 20, 30, 40, ...Array.from({ length: 10 }, () => undefined)];
    for (const waitMs of moments) {
      if (waitMs === undefined && timesStopped > 0) break;
      const over = lab.nodeRed.api('POST', `pipelines/${tab}/restart`).catch(() => undefined);
      if (waitMs !== undefined) await pause(waitMs);
      else await Promise.race([over, waitFor(async () => isStopped(await stored()), { intervalMs: 1 })]);
      await lab.nodeRed.stop('SIGKILL');
      const left = await stored();
      const isDisabled = isStopped(left);
      if (isDisabled) timesStopped += 1;
      assert.deepEqual(
        left,
        before.map((node) => (node.id === tab ? { ...node, disabled: isDisabled } : node)),
        `after ${waitMs} ms`,
      );
      await lab.nodeRed.restart();
      await waitFor(
        async () => {
          const { body } = await lab.nodeRed.api<PipelineView>('GET', `pipelines/${tab}`);
          return body.state === 'listening';
        },
        { what: `the pipeline to run again, killed after ${waitMs} ms (it was ${isDisabled ? 'stopped' : 'running'})` },
      );
    }
    assert.ok(timesStopped > 0, 'one was killed between stop and start');
  });
});

import assert from 'node:assert/strict';
import type { PipelineOnEdges } from '../../../lib/edges/hub/pipelines/pipeline-views';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { PipelineRunView } from '../../../lib/pipeline/pipelines/views';
import { AdminClient } from '../../support/admin-client';
import { AedesBroker } from '../../support/aedes-broker';
import { modelFlow } from '../../support/flows';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { waitFor } from '../../support/wait-for';

const other = nodeRedMajor === '5' ? '4' : '5';
const EDGE = 'edge-2';

describe(`a broker of MQTT 3.1.1, for a hub of Node-RED ${nodeRedMajor} and an edge of ${other}`, function () {
  this.timeout(90_000);

  it('carries enrolment, models, pipelines, commands and last wills', async () => {
    await using broker = await AedesBroker.start();
    await using hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    const api = new AdminClient(hub);
    const until = (check: (view: EdgeView) => boolean, what: string): Promise<EdgeView> =>
      waitFor(
        async () => {
          const view = await api.ok<EdgeView>(200, 'GET', `edges/${EDGE}`);
          return check(view) ? view : undefined;
        },
        { what },
      );
    await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    await hub.deploy(modelFlow({ model: 'plus', brokerPort: Number(new URL(broker.url).port) }));
    const { enrolment } = await api.ok<{ enrolment: { settings: Record<string, unknown> } }>(201, 'POST', 'edges', {
      name: EDGE,
    });
    await using edge = await NodeRed.start({ major: other, modelManagement: enrolment.settings });
    await until(({ state }) => state === 'online', 'the edge to be online');

    await api.ok<PipelineOnEdges>(200, 'PUT', 'pipelines/tab/edges', { edges: [{ name: EDGE }] });
    const { models } = await until(
      ({ pipelines }) => pipelines[0]?.reported.state === 'deployed',
      'the pipeline to be deployed',
    );
    assert.deepEqual(
      models.map(({ name, state }) => [name, state]),
      [['plus', 'running']],
    );

    const { runId } = await api.ok<{ runId: string }>(202, 'POST', `pipelines/tab/edges/${EDGE}/test`, {
      payload: [1, 2, 3, 4],
      confirm: true,
    });
    const run = await waitFor(async () => {
      const found = await api.ok<PipelineRunView>(200, 'GET', `pipelines/tab/edges/${EDGE}/runs/${runId}`);
      return found.state === 'running' ? undefined : found;
    });
    assert.equal(run.steps?.at(-1)?.payload, '{"topic":"out","payload":[2,3,4,5]}');

    await edge.stop('SIGKILL');
    await until(({ state }) => state === 'offline', 'its last will');
    await edge.restart();
    await until(({ state }) => state === 'online', 'the edge to be back');
    const { broker: link } = await api.ok<{ broker: { connected: boolean } }>(200, 'GET', 'health');
    assert.equal(link.connected, true);
  });
});

import assert from 'node:assert/strict';
import type { PipelineOnEdges } from '../../../lib/edges/hub/pipelines/pipeline-views';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { AdminClient } from '../../support/admin-client';
import { canMakeCertificates } from '../../support/certificates';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { type FlowNode, NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const other = nodeRedMajor === '5' ? '4' : '5';
const TOPICS = { inbound: 'plant/${EDGE_NAME}/in', outbound: 'plant/${EDGE_NAME}/out' };

/** With a broker as the editor makes it for TLS: the certificates are files of the hub. */
function tlsFlow({ port, certificates: { ca = '', cert = '', key = '' } = { ca: '' } }: Mosquitto): FlowNode[] {
  const flow = modelFlow({ model: 'plus', brokerPort: port, ...TOPICS });
  const tls = { id: 'tls', type: 'tls-config', name: '', ca, cert, key, verifyservercert: true };
  return [...flow.map((entry) => (entry.id === 'broker' ? { ...entry, usetls: true, tls: 'tls' } : entry)), tls];
}

describe(`a broker with TLS, for a hub of Node-RED ${nodeRedMajor} and an edge of ${other}`, function () {
  this.timeout(90_000);

  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canMakeCertificates, 'openssl');
  });

  for (const asksClients of [false, true]) {
    it(`carries models and pipelines${asksClients ? ' of those who show a certificate' : ''}`, async () => {
      await using broker = await Mosquitto.start(undefined, { asksClients });
      await using hub = await NodeRed.start({
        modelManagement: { broker: { url: broker.url, ...broker.certificates } },
      });
      const api = new AdminClient(hub);
      await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
      await hub.deploy(tlsFlow(broker));
      const { enrolment } = await api.ok<{ enrolment: { settings: { broker: object } } }>(201, 'POST', 'edges', {
        name: 'edge-2',
      });
      const { settings } = enrolment;
      await using edge = await NodeRed.start({
        major: other,
        modelManagement: { ...settings, broker: { ...settings.broker, ...broker.certificates } },
      });
      await api.ok(200, 'PUT', 'pipelines/tab/edges', { edges: [{ name: 'edge-2' }] });
      await waitFor(
        async () => {
          const { edges } = await api.ok<PipelineOnEdges>(200, 'GET', 'pipelines/tab');
          return edges[0]?.reported.state === 'deployed';
        },
        { timeoutMs: 40_000, what: () => `the pipeline to be deployed: ${edge.log}` },
      );
      await using mqtt = await MqttListener.on(broker, ['plant/edge-2/out']);
      const answer = await waitFor(() => mqtt.ask('plant/edge-2/in', [1, 2, 3, 4], 'plant/edge-2/out'), {
        timeoutMs: 20_000,
        what: () => `an answer of the pipeline: ${edge.log}`,
      });
      assert.deepEqual(answer, [2, 3, 4, 5]);
      const { state, models } = await api.ok<EdgeView>(200, 'GET', 'edges/edge-2');
      assert.deepEqual([state, models.map(({ name, state }) => [name, state])], ['online', [['plus', 'running']]]);
      assert.doesNotMatch(hub.log + edge.log, /missing broker configuration|TypeError|BEGIN/);
    });
  }
});

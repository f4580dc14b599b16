import assert from 'node:assert/strict';
import { AdminClient } from '../../support/admin-client';
import { ModelLab } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import type { FlowNode } from '../../support/node-red';
import { irisModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

describe('an inference flow over HTTP', function () {
  this.timeout(120_000);
  let lab: ModelLab;
  let api: AdminClient;
  const flowOf = async (body?: object): Promise<readonly FlowNode[]> =>
    (await api.ok<{ flow: FlowNode[] }>(200, 'POST', 'models/iris/inference-flow', body)).flow;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start();
    api = new AdminClient(lab.nodeRed);
    await lab.upload('iris', irisModel());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  for (const [what, body, field] of [
    ['an array', [], 'body'],
    ['a number for a topic', { inboundTopic: 7 }, 'inboundTopic'],
    ['an empty topic', { inboundTopic: '' }, 'inboundTopic'],
    ['a NUL in a topic', { inboundTopic: 'a\u0000b' }, 'inboundTopic'],
    ['half a character in a topic', '{"inboundTopic":"a\\ud800"}', 'inboundTopic'],
    ['a topic over 65,535 bytes', { inboundTopic: 'ä'.repeat(40_000) }, 'inboundTopic'],
    ['a # that is not the end', { inboundTopic: 'a/#/b' }, 'inboundTopic'],
    ['a + within a level', { inboundTopic: 'a/b+/c' }, 'inboundTopic'],
    ['+ in a topic to publish on', { outboundTopic: 'a/+' }, 'outboundTopic'],
    ['# in a topic to publish on', { outboundTopic: '#' }, 'outboundTopic'],
    ['null for a topic', { outboundTopic: null }, 'outboundTopic'],
    ['an empty id of a broker', { brokerId: '' }, 'brokerId'],
    ['a list for the id of a broker', { brokerId: ['a'] }, 'brokerId'],
  ] as const) {
    it(`is not made of ${what}`, async () => {
      const error = await api.refused(400, 'INVALID_INPUT', 'POST', 'models/iris/inference-flow', body);
      assert.equal(error.details?.['field'], field, error.message);
    });
  }

  it('is a tab of its own, with new ids each time and a broker where none is named', async () => {
    const [one, two] = [await flowOf(), await flowOf({})];
    const ids = new Set([...one, ...two].map(({ id }) => id));
    assert.equal(ids.size, one.length + two.length);
    const types = one.map(({ type }) => type).sort();
    assert.deepEqual(types, ['catch', 'debug', 'mqtt in', 'mqtt out', 'mqtt-broker', 'onnx-model', 'tab']);
    const tab = one.find(({ type }) => type === 'tab');
    for (const node of one) if (!['tab', 'mqtt-broker'].includes(node.type)) assert.equal(node['z'], tab?.id);
    const topics = one.flatMap(({ topic }) => (typeof topic === 'string' ? [topic] : []));
    assert.deepEqual(topics, ['iris/read', 'iris/write']);
    const own = await flowOf({ brokerId: 'mine' });
    assert.ok(!own.some(({ type }) => type === 'mqtt-broker'));
    assert.deepEqual(
      own.flatMap(({ broker }) => (broker === undefined ? [] : [broker])),
      ['mine', 'mine'],
    );
  });

  it('takes wildcards where it listens', async () => {
    for (const inboundTopic of ['+/read', 'plant/+/line/#', '#', '+', '/', '$share/group/a/#']) {
      const topic = (await flowOf({ inboundTopic })).find(({ type }) => type === 'mqtt in')?.['topic'];
      assert.equal(topic, inboundTopic);
    }
  });

  it('deploys as it is, and answers messages', async () => {
    const flow = await flowOf({ inboundTopic: 'flowers/+', outboundTopic: 'kinds' });
    const deployed = flow.map((node) =>
      node.type === 'mqtt-broker' ? { ...node, broker: '127.0.0.1', port: String(lab.broker.port) } : node,
    );
    await lab.nodeRed.deploy(deployed);
    await using mqtt = await MqttListener.on(lab.broker, ['kinds']);
    await waitFor(
      async () => {
        await mqtt.publish('flowers/1', { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 });
        return mqtt.on('kinds').length > 0;
      },
      { what: 'an answer of the flow', intervalMs: 50 },
    );
    const [answer] = mqtt.on('kinds') as number[][];
    assert.equal(answer?.length, 3);
    assert.ok(Math.abs((answer ?? []).reduce((sum, share) => sum + share, 0) - 1) < 1e-5, JSON.stringify(answer));
  });
});

import assert from 'node:assert/strict';
import { ModelName } from '../../../lib/ids';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { inferenceFlow } from '../../../lib/pipeline/inference-flow';
import { parseConfig } from '../../../nodes/onnx-model/config';

const model = ModelName.parse('iris');
const only = (flow: readonly FlowEntry[], type: string): FlowEntry => {
  const found = flow.filter((entry) => entry.type === type);
  assert.equal(found.length, 1, `one ${type}`);
  return found[0] as FlowEntry;
};

describe('a generated inference flow', () => {
  it('wires mqtt in, model and mqtt out on the default topics with a broker of its own', () => {
    const flow = inferenceFlow({ model });
    const [inbound, node, outbound] = ['mqtt in', 'onnx-model', 'mqtt out'].map((type) => only(flow, type)) as [
      FlowEntry,
      FlowEntry,
      FlowEntry,
    ];
    const broker = only(flow, 'mqtt-broker');
    assert.deepEqual([inbound['topic'], inbound['datatype'], inbound['wires']], ['iris/read', 'json', [[node.id]]]);
    assert.deepEqual(node['wires'], [[outbound.id]]);
    assert.equal(outbound['topic'], 'iris/write');
    assert.deepEqual(
      [inbound['broker'], outbound['broker'], broker['broker'], broker['port']],
      [broker.id, broker.id, 'localhost', '1883'],
    );
    const tab = only(flow, 'tab');
    for (const entry of flow) if ('x' in entry) assert.equal(entry['z'], tab.id);
  });

  it('stores the complete configuration of the model node', () => {
    const node = only(inferenceFlow({ model, features: ['a', 'b'] }), 'onnx-model');
    const { id, type, z, x, y, wires, name, ...stored } = node;
    assert.deepEqual(parseConfig(node), stored);
    assert.deepEqual(node['features'], ['a', 'b']);
  });

  it('has ids that no other flow has', () => {
    const ids = [inferenceFlow({ model }), inferenceFlow({ model })].flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('uses a broker that exists already', () => {
    const flow = inferenceFlow({ model, brokerId: 'abc', inboundTopic: 'a/+', outboundTopic: 'b' });
    assert.equal(
      flow.some(({ type }) => type === 'mqtt-broker'),
      false,
    );
    assert.deepEqual(
      [only(flow, 'mqtt in')['broker'], only(flow, 'mqtt in')['topic'], only(flow, 'mqtt out')['topic']],
      ['abc', 'a/+', 'b'],
    );
  });

  for (const [brokerUrl, expected] of [
    ['mqtt://user:secret@plant.example', { broker: 'plant.example', port: '1883', usetls: false }],
    ['mqtts://plant.example', { broker: 'plant.example', port: '8883', usetls: true }],
    ['mqtt://[::1]:2000', { broker: '::1', port: '2000', usetls: false }],
    ['ws://plant.example:9001/mqtt', { broker: 'ws://plant.example:9001/mqtt', port: '9001', usetls: false }],
  ] as const) {
    it(`connects to ${brokerUrl}, without credentials`, () => {
      const flow = inferenceFlow({ model, brokerUrl });
      const { broker, port, usetls } = only(flow, 'mqtt-broker');
      assert.deepEqual({ broker, port, usetls }, expected);
      assert.doesNotMatch(JSON.stringify(flow), /secret/);
    });
  }

  it('passes on what it gets, or what a library makes of it, where no model is given', () => {
    const types = (options: Parameters<typeof inferenceFlow>[0]) =>
      inferenceFlow({ brokerId: 'b', ...options }).map(({ type, library, label }) => library ?? label ?? type);
    const rest = ['mqtt out', 'catch', 'debug'];
    assert.deepEqual(types({ name: 'Mine' }), ['Mine', 'mqtt in', 'pipelib_merge', ...rest]);
    assert.deepEqual(types({ library: 'pipelib_a' }), ['Pipeline', 'mqtt in', 'pipelib_a', ...rest]);
  });
});

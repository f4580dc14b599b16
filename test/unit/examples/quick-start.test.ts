import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly broker?: string;
  readonly wires?: readonly (readonly string[])[];
}

const file = join(__dirname, '..', '..', '..', 'examples', 'quick-start.json');

describe('examples/quick-start.json', () => {
  const flow = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[];
  const one = (type: string): FlowNode => {
    const found = flow.filter((node) => node.type === type);
    assert.equal(found.length, 1, `one ${type}`);
    return found[0] as FlowNode;
  };

  it('leads from mqtt in through the model to mqtt out', () => {
    assert.deepEqual(one('mqtt in').wires, [[one('onnx-model').id]]);
    assert.deepEqual(one('onnx-model').wires, [[one('mqtt out').id]]);
    assert.deepEqual([one('mqtt in').broker, one('mqtt out').broker], Array(2).fill(one('mqtt-broker').id));
  });

  it('stores every property of onnx-model, so that opening and closing its dialog changes nothing', () => {
    const { id, z, wires, ...stored } = one('onnx-model');
    assert.deepEqual(stored, {
      type: 'onnx-model',
      name: '',
      x: 330,
      y: 100,
      configVersion: 1,
      source: 'registry',
      model: 'iris',
      file: '',
      version: 'deployed',
      features: [],
      inputMap: [],
      result: { mode: 'first', names: [] },
      format: 'label',
      label: { topK: 1, softmax: false },
      timeoutMs: 30_000,
      queue: { max: 1000, overflow: 'error' },
      parentIds: [],
      join: {
        mode: 'all',
        key: 'msgid',
        property: '',
        parentKeys: 'name',
        parents: [],
        timeoutMs: 30_000,
        optionalWaitMs: 1000,
        maxWaiting: 1000,
        keepParents: false,
      },
    });
  });

  it('catches what goes wrong', () => {
    assert.deepEqual(one('catch').wires, [[one('debug').id]]);
  });
});

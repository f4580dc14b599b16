import assert from 'node:assert/strict';
import { FlowGraph } from '../../../../lib/pipeline/flow-graph';
import { aNode, anInstance, aTab, aTemplate } from '../../../support/flow-entries';
import { parentCases } from '../../../support/parent-cases';

const idsOf = (graph: FlowGraph, runtimeId: string): string[] => graph.parentsOf(runtimeId).map(({ id }) => id);

const t = aTab('t');
const inS = { z: 's' };
const inner = { z: 'inner' };

describe('the parents of a node', () => {
  for (const { name, flow, parents } of parentCases) {
    it(name, () => {
      const graph = FlowGraph.of(flow);
      for (const [runtimeId, expected] of Object.entries(parents)) {
        assert.equal(idsOf(graph, runtimeId).join(' '), expected, runtimeId);
      }
    });
  }

  it('are told with name and type', () => {
    const flow = [
      t,
      aTemplate('s', 'x', 'x'),
      aNode('x', '', inS),
      anInstance('i', 's', 'j', { name: '' }),
      aNode('a', 'j', { type: 'mqtt in', name: 'Sensor' }),
      aNode('b', 'j', { name: undefined, label: 'old style' }),
      aNode('j'),
    ];
    assert.deepEqual(FlowGraph.of(flow).parentsOf('j'), [
      { id: 'i', name: '', type: 'subflow:s' },
      { id: 'a', name: 'Sensor', type: 'mqtt in' },
      { id: 'b', name: 'old style', type: 'function' },
    ]);
  });

  it('are asked for by runtime ids, one for each instance of a subflow', () => {
    const flow = [
      t,
      aTemplate('s', 'm', 'm'),
      anInstance('m', 'inner', '', inS),
      aTemplate('inner', 'x', 'x'),
      aNode('x', '', inner),
      anInstance('i1', 's'),
      anInstance('i2', 's'),
      anInstance('i3', 's', '', { d: true }),
    ];
    const graph = FlowGraph.of(flow);
    assert.deepEqual(graph.runtimeIdsOf('x'), ['i1-m-x', 'i2-m-x']);
    assert.deepEqual([graph.runtimeIdsOf('i2'), graph.runtimeIdsOf('i3'), graph.runtimeIdsOf('s')], [['i2'], [], []]);
  });
});

describe('the parent a message came from', () => {
  const flow = [
    t,
    aTemplate('s', 'm p', 'm'),
    anInstance('m', 'inner', '', inS),
    aNode('p', 'j', inS),
    aNode('j', '', inS),
    aTemplate('inner', 'x', 'x'),
    aNode('x', '', inner),
    aNode('a', 'i k'),
    aNode('b', ''),
    anInstance('i', 's', 'k'),
    anInstance('i2', 's', ''),
    aNode('k'),
  ];
  const graph = FlowGraph.of(flow);
  for (const { node, origin, parent } of [
    { node: 'k', origin: 'a', parent: 'a' },
    { node: 'k', origin: 'i-m-x', parent: 'i' },
    { node: 'k', origin: 'i', parent: 'i' },
    { node: 'k', origin: 'i2-m-x', parent: undefined },
    { node: 'k', origin: 'b', parent: undefined },
    { node: 'k', origin: 'nowhere', parent: undefined },
    { node: 'k', origin: 'x', parent: undefined },
    { node: 'i-j', origin: 'i-p', parent: 'p' },
    { node: 'i-j', origin: 'i2-p', parent: undefined },
    { node: 'i-m-x', origin: 'a', parent: 'a' },
    { node: 'nowhere', origin: 'a', parent: undefined },
  ]) {
    it(`from ${origin} to ${node} is ${parent}`, () => assert.equal(graph.parentOf(node, origin), parent));
  }
});

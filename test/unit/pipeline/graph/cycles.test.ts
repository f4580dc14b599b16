import assert from 'node:assert/strict';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { FlowGraph } from '../../../../lib/pipeline/flow-graph';
import {
  aJunction,
  aLinkCall,
  aLinkIn,
  aLinkOut,
  aNode,
  anInstance,
  aReturn,
  aTab,
  aTemplate,
} from '../../../support/flow-entries';

const t = aTab('t');
const inS = { z: 's' };

interface Case {
  readonly name: string;
  readonly flow: readonly FlowEntry[];
  readonly node?: string;
  /** Each way in words. */
  readonly cycles: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'are not ways that part and meet again',
    flow: [t, aNode('a', 'b c'), aNode('b', 'j'), aNode('c', 'j'), aNode('j', 'k'), aNode('k')],
    cycles: [],
  },
  {
    name: 'are told with the shortest way from the node back to itself',
    flow: [t, aNode('a', 'j'), aNode('j', 'b c'), aNode('b', 'd'), aNode('d', 'p'), aNode('c', 'p'), aNode('p', 'j')],
    cycles: ['J C P J'],
  },
  { name: 'are also a wire from the node to itself', flow: [t, aNode('a', 'j'), aNode('j', 'j')], cycles: ['J J'] },
  {
    name: 'are one for each parent that lies downstream',
    flow: [t, aNode('p', 'j'), aNode('q', 'j p'), aNode('j', 'q')],
    cycles: ['J Q P J', 'J Q J'],
  },
  {
    name: 'leave out what hands messages on, and call nodes without a name by their type',
    flow: [
      t,
      aNode('a', 'j'),
      aNode('j', 'o', { name: '' }),
      aLinkOut('o', 'i'),
      aLinkIn('i', 'x'),
      aJunction('x', 'p'),
      aNode('p', 'x2', { name: '', type: 'change' }),
      aJunction('x2', 'j'),
    ],
    cycles: ['function change function'],
  },
  {
    name: 'are cut by what is disabled',
    flow: [t, aNode('a', 'j'), aNode('j', 'p', {}), aNode('p', 'q', { d: true }), aNode('q', 'j')],
    cycles: [],
  },
  {
    name: 'show a subflow as its instance, one without a name by that of its template',
    flow: [
      t,
      aTemplate('s', 'x', 'y'),
      aNode('x', 'y', inS),
      aNode('y', '', inS),
      aNode('a', 'j'),
      aNode('j', 'i'),
      anInstance('i', 's', 'k', { name: '' }),
      aNode('k', 'j'),
    ],
    cycles: ['J Template s K J'],
  },
  {
    name: 'come through a subflow whose input is wired straight to its output',
    flow: [t, aTemplate('s', '', 's'), aNode('a', 'j'), aNode('j', 'i'), anInstance('i', 's', 'j')],
    cycles: ['J I J'],
  },
  {
    name: 'do not come through a subflow that has no way from this input to this output',
    flow: [
      t,
      aTemplate('s', 'x', 'y'),
      aNode('x', '', inS),
      aNode('y', '', inS),
      aNode('j', 'i'),
      anInstance('i', 's', 'j'),
    ],
    cycles: [],
  },
  {
    name: 'of a node in a subflow may lead around its instance',
    flow: [
      t,
      aTemplate('s', 'j', 'j'),
      aNode('j', '', inS),
      aNode('a', 'i'),
      anInstance('i', 's', 'b'),
      aNode('b', 'i'),
    ],
    node: 'i-j',
    cycles: ['J I B J'],
  },
  {
    name: 'of a node in a subflow do not lead around another instance',
    flow: [
      t,
      aTemplate('s', 'j', 'j'),
      aNode('j', '', inS),
      anInstance('i', 's', 'b'),
      aNode('b', 'i2'),
      anInstance('i2', 's', ''),
    ],
    node: 'i2-j',
    cycles: [],
  },
  {
    name: 'lead through a link call',
    flow: [
      t,
      aNode('a', 'j'),
      aNode('j', 'call'),
      aLinkCall('call', 'i', 'p'),
      aLinkIn('i', 'r'),
      aReturn('r'),
      aNode('p', 'j'),
    ],
    cycles: ['J CALL P J'],
  },
  {
    name: 'lead from what is called back to it, when the caller calls it again',
    flow: [
      t,
      aNode('a', 'call1'),
      aLinkCall('call1', 'i', 'call2'),
      aLinkCall('call2', 'i', ''),
      aLinkIn('i', 'j'),
      aNode('j', 'r'),
      aReturn('r'),
    ],
    cycles: ['J CALL1 J'],
  },
  {
    name: 'do not lead into what is called at one call and out of it at another',
    flow: [
      t,
      aNode('a', 'call1'),
      aLinkCall('call1', 'i', 'j'),
      aNode('j', 'call2'),
      aLinkCall('call2', 'i', ''),
      aLinkIn('i', 'work'),
      aNode('work', 'r'),
      aReturn('r'),
    ],
    cycles: [],
  },
];

describe('cycles through a node', () => {
  for (const { name, flow, node = 'j', cycles } of cases) {
    it(name, () => {
      const found = FlowGraph.of(flow).cyclesOf(node);
      assert.deepEqual(
        found.map(({ path }) => path.join(' ')),
        cycles,
      );
    });
  }

  it('name the parent they enter by', () => {
    const graph = FlowGraph.of([t, aNode('a', 'j'), aNode('j', 'p'), aNode('p', 'j')]);
    assert.deepEqual(graph.cyclesOf('j'), [{ parentId: 'p', path: ['J', 'P', 'J'] }]);
    assert.deepEqual(graph.cyclesOf('nowhere'), []);
  });
});

import assert from 'node:assert/strict';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { FlowGraph } from '../../../../lib/pipeline/flow-graph';
import { aLinkCall, aLinkIn, aNode, anInstance, aReturn, aTab, aTemplate } from '../../../support/flow-entries';

const t = aTab('t');
const inS = { z: 's' };

interface Case {
  readonly name: string;
  readonly flow: readonly FlowEntry[];
  readonly node?: string;
  readonly ids?: string;
  readonly pair: string | undefined;
}

const cases: readonly Case[] = [
  { name: 'two sources are not related', flow: [t, aNode('a', 'j'), aNode('b', 'j'), aNode('j')], pair: 'a b' },
  {
    name: 'two ways from one source are',
    flow: [t, aNode('s', 'a b'), aNode('a', 'x'), aNode('x', 'j'), aNode('b', 'j'), aNode('j')],
    ids: 'x b',
    pair: undefined,
  },
  {
    name: 'a parent is related to one upstream of it',
    flow: [t, aNode('a', 'b j'), aNode('b', 'j'), aNode('j')],
    pair: undefined,
  },
  {
    name: 'the first pair in the order asked for is told',
    flow: [t, aNode('s', 'a b'), aNode('a', 'j'), aNode('b', 'j'), aNode('c', 'j'), aNode('d', 'j'), aNode('j')],
    ids: 'b a d c',
    pair: 'b d',
  },
  {
    name: 'ids that are no parents are passed over',
    flow: [t, aNode('a', 'j'), aNode('b'), aNode('j')],
    pair: undefined,
  },
  {
    name: 'two nodes at the input of a subflow are related, even when nothing comes in',
    flow: [
      t,
      aTemplate('s', 'a b', 'j'),
      aNode('a', 'j', inS),
      aNode('b', 'j', inS),
      aNode('j', '', inS),
      anInstance('i', 's'),
    ],
    node: 'i-j',
    pair: undefined,
  },
  {
    name: 'an instance is related to what comes in and gets to this output',
    flow: [
      t,
      aTemplate('s', 'x', 'x'),
      aNode('x', '', inS),
      aNode('a', 'i b'),
      anInstance('i', 's', 'j'),
      aNode('b', 'j'),
      aNode('j'),
    ],
    ids: 'i b',
    pair: undefined,
  },
  {
    name: 'an instance is not related to what comes in and does not get to this output',
    flow: [
      t,
      aTemplate('s', 'x', 'y'),
      aNode('x', '', inS),
      aNode('y', '', inS),
      aNode('a', 'i b'),
      anInstance('i', 's', 'j'),
      aNode('b', 'j'),
      aNode('j'),
    ],
    ids: 'i b',
    pair: 'i b',
  },
  {
    name: 'two calls of the same links are related only by who calls',
    flow: [
      t,
      aNode('a', 'call1'),
      aNode('b', 'call2'),
      aLinkCall('call1', 'l', 'j'),
      aLinkCall('call2', 'l', 'j'),
      aLinkIn('l', 'r'),
      aReturn('r'),
      aNode('j'),
    ],
    ids: 'call1 call2',
    pair: 'call1 call2',
  },
  {
    name: 'a catch of all nodes is related to what stands on its tab',
    flow: [t, aNode('c', 'j', { type: 'catch', scope: null }), aNode('a', 'j'), aNode('j')],
    ids: 'a c',
    pair: undefined,
  },
  {
    name: 'a catch or complete is related to the nodes it names only',
    flow: [t, aNode('c', 'j', { type: 'complete', scope: ['a'] }), aNode('a', 'j'), aNode('b', 'j'), aNode('j')],
    ids: 'a c b',
    pair: 'a b',
  },
];

describe('parents of one run', () => {
  for (const { name, flow, node = 'j', ids = 'a b', pair } of cases) {
    it(name, () => {
      assert.equal(FlowGraph.of(flow).unrelatedPair(node, ids.split(' '))?.join(' '), pair);
    });
  }
});

import type { FlowEntry } from '../../lib/pipeline/flow-entry';
import { aJunction, aLinkCall, aLinkIn, aLinkOut, aNode, anInstance, aReturn, aTab, aTemplate } from './flow-entries';

/** What the parents of nodes are. */
export interface ParentCase {
  readonly name: string;
  readonly flow: readonly FlowEntry[];
  /** By runtime id. */
  readonly parents: Readonly<Record<string, string>>;
  /** No flow a Node-RED would run. */
  readonly isBroken?: true;
}

const t = aTab('t');
const inS = { z: 's' };
const inner = { z: 'inner' };

export const parentCases: readonly ParentCase[] = [
  {
    name: 'are what is wired to the node, in the order of the flow file',
    flow: [aNode('b', 'j'), aNode('a', 'j'), aNode('j', 'c'), aNode('c'), t],
    parents: { j: 'b a', c: 'j', a: '' },
  },
  { name: 'are none for a node that is not there', flow: [t, aNode('a', 'j')], parents: { j: '', nowhere: '' } },
  {
    name: 'are one for two wires, also from two outputs and over two ways',
    flow: [t, aNode('a', 'j x | j'), aJunction('x', 'j'), aNode('j')],
    parents: { j: 'a' },
  },
  {
    name: 'are seen through junctions, also in a ring',
    flow: [t, aNode('a', 'x'), aJunction('x', 'y'), aJunction('y', 'x j'), aNode('j')],
    parents: { j: 'a' },
  },
  {
    name: 'may be the node itself',
    flow: [t, aNode('a', 'j'), aNode('j', 'x'), aJunction('x', 'j')],
    parents: { j: 'a j' },
  },
  {
    name: 'are seen through links across tabs, whichever end the link is stored at',
    flow: [
      t,
      aTab('u'),
      aNode('a', 'o1'),
      aNode('b', 'o2'),
      aLinkOut('o1', 'i'),
      aLinkOut('o2', ''),
      aLinkIn('i', 'j', { z: 'u', links: ['o2'] }),
      aNode('j', '', { z: 'u' }),
    ],
    parents: { j: 'a b' },
  },
  {
    name: 'do not come over the wires Node-RED keeps in a link out',
    flow: [t, aNode('a', 'o'), aLinkOut('o', '', { wires: [['j']] }), aNode('j')],
    parents: { j: '' },
  },
  {
    name: 'are not found over what is disabled: node, link, junction, tab',
    flow: [
      t,
      aTab('off', { disabled: true }),
      aNode('a', 'j', { d: true }),
      aNode('b', 'x'),
      aNode('x', 'j', { d: true }),
      aNode('c', 'o'),
      aLinkOut('o', 'i', { d: true }),
      aLinkIn('i', 'j'),
      aNode('e', 'o2', { z: 'off' }),
      aLinkOut('o2', 'i', { z: 'off' }),
      aNode('j'),
      aNode('k', '', { d: true }),
      aNode('f', 'k'),
    ],
    parents: { j: '', k: '' },
  },
  {
    name: 'are not groups, comments or config nodes',
    isBroken: true,
    flow: [
      t,
      { id: 'g', type: 'group', z: 't', nodes: ['a'], x: 0, y: 0, w: 1, h: 1, wires: [['j']] },
      { id: 'c', type: 'mqtt-broker', z: 't' },
      { id: 'free', type: 'mqtt-broker', wires: [['j']] },
      aNode('a', 'j', { g: 'g' }),
      aNode('j'),
    ],
    parents: { j: 'a', c: '', free: '' },
  },
  {
    name: 'stand on a tab of which the flow file has no entry',
    flow: [aNode('a', 'j', { z: 'x' }), aNode('j', '', { z: 'x' })],
    parents: { j: 'a' },
  },
  {
    name: 'are a link call, not what it calls; what it calls sees who called',
    flow: [
      t,
      aNode('a', 'call1 call2'),
      aNode('b', 'call2'),
      aLinkCall('call1', 'i', 'j'),
      aLinkCall('call2', 'i', 'j'),
      aLinkIn('i', 'work'),
      aNode('work', 'r'),
      aReturn('r'),
      aNode('j'),
    ],
    parents: { j: 'call1 call2', work: 'a b' },
  },
  {
    name: 'behind a link in that only a dynamic link call reaches are none',
    flow: [
      t,
      aNode('a', 'call'),
      aLinkCall('call', undefined, 'j', { links: ['i'] }),
      aLinkIn('i', 'work'),
      aNode('work', 'r'),
      aReturn('r'),
      aNode('j'),
    ],
    parents: { j: 'call', work: '' },
  },
  {
    name: 'of a node in a subflow are those of its instance, and of that instance only',
    flow: [
      t,
      aTemplate('s', 'j', 'j'),
      aNode('j', '', inS),
      aNode('x', 'j', inS),
      aNode('a', 'i1'),
      aNode('b', 'i2'),
      anInstance('i1', 's', 'k'),
      anInstance('i2', 's', 'k'),
      aNode('k'),
    ],
    parents: { 'i1-j': 'x a', 'i2-j': 'x b', k: 'i1 i2', j: '' },
  },
  {
    name: 'are the instance once, whichever of its outputs it comes from',
    flow: [
      t,
      aTemplate('s', 'x y', 'x | y'),
      aNode('x', '', inS),
      aNode('y', '', inS),
      anInstance('i', 's', 'j | j'),
      aNode('j'),
    ],
    parents: { j: 'i' },
  },
  {
    name: 'are an instance also when its input is wired straight to its output',
    flow: [t, aTemplate('s', '', 's'), aNode('a', 'i'), anInstance('i', 's', 'j'), aNode('j')],
    parents: { j: 'i' },
  },
  {
    name: 'are an instance also when its input is led to its output by junctions and links',
    flow: [
      t,
      aTemplate('s', 'x', 'l'),
      aJunction('x', 'o', inS),
      aLinkOut('o', 'l', inS),
      aLinkIn('l', '', inS),
      aNode('a', 'i'),
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: 'i' },
  },
  {
    name: 'are no instance whose output nothing leads to, or only what is disabled',
    flow: [
      t,
      aTemplate('s', 'x', 'x | y | off'),
      aNode('x', '', inS),
      aJunction('y', '', inS),
      aNode('off', '', { ...inS, d: true }),
      anInstance('i', 's', 'j | k | l'),
      aNode('j'),
      aNode('k'),
      aNode('l'),
    ],
    parents: { j: 'i', k: '', l: '' },
  },
  {
    name: 'of nested subflows: the instance beside the node, and from inside what is around all of them',
    flow: [
      t,
      aTemplate('s', 'm', 'm'),
      anInstance('m', 'inner', '', inS),
      anInstance('n', 'inner', 'y', inS),
      aNode('y', '', inS),
      aTemplate('inner', 'x', 'x'),
      aNode('x', '', inner),
      aNode('a', 'i'),
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: 'i', 'i-m-x': 'a', 'i-n-x': '', 'i-y': 'n' },
  },
  {
    name: 'of nested subflows whose inputs are wired straight to their outputs',
    flow: [
      t,
      aTemplate('s', 'm', 'm'),
      anInstance('m', 'inner', '', inS),
      aTemplate('inner', '', 'inner'),
      aNode('a', 'i'),
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: 'i' },
  },
  {
    name: 'in a subflow are seen through its own links and junctions',
    flow: [
      t,
      aTemplate('s', 'x', 'j'),
      aJunction('x', 'o', inS),
      aLinkOut('o', 'l', inS),
      aLinkIn('l', 'j', inS),
      aNode('j', '', inS),
      aNode('a', 'i'),
      anInstance('i', 's'),
      // A link cannot cross the border of a subflow.
      aNode('b', 'out'),
      aLinkOut('out', 'l'),
    ],
    parents: { 'i-j': 'a' },
  },
  {
    name: 'of what a link call inside a subflow calls outside of it: the instance, when the message was in its nodes',
    flow: [
      t,
      aTemplate('s', 'x call2', 'call1'),
      aNode('x', 'call1', inS),
      aLinkCall('call1', 'l', '', inS),
      aLinkCall('call2', 'l', '', inS),
      aNode('a', 'i'),
      anInstance('i', 's'),
      aLinkIn('l', 'j'),
      aNode('j', 'r'),
      aReturn('r'),
    ],
    parents: { j: 'a i' },
  },
  {
    name: 'are found where a subflow feeds itself',
    flow: [t, aTemplate('s', 'j', 'j'), aNode('j', '', inS), aNode('a', 'i'), anInstance('i', 's', 'i')],
    parents: { 'i-j': 'a i' },
  },
  {
    name: 'are an instance also when only what a link call inside calls leads to its output',
    flow: [
      t,
      aTemplate('s', 'call', 'l'),
      aLinkCall('call', 'l', '', inS),
      aLinkIn('l', '', inS),
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: 'i' },
  },
  {
    name: 'do not come out of a template that is missing or holds itself',
    isBroken: true,
    flow: [
      t,
      anInstance('lost', 'gone', 'j'),
      aTemplate('s', 'm', 'm'),
      anInstance('m', 's', '', inS),
      aNode('a', 'i'),
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: '' },
  },
  {
    name: 'survive wiring that is no wiring',
    isBroken: true,
    flow: [
      t,
      aNode('a', '', { wires: ['j', [7, null, 'j'], null] }),
      aNode('b', '', { wires: 'j' }),
      aLinkIn('l', 'j', { links: 'x' }),
      { id: 's', type: 'subflow', in: 5, out: [null, { wires: [{ port: 1 }, 3] }] },
      anInstance('i', 's', 'j'),
      aNode('j'),
    ],
    parents: { j: 'a' },
  },
];

import assert from 'node:assert/strict';
import { drawTab } from '../../../../lib/pipeline/pipelines/drawing';
import { aJunction, aLinkIn, aLinkOut, aNode, aTab } from '../../../support/flow-entries';

describe('the drawing of a tab', () => {
  it('has its nodes where they stand, and the wires and links between them', () => {
    const entries = [
      aTab('t'),
      aTab('u'),
      aNode('a', 'j away', { x: 5, y: 7 }),
      aJunction('j', 'lo'),
      aLinkOut('lo', 'li elsewhere'),
      aLinkIn('li', 'd'),
      aNode('d', '', { d: true, name: '', topic: 'the/topic' }),
      aNode('away', '', { z: 'u' }),
      { id: 'g', type: 'group', z: 't', x: 1, y: 1, nodes: [] },
      { id: 'broker', type: 'mqtt-broker', z: 't' },
    ];
    const { nodes, wires } = drawTab(entries, 't');
    assert.deepEqual(
      nodes.map(({ id }) => id),
      ['a', 'j', 'lo', 'li', 'd'],
    );
    assert.deepEqual(nodes[0], { id: 'a', type: 'function', name: 'A', x: 5, y: 7, isDisabled: false });
    assert.deepEqual([nodes[4]?.name, nodes[4]?.isDisabled], ['the/topic', true]);
    assert.deepEqual(wires, [
      ['a', 'j'],
      ['j', 'lo'],
      ['lo', 'li'],
      ['li', 'd'],
    ]);
  });
});

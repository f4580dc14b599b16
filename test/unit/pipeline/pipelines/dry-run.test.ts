import assert from 'node:assert/strict';
import { examineDryRun } from '../../../../lib/pipeline/pipelines/dry-run';
import { payloadFor } from '../../../../lib/pipeline/pipelines/test-input';
import { aLinkIn, aLinkOut, aNode, aTab } from '../../../support/flow-entries';

const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);

describe('what a dry run may meet', () => {
  it('names what may do something outside, over links and in subflows, and not what is beside the way', () => {
    const entries = [
      aTab('t'),
      aTab('u'),
      { id: 's', type: 'subflow', name: 'S', in: [{ wires: [{ id: 'inner' }] }], out: [] },
      aNode('in', 'f s1 lo', { type: 'mqtt in' }),
      aNode('f', 'out', {}),
      aNode('out', '', { type: 'mqtt out' }),
      aNode('s1', '', { type: 'subflow:s' }),
      aNode('inner', '', { type: 'file', z: 's' }),
      aLinkOut('lo', 'li'),
      aLinkIn('li', 'ask', { z: 'u' }),
      aNode('ask', '', { type: 'http request', z: 'u' }),
      aNode('beside', '', { type: 'exec' }),
    ];
    const { effects, newIds } = examineDryRun(entries, 'in');
    assert.deepEqual(ids(effects).sort(), ['ask', 'inner']);
    assert.deepEqual(newIds, []);
  });

  it('names what gives messages another id, and takes unknown types for ones with effects', () => {
    const entries = [
      aTab('t'),
      aNode('in', 'a', { type: 'inject' }),
      aNode('a', 'b', { type: 'split' }),
      aNode('b', 'c', { type: 'no-such-type' }),
      aNode('c', 'a', { type: 'retrain-trigger' }),
    ];
    const { effects, newIds } = examineDryRun(entries, 'in');
    assert.deepEqual([ids(effects), ids(newIds)], [['b', 'c'], ['a']]);
  });
});

describe('the input of a test', () => {
  for (const [datatype, value, expected] of [
    ['json', { a: 1 }, { a: 1 }],
    ['auto-detect', 'text', 'text'],
    ['auto-detect', { a: 1 }, { a: 1 }],
    ['utf8', { a: 1 }, '{"a":1}'],
    ['utf8', 'text', 'text'],
    ['buffer', 'text', Buffer.from('text')],
    ['base64', 'text', 'dGV4dA=='],
  ] as const) {
    it(`${JSON.stringify(value)} is ${JSON.stringify(expected)} where the subscription gives ${datatype}`, () => {
      assert.deepEqual(payloadFor(aNode('in', '', { type: 'mqtt in', datatype }), value), expected);
    });
  }

  it('is as it is for other nodes', () => assert.equal(payloadFor(aNode('in', '', { type: 'inject' }), 5), 5));
});

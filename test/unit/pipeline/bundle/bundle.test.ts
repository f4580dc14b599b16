import assert from 'node:assert/strict';
import { bundleOf, librariesOf, modelNeedsOf } from '../../../../lib/pipeline/bundle/bundle';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { aLinkCall, aLinkIn, aLinkOut, aNode, aTab } from '../../../support/flow-entries';
import { withCode } from '../../../support/registry-lab';

const broker: FlowEntry = { id: 'b', type: 'mqtt-broker', broker: 'hub', port: '1883', tls: 'c' };
const tls: FlowEntry = { id: 'c', type: 'tls-config', credentials: { cadata: 'secret' } };
const other: FlowEntry = { id: 'o', type: 'mqtt-broker', broker: 'elsewhere' };
const model = (more: object = {}): FlowEntry => aNode('m', 'out', { type: 'onnx-model', model: 'iris', ...more });
const subflow: FlowEntry = { id: 'sub', type: 'subflow', name: 'Sub', in: [], out: [] };
const inner: FlowEntry = { id: 'sub2', type: 'subflow', name: 'Inner', in: [], out: [] };

const idsOf = (entries: readonly FlowEntry[]): readonly string[] => bundleOf(entries, 't').entries.map(({ id }) => id);

describe('the bundle of a pipeline', () => {
  const needed: readonly (readonly [string, readonly FlowEntry[], readonly string[]])[] = [
    [
      'the tab first, and what is on it',
      [other, model(), aTab('t'), aTab('u'), aNode('n', '', { z: 'u' })],
      ['t', 'm'],
    ],
    [
      'a config node, and one that it needs',
      [tls, broker, other, aTab('t'), model({ broker: 'b' })],
      ['t', 'c', 'b', 'm'],
    ],
    [
      'one that is named deep inside',
      [broker, aTab('t'), aNode('n', '', { rules: [{ to: { use: 'b' } }] })],
      ['t', 'b', 'n'],
    ],
    ['one of the tab itself', [aTab('t'), { id: 'x', type: 'tls-config', z: 't' }, model()], ['t', 'x', 'm']],
    [
      'subflows, also in subflows, with what they need',
      [
        subflow,
        inner,
        broker,
        tls,
        aTab('t'),
        aNode('i', '', { type: 'subflow:sub' }),
        aNode('j', '', { z: 'sub', type: 'subflow:sub2' }),
        aNode('k', '', { z: 'sub2', broker: 'b' }),
      ],
      ['t', 'sub', 'sub2', 'b', 'c', 'i', 'j', 'k'],
    ],
    ['no other tab whose id is a text', [aTab('t'), aTab('u'), aNode('n', '', { text: 'u' })], ['t', 'n']],
    ['groups', [aTab('t'), { id: 'g', type: 'group', z: 't', nodes: ['m'] }, model({ g: 'g' })], ['t', 'g', 'm']],
  ];
  for (const [what, entries, ids] of needed) {
    it(`holds ${what}`, () => assert.deepEqual(idsOf(entries), ids));
  }

  it('holds no credentials', () => {
    const { entries } = bundleOf([tls, broker, aTab('t'), model({ broker: 'b', credentials: { user: 'u' } })], 't');
    assert.doesNotMatch(JSON.stringify(entries), /credentials|secret/);
  });

  it('forgets who on another tab leads to it', () => {
    const entries = [aTab('t'), aTab('u'), aLinkIn('i', 'm', { links: ['o', 'p'] }), aLinkOut('p', 'i'), model()];
    const { entries: held } = bundleOf([...entries, aLinkOut('o', 'i', { z: 'u' })], 't');
    assert.deepEqual(held.find(({ id }) => id === 'i')?.['links'], ['p']);
  });

  const refused: readonly (readonly [string, FlowEntry, RegExp])[] = [
    ['a model in a file', model({ source: 'file', file: 'a.onnx' }), /from a file/],
    ['a model named by the environment', model({ model: '${MODEL}' }), /environment/],
    ['a link to another tab', aLinkOut('l', 'far'), /another flow/],
    ['a call to another tab', aLinkCall('l', 'far'), /another flow/],
  ];
  for (const [what, entry, words] of refused) {
    it(`does not exist with ${what}, unless it is disabled`, () => {
      const entries = [aTab('t'), aTab('u'), entry, aLinkIn('far', '', { z: 'u' })];
      assert.throws(() => bundleOf(entries, 't'), withCode('PIPELINE_NOT_PORTABLE'));
      assert.throws(() => bundleOf(entries, 't'), words);
      assert.equal(bundleOf([aTab('t'), { ...entry, d: true }], 't').entries.length, 2);
    });
  }

  it('does not exist with two brokers, which would be one on an edge', () => {
    const two = [
      aTab('t'),
      broker,
      other,
      aNode('i', 'p', { type: 'mqtt in', broker: 'b', topic: 'x' }),
      aNode('p', '', { type: 'mqtt out', broker: 'o', topic: 'x' }),
    ];
    assert.throws(() => bundleOf(two, 't'), /several brokers/);
    assert.equal(
      bundleOf(
        two.filter(({ type }) => type !== 'mqtt in'),
        't',
      ).entries.length,
      3,
    );
  });

  it('is of a tab that is there', () => assert.throws(() => bundleOf([], 't'), withCode('PIPELINE_NOT_FOUND')));

  it('tells what its nodes ask of the registry, each once', () => {
    const ask = (id: string, more: object): FlowEntry => aNode(id, '', { type: 'onnx-model', ...more });
    const entries = [
      ask('1', { model: 'iris' }),
      ask('2', { model: 'Iris', version: 'deployed' }),
      ask('3', { model: 'iris', version: '3' }),
      ask('4', { model: 'ocr', version: 'canary' }),
      ask('5', { model: '' }),
      ask('6', { model: 'gone', d: true }),
      aNode('7', '', { model: 'no-model' }),
    ];
    assert.deepEqual(modelNeedsOf({ entries: entries as never }), [
      { model: 'Iris', ref: 'deployed' },
      { model: 'iris', ref: '3' },
      { model: 'ocr', ref: 'canary' },
    ]);
  });

  it('tells which libraries they call, each once', () => {
    const call = (id: string, library: string, more: object = {}): FlowEntry =>
      aNode(id, '', { type: 'pipelib', library, ...more });
    const entries = [
      call('1', 'scale'),
      call('2', 'scale'),
      call('3', 'other'),
      call('4', ''),
      call('5', 'x', { d: true }),
    ];
    assert.deepEqual(librariesOf({ entries: entries as never }), ['scale', 'other']);
  });
});

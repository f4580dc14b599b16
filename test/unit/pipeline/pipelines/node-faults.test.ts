import assert from 'node:assert/strict';
import { findPipelines } from '../../../../lib/pipeline/pipelines/pipelines';
import { aNode, aTab } from '../../../support/flow-entries';

const library = (id: string, to: string, more = {}) =>
  aNode(id, to, { type: 'pipelib', library: 'pipelib_a', ...more });
const faultsOf = (...entries: Parameters<typeof findPipelines>[0]) => {
  const [pipeline] = findPipelines([aTab('t'), aNode('in', 'a', { type: 'mqtt in', topic: 'x' }), ...entries]);
  return pipeline?.faults.map(({ code, node }) => [code, node]);
};

describe('faults of the nodes of a pipeline', () => {
  it('are none where all is well', () => {
    assert.deepEqual(faultsOf(library('a', 'b'), library('b', '')), []);
  });

  it('name a join that waits for itself, and the way round', () => {
    const entries = [
      aTab('t'),
      aNode('in', 'a', { type: 'mqtt in', topic: 'x' }),
      library('a', 'b'),
      library('b', 'a'),
    ];
    const fault = findPipelines(entries)[0]?.faults.find(({ node }) => node === 'a');
    assert.equal(fault?.code, 'JOIN_CYCLE');
    assert.match(fault?.message ?? '', /"A" → "B" → "A"/);
    assert.match(fault?.message ?? '', /policy "latest" with an initial value/);
  });

  it('take a state that is fed back for what it is', () => {
    const join = { parents: [{ policy: 'each' }, { policy: 'latest', initial: 0 }] };
    assert.deepEqual(faultsOf(library('a', 'b', { join, parentIds: ['in', 'b'] }), library('b', 'a')), []);
  });

  it('name joins in which nothing starts a round or two results would have one name', () => {
    const two = [aNode('in', 'l m', { type: 'mqtt in', topic: 'x' }), library('l', 'a'), library('m', 'a')];
    const joined = (parents: object[]) =>
      findPipelines([aTab('t'), ...two, library('a', '', { join: { parents }, parentIds: ['l', 'm'] })])[0]?.faults.map(
        ({ code, node }) => [code, node],
      );
    assert.deepEqual(joined([{ policy: 'next' }, { policy: 'next' }]), [['JOIN_INVALID', 'a']]);
    assert.deepEqual(joined([{ key: 'k' }, { key: 'k' }]), [['JOIN_INVALID', 'a']]);
    assert.deepEqual(joined([{ key: 'k' }, { key: 'l' }]), []);
  });

  for (const [what, node, code] of [
    ['a feature without a name', { type: 'onnx-model', model: 'iris', features: ['a', ' '] }, 'FEATURES_EMPTY'],
    ['no model', { type: 'onnx-model', source: 'registry', model: '' }, 'NOT_CHOSEN'],
    ['no model file', { type: 'onnx-model', source: 'file', model: 'iris', file: ' ' }, 'NOT_CHOSEN'],
    ['no library', { type: 'pipelib', library: '' }, 'NOT_CHOSEN'],
  ] as const) {
    it(`name ${what}`, () => assert.deepEqual(faultsOf(aNode('a', '', node)), [[code, 'a']]));
  }

  it('take a model of a file for chosen, and features that are named', () => {
    const node = { type: 'onnx-model', source: 'file', model: '', file: 'a.onnx', features: ['a', 'b'] };
    assert.deepEqual(faultsOf(aNode('a', '', node)), []);
  });

  it('are named once for a node of a subflow that is there twice', () => {
    const template = { id: 's', type: 'subflow', name: 'S', in: [{ wires: [{ id: 'a' }] }], out: [] };
    const inside = { ...library('a', '', { library: '' }), z: 's' };
    const instances = ['i', 'j'].map((id) => aNode(id, '', { type: 'subflow:s' }));
    assert.deepEqual(faultsOf(template, inside, ...instances), [['NOT_CHOSEN', 'a']]);
  });
});

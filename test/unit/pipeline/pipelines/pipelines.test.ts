import assert from 'node:assert/strict';
import { findPipelines } from '../../../../lib/pipeline/pipelines/pipelines';
import { aJunction, aNode, aTab } from '../../../support/flow-entries';

const anInbound = (id: string, to: string, more = {}) =>
  aNode(id, to, { type: 'mqtt in', topic: `${id}/read`, ...more });
const anOutbound = (id: string, more = {}) => aNode(id, '', { type: 'mqtt out', topic: `${id}/write`, ...more });
const aModel = (id: string, to: string, more = {}) =>
  aNode(id, to, { type: 'onnx-model', source: 'registry', model: 'iris', ...more });
const aLibrary = (id: string, to: string, more = {}) =>
  aNode(id, to, { type: 'pipelib', library: 'pipelib_a', ...more });

describe('the pipelines of a flow file', () => {
  it('are the tabs that hold one of our nodes', () => {
    const entries = [
      aTab('t'),
      aTab('other'),
      anInbound('in', 'm'),
      aModel('m', 'l'),
      aLibrary('l', 'out'),
      anOutbound('out'),
      aNode('f', '', { z: 'other' }),
    ];
    const [pipeline, ...others] = findPipelines(entries);
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...pipeline, nodes: pipeline?.nodes.map(({ id, kind }) => [id, kind]) },
      {
        id: 't',
        name: 'Tab t',
        isDisabled: false,
        nodes: [
          ['in', 'inbound'],
          ['m', 'model'],
          ['l', 'library'],
          ['out', 'outbound'],
        ],
        inbound: ['in/read'],
        outbound: ['out/write'],
        models: ['iris'],
        files: [],
        libraries: ['pipelib_a'],
        faults: [],
      },
    );
  });

  it('are there when they are stopped, with their nodes', () => {
    const [pipeline] = findPipelines([aTab('t', { disabled: true }), anInbound('in', 'm'), aModel('m', '')]);
    assert.equal(pipeline?.isDisabled, true);
    assert.equal(pipeline?.nodes.length, 2);
  });

  it('name each topic, model and library once, and no file as a model', () => {
    const entries = [
      aTab('t'),
      anInbound('a', 'm', { topic: 'x' }),
      anInbound('b', 'm', { topic: 'x' }),
      anInbound('told', 'm', { topic: '' }),
      aModel('m', 'n'),
      aModel('n', 'o'),
      aModel('o', '', { source: 'file', model: '', file: 'a.onnx' }),
    ];
    const [pipeline] = findPipelines(entries);
    assert.deepEqual([pipeline?.inbound, pipeline?.models], [['x'], ['iris']]);
  });

  it('see our nodes inside of subflows, once for each instance, and nothing that is disabled', () => {
    const entries = [
      aTab('t'),
      { id: 's', type: 'subflow', name: 'S', in: [{ wires: [{ id: 'm' }] }], out: [{ wires: [{ id: 'm', port: 0 }] }] },
      aModel('m', '', { z: 's' }),
      aNode('one', 'j', { type: 'subflow:s' }),
      aNode('two', '', { type: 'subflow:s' }),
      aJunction('j', ''),
      aLibrary('off', '', { d: true }),
    ];
    const [pipeline] = findPipelines(entries);
    assert.deepEqual(
      pipeline?.nodes.map(({ runtimeId, id }) => [runtimeId, id]),
      [
        ['one-m', 'm'],
        ['two-m', 'm'],
      ],
    );
    assert.deepEqual([pipeline?.models, pipeline?.libraries], [['iris'], []]);
  });

  it('tell what begins runs by itself from what is in between', () => {
    const entries = [
      aTab('t'),
      aNode('tick', 'm', { type: 'inject' }),
      aModel('m', 'd'),
      aNode('d', '', { type: 'debug' }),
    ];
    const kinds = findPipelines(entries)[0]?.nodes.map(({ id, kind }) => [id, kind]);
    assert.deepEqual(kinds, [
      ['tick', 'source'],
      ['m', 'model'],
      ['d', 'other'],
    ]);
  });

  it('begin with what gives messages by itself, and not with what only watches other nodes', () => {
    const watchers = ['catch', 'complete', 'status'].map((type) => aNode(type, 'm', { type }));
    const [pipeline] = findPipelines([aTab('t'), ...watchers, aNode('i', 'm', { type: 'inject' }), aModel('m', '')]);
    assert.deepEqual(
      pipeline?.nodes.filter(({ kind }) => kind === 'source').map(({ id }) => id),
      ['i'],
    );
  });
});

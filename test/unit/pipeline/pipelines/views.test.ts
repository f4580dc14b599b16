import assert from 'node:assert/strict';
import { findPipelines } from '../../../../lib/pipeline/pipelines/pipelines';
import { type PipelineSurroundings, problemsOf } from '../../../../lib/pipeline/pipelines/problems';
import { RunTracker, trackerLimits } from '../../../../lib/pipeline/pipelines/run-tracker';
import { toPipelineView } from '../../../../lib/pipeline/pipelines/views';
import { aLinkCall, aLinkIn, aLinkOut, aNode, aReturn, aTab } from '../../../support/flow-entries';

const whole = [
  aTab('t'),
  aNode('in', 'm', { type: 'mqtt in', topic: 'read' }),
  aNode('m', 'l', { type: 'onnx-model', source: 'registry', model: 'iris' }),
  aNode('l', 'out', { type: 'pipelib', library: 'pipelib_a' }),
  aNode('out', '', { type: 'mqtt out', topic: 'write' }),
];
const fine: PipelineSurroundings = {
  modelFault: () => undefined,
  fileFault: () => undefined,
  hasLibrary: () => true,
  hasBroker: () => true,
  all: [],
  flowsFault: undefined,
};

const viewOf = (entries = whole, around: Partial<PipelineSurroundings> = {}, tracker = new RunTracker(), since = 0) => {
  const [pipeline] = findPipelines(entries);
  assert.ok(pipeline);
  const { counters, last, lastFailed, lastRunAt } = tracker;
  return toPipelineView({ pipeline, since, counters, last, lastFailed, lastRunAt }, { ...fine, ...around });
};
const absent = () => ({ code: 'MODEL_MISSING', message: 'It is not there.' }) as const;
const codes = (view: ReturnType<typeof viewOf>) => view.problems.map(({ code, node }) => [code, node]);
const replaced = (id: string, more: object) => whole.map((entry) => (entry.id === id ? { ...entry, ...more } : entry));

describe('what is told of a pipeline', () => {
  it('is that it listens, without problems, as long as nothing came', () => {
    const view = viewOf();
    assert.deepEqual([view.state, view.problems, view.lastRunAt], ['listening', [], null]);
  });

  it('is that it is idle while it is stopped, whatever is missing', () => {
    const view = viewOf(replaced('t', { disabled: true }), { modelFault: absent, flowsFault: 'x' });
    assert.equal(view.state, 'idle');
  });

  it('is what is missing, with its node', () => {
    const view = viewOf(whole, { modelFault: absent, hasLibrary: () => false });
    assert.deepEqual(codes(view), [
      ['MODEL_MISSING', 'm'],
      ['LIBRARY_MISSING', 'l'],
    ]);
    assert.deepEqual([view.state, view.error?.code, view.error?.node], ['failed_initializing', 'MODEL_MISSING', 'm']);
  });

  for (const [version, asked] of [
    [undefined, 'deployed'],
    ['candidate', 'candidate'],
    ['3', '3'],
    [3, '3'],
  ] as const) {
    it(`is what keeps a model from answering that is asked as ${JSON.stringify(version)}`, () => {
      const fault = { code: 'VERSION_MISSING', message: 'Deploy it.' } as const;
      const modelFault = (model: string, ref: string) => (model === 'iris' && ref === asked ? fault : undefined);
      const { state, error, problems } = viewOf(replaced('m', { version }), { modelFault });
      assert.deepEqual([state, error], ['failed_initializing', { ...fault, node: 'm', runId: '' }]);
      assert.deepEqual(problems, [{ ...fault, name: 'iris', node: 'm' }]);
      assert.equal(viewOf(replaced('m', { version: 'another' }), { modelFault }).state, 'listening');
    });
  }

  it('is each version of a model that is missing, once', () => {
    const nodes = [
      ['m', undefined],
      ['n', '2'],
      ['o', '2'],
    ].map(([id = '', version]) => aNode(id, 'out', { type: 'onnx-model', model: 'iris', version }));
    const entries = [...whole.filter(({ id }) => id !== 'm'), ...nodes];
    assert.deepEqual(codes(viewOf(entries, { modelFault: absent })), [
      ['MODEL_MISSING', 'm'],
      ['MODEL_MISSING', 'n'],
    ]);
  });

  it('is that a model did not load', () => {
    const modelFault = () => ({ code: 'MODEL_NOT_LOADED', message: 'It is damaged.' }) as const;
    const { state, error } = viewOf(whole, { modelFault });
    assert.deepEqual([state, error?.code], ['failed_initializing', 'MODEL_NOT_LOADED']);
  });

  it('is that there is no model file, or that it does not load', () => {
    const entries = replaced('m', { source: 'file', file: 'models/a.onnx' });
    const view = viewOf(entries, { fileFault: absent, modelFault: absent });
    assert.deepEqual([view.state, view.error?.code, view.error?.node], ['failed_initializing', 'MODEL_MISSING', 'm']);
    assert.deepEqual(
      view.problems.map(({ code, name }) => [code, name]),
      [['MODEL_MISSING', 'models/a.onnx']],
    );
  });

  it('is nothing of a model, a version or a library that the environment names', () => {
    for (const [id, more] of [
      ['m', { model: '${MODEL}' }],
      ['m', { version: '${VERSION}' }],
      ['m', { version: '$(VERSION)' }],
      ['m', { source: 'file', file: '${FILE}' }],
      ['l', { library: '${LIBRARY}' }],
    ] as const) {
      const around = id === 'm' ? { modelFault: absent, fileFault: absent } : { hasLibrary: () => false };
      assert.deepEqual(viewOf(replaced(id, more), around).problems, []);
    }
  });

  for (const [what, gone, expected, state] of [
    ['did not start', ['b', 'c'], ['in', 'out'], 'failed_initializing'],
    ['of its results did not start: it runs all the same', ['c'], ['out'], 'listening'],
  ] as const) {
    it(`is that a broker ${what}`, () => {
      const brokers: Readonly<Record<string, string>> = { in: 'b', out: 'c' };
      const entries = whole.map((entry) => ({ ...entry, broker: brokers[entry.id] }));
      const around = { hasBroker: (id: string) => !gone.some((one) => one === id) };
      const view = viewOf(entries, around);
      assert.deepEqual(
        codes(view),
        expected.map((id) => ['BROKER_MISSING', id]),
      );
      assert.deepEqual([view.state, view.error?.code], [state, state === 'listening' ? undefined : 'BROKER_MISSING']);
      const stopped = entries.map((entry) => (entry.id === 't' ? { ...entry, disabled: true } : entry));
      assert.deepEqual(codes(viewOf(stopped, around)), []);
    });
  }

  it('is that none is chosen', () => {
    const [problem] = viewOf(whole, { hasBroker: (id) => id !== '' }).problems;
    assert.deepEqual([problem?.code, problem?.message], ['BROKER_MISSING', 'IN has no broker: none is chosen.']);
  });

  it('is nothing of brokers that the environment or the instance of a subflow gives', () => {
    const named = whole.map((entry) => ({ ...entry, broker: '${BROKER}' }));
    assert.deepEqual(viewOf(named, { hasBroker: () => false }).problems, []);
    const entries = [
      ...whole.filter(({ id }) => id !== 'in'),
      { id: 's', type: 'subflow', name: 'S', in: [], out: [{ wires: [{ id: 'in', port: 0 }] }] },
      aNode('in', '', { type: 'mqtt in', topic: 'read', broker: '${BROKER}', z: 's' }),
      aNode('i', 'm', { type: 'subflow:s' }),
    ];
    const around = { hasBroker: (id: string) => id !== '' };
    assert.deepEqual(codes(viewOf(entries, around)), [['BROKER_MISSING', 'out']]);
  });

  it('is that no flow runs', () => {
    const view = viewOf(whole, { flowsFault: 'No flow runs.' });
    assert.deepEqual([view.state, view.error?.code], ['failed_initializing', 'FLOWS_NOT_RUNNING']);
  });

  it('is what will surprise: no way in or out, one that leads nowhere, a topic that is shared', () => {
    const without = (id: string) => whole.filter((entry) => entry.id !== id);
    assert.deepEqual(codes(viewOf(without('in'))), [['NO_INBOUND', undefined]]);
    assert.deepEqual(codes(viewOf(without('out'))), [['NO_OUTBOUND', undefined]]);
    assert.deepEqual(codes(viewOf(replaced('in', { wires: [] }))), [['NOT_CONNECTED', 'in']]);
  });

  const [x, y] = [{ z: 'x' }, { z: 'y' }];
  const mqttIn = (to: string, more = {}) => aNode('in', to, { type: 'mqtt in', topic: 'read', ...more });
  const mqttOut = (more = {}) => aNode('out', '', { type: 'mqtt out', topic: 'write', ...more });
  const model = (to: string, more = {}) => aNode('m', to, { type: 'onnx-model', model: 'iris', ...more });
  const library = (to: string, more = {}) => aNode('l', to, { type: 'pipelib', library: 'pipelib_a', ...more });
  for (const [what, nodes, expected] of [
    [
      'nothing of one whose result leaves by another tab',
      [mqttIn('m', x), model('lo', x), aLinkOut('lo', 'li', x), aLinkIn('li', 'out', y), mqttOut(y)],
      { x: [] },
    ],
    [
      'nothing of one whose runs begin on another tab',
      [mqttIn('lo', x), aLinkOut('lo', 'li', x), aLinkIn('li', 'm', y), model('out', y), mqttOut(y)],
      { y: [] },
    ],
    [
      'nothing of two that make one',
      [mqttIn('m', x), model('lo', x), aLinkOut('lo', 'li', x), aLinkIn('li', 'l', y), library('out', y), mqttOut(y)],
      { x: [], y: [] },
    ],
    [
      'nothing of one that another tab calls',
      [
        mqttIn('c', x),
        aLinkCall('c', 'li', 'out', x),
        mqttOut(x),
        aLinkIn('li', 'm', y),
        model('r', y),
        aReturn('r', y),
      ],
      { y: [] },
    ],
    [
      'nothing of one that messages may call',
      [
        mqttIn('c', x),
        aLinkCall('c', undefined, 'out', x),
        mqttOut(x),
        aLinkIn('li', 'm', y),
        model('r', y),
        aReturn('r', y),
      ],
      { y: [] },
    ],
    [
      'that nothing begins it where only what gives no messages is linked to it',
      [aLinkOut('lo', 'li', x), aLinkIn('li', 'm', y), model('out', y), mqttOut(y)],
      { y: [['NO_INBOUND', undefined]] },
    ],
    [
      'that nothing leaves it where it is linked to what goes nowhere',
      [mqttIn('m', x), model('lo', x), aLinkOut('lo', 'li', x), aLinkIn('li', 'f', y), aNode('f', '', y), mqttOut(y)],
      { x: [['NO_OUTBOUND', undefined]] },
    ],
    [
      'what of it leads nowhere where only the rest leaves by another tab',
      [
        aNode('alone', '', { type: 'mqtt in', topic: 'other', ...x }),
        mqttIn('m', x),
        model('lo', x),
        aLinkOut('lo', 'li', x),
        aLinkIn('li', 'out', y),
        mqttOut(y),
      ],
      { x: [['NOT_CONNECTED', 'alone']] },
    ],
  ] as const) {
    it(`is ${what}`, () => {
      const all = findPipelines([aTab('x'), aTab('y'), ...nodes]);
      const found = all.map((pipeline) => [
        pipeline.id,
        problemsOf(pipeline, fine).map(({ code, node }) => [code, node]),
      ]);
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }

  for (const [topic, broker, isDisabled, isShared] of [
    ['read', 'b', false, true],
    ['re/+', 'b', false, false],
    ['#', 'b', false, true],
    ['+', 'b', false, true],
    ['read', 'another', false, false],
    ['read', 'same', false, true],
    ['read', 'b', true, false],
    ['$share/g/read', 'b', false, false],
  ] as const) {
    it(`is ${isShared ? '' : 'not '}that another pipeline hears it on ${topic}${isDisabled ? ', stopped' : ''} at ${broker}`, () => {
      const all = findPipelines([
        aTab('t'),
        aTab('o', { label: 'Other', disabled: isDisabled }),
        ...['b', 'same'].map((id) => ({ id, type: 'mqtt-broker', broker: 'Plant.local', port: '1883' })),
        aNode('in', 'm', { type: 'mqtt in', topic: 'read', broker: 'b' }),
        aNode('m', 'out', { type: 'pipelib', library: 'pipelib_a' }),
        aNode('out', '', { type: 'mqtt out', topic: 'write' }),
        aNode('other', 'x', { type: 'mqtt in', topic, broker, z: 'o' }),
        aNode('x', '', { type: 'pipelib', library: 'pipelib_a', z: 'o' }),
      ]);
      const [pipeline] = all;
      assert.ok(pipeline);
      const { counters, last, lastFailed, lastRunAt } = new RunTracker();
      const view = toPipelineView({ pipeline, since: 0, counters, last, lastFailed, lastRunAt }, { ...fine, all });
      assert.deepEqual(codes(view), isShared ? [['INBOUND_SHARED', 'in']] : []);
      assert.equal(view.state, 'listening');
    });
  }

  it('is why it failed also when that node is gone, and where on the tab it is when it is inside a subflow', () => {
    const tracker = new RunTracker();
    tracker.received('r', 'gone', 1);
    tracker.completed('r', 'gone', { isOutbound: false, error: { message: 'no' } }, 1);
    tracker.expire(1 + trackerLimits.quietMs);
    const view = viewOf(whole, {}, tracker);
    assert.deepEqual(
      [view.state, view.error?.message, view.error?.node, view.failedAt],
      ['failed', 'no', '', undefined],
    );
    const template = { id: 's', type: 'subflow', name: 'S', in: [{ wires: [{ id: 'f' }] }], out: [] };
    const inside = [template, ...whole, aNode('f', '', { z: 's' }), aNode('i', '', { type: 'subflow:s' })];
    const inTemplate = new RunTracker();
    const runtimeId = findPipelines(inside)[0]?.nodes.find(({ id }) => id === 'f')?.runtimeId ?? '';
    inTemplate.received('r', runtimeId, 1);
    inTemplate.completed('r', runtimeId, { isOutbound: false, error: { message: 'no' } }, 1);
    inTemplate.expire(1 + trackerLimits.quietMs);
    const failed = viewOf(inside, {}, inTemplate);
    assert.deepEqual([failed.failedAt, failed.failedOnTab], ['f', 'i']);
  });

  it('is how the last run ended, since when, and at which node it failed', () => {
    const tracker = new RunTracker();
    tracker.received('a', 'out', 1_000);
    tracker.completed('a', 'out', { isOutbound: true }, 1_001);
    tracker.expire(1_001 + trackerLimits.quietMs);
    assert.deepEqual(
      [viewOf(whole, {}, tracker).state, viewOf(whole, {}, tracker).since],
      ['succeeded', new Date(1_001).toISOString()],
    );
    assert.equal(viewOf(whole, {}, tracker, 5_000).state, 'listening', 'it was started anew since');
    tracker.received('b', 'm', 2_000);
    tracker.completed('b', 'm', { isOutbound: false, error: { message: 'no number', code: 'INVALID_INPUT' } }, 2_001);
    tracker.expire(2_001 + trackerLimits.quietMs);
    const failed = viewOf(whole, {}, tracker);
    assert.deepEqual(
      [failed.state, failed.failedAt, failed.error],
      ['failed', 'm', { code: 'INVALID_INPUT', message: 'no number', node: 'm', runId: 'b' }],
    );
  });
});

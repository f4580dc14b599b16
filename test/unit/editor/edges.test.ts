import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { EdgeModelView, EdgeView } from '../../../plugins/model-management/editor/edges/edge-client';
import { lookOf } from '../../../plugins/model-management/editor/edges/edge-look';
import { arrange } from '../../../plugins/model-management/editor/edges/edge-order';
import { loopbackOf, settingsText } from '../../../plugins/model-management/editor/edges/settings-text';
import { changesOf, refKey, refOfKey, refsOf } from '../../../plugins/model-management/editor/model/assignment';
import { needsToken } from '../../../plugins/model-management/editor/own-edge/own-state';

const aModel = (state: EdgeModelView['state'], name = 'iris'): EdgeModelView => ({
  name,
  desired: 1,
  reported: null,
  state,
});

function anEdge(name: string, wish: Partial<EdgeView> = {}): EdgeView {
  return {
    name,
    labels: [],
    state: 'online',
    since: '2026-01-01T00:00:00.000Z',
    capabilities: null,
    models: [],
    pipelines: [],
    clockSkewMs: null,
    ...wish,
  };
}

describe('the look of an edge', () => {
  for (const { name, edge, look } of [
    { name: 'offline, whatever its models did', edge: { state: 'offline', models: ['failed'] }, look: 'offline' },
    { name: 'without models', edge: { state: 'online', models: [] }, look: 'online' },
    { name: 'with all of them running', edge: { state: 'online', models: ['running', 'running'] }, look: 'online' },
    { name: 'fetching one', edge: { state: 'online', models: ['running', 'downloading'] }, look: 'working' },
    { name: 'that waits for one', edge: { state: 'online', models: ['pending'] }, look: 'working' },
    { name: 'where one failed', edge: { state: 'online', models: ['downloading', 'failed'] }, look: 'failing' },
  ] as const) {
    it(name, () =>
      assert.equal(lookOf({ state: edge.state, models: edge.models.map((one) => aModel(one)), pipelines: [] }), look),
    );
  }
  for (const { name, state, look } of [
    { name: 'with a pipeline that was not taken', state: 'failed', look: 'failingPipeline' },
    { name: 'that fetches a pipeline', state: 'downloading', look: 'working' },
    { name: 'with a pipeline as wanted', state: 'deployed', look: 'online' },
  ] as const) {
    it(name, () => {
      const pipeline = { id: 'tab', name: 'iris', desired: 1, running: true, reported: { revision: null, state } };
      assert.equal(lookOf({ state: 'online', models: [aModel('running')], pipelines: [pipeline] }), look);
    });
  }
});

describe('the list of edges', () => {
  const edges = [
    anEdge('edge-10', { labels: ['line-1'] }),
    anEdge('edge-2', { state: 'offline', models: [aModel('pending', 'vad')] }),
    anEdge('local'),
    anEdge('edge-3', { models: [aModel('failed')] }),
  ];
  const names = (search: string, order: 'name' | 'state'): readonly string[] =>
    arrange(edges, search, order, (look) => look).map(({ name }) => name);

  it('begins with this Node-RED, then names with their digits as numbers', () =>
    assert.deepEqual(names('', 'name'), ['local', 'edge-2', 'edge-3', 'edge-10']));
  it('puts what asks for somebody first', () =>
    assert.deepEqual(names('', 'state'), ['local', 'edge-3', 'edge-2', 'edge-10']));
  for (const [search, found] of [
    ['line-1', ['edge-10']],
    ['VAD', ['edge-2']],
    ['offline edge', ['edge-2']],
    ['nowhere', []],
  ] as const) {
    it(`finds ${search}`, () => assert.deepEqual(names(search, 'name'), found));
  }
});

describe('settings as text', () => {
  const read = (text: string): unknown => JSON.parse(JSON.stringify(runInNewContext(`({${text}})`)));

  it('are what a person would write', () =>
    assert.equal(
      settingsText({ role: 'edge', broker: { url: "mqtt://o'broker" }, edge: { name: 'e', 'odd-key': 1 } }),
      [
        'modelManagement: {',
        "  role: 'edge',",
        '  broker: {',
        "    url: 'mqtt://o\\'broker',",
        '  },',
        '  edge: {',
        "    name: 'e',",
        "    'odd-key': 1,",
        '  },',
        '},',
      ].join('\n'),
    ));

  it('say the same as what they were made of, whatever stands in them', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (settings) => {
        // `__proto__` would be a prototype, not an entry; -0 has no form in JSON.
        fc.pre(!JSON.stringify(settings).includes('__proto__'));
        const plain = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
        assert.deepEqual(read(settingsText(plain)), { modelManagement: plain });
      }),
    ));

  for (const [url, host] of [
    ['mqtt://localhost:1883', 'localhost'],
    ['mqtts://127.0.0.1', '127.0.0.1'],
    ['mqtt://[::1]:1883', '[::1]'],
    ['mqtt://localhost.example', undefined],
    ['mqtt://broker.local', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${url} leads ${host ? 'nowhere from another machine' : 'on'}`, () =>
      assert.equal(loopbackOf(url === undefined ? {} : { broker: { url } }), host));
  }
});

describe('the assignment of a model', () => {
  const model = {
    aliases: { latest: 3, canary: 3, deployed: 2 },
    versions: [{ version: 3 }, { version: 2 }],
  } as unknown as Parameters<typeof refsOf>[0];

  it('offers aliases first, the deployed one before all', () =>
    assert.deepEqual(refsOf(model), ['deployed', 'canary', 'latest', 3, 2]));
  it('offers no deployed version where there is none', () =>
    assert.deepEqual(refsOf({ ...model, aliases: { latest: 3 } as unknown as typeof model.aliases }), [
      'latest',
      3,
      2,
    ]));
  it('keeps numbers and aliases apart in a field', () => {
    for (const ref of refsOf(model)) assert.equal(refOfKey(refKey(ref)), ref);
  });

  const before = new Map<string, number | string>([
    ['a', 'deployed'],
    ['b', 2],
  ]);
  it('names nothing while nothing is different', () =>
    assert.deepEqual(changesOf(before, new Map(before)), { given: [], removed: [] }));
  it('names what is given by version, and what is taken away', () =>
    assert.deepEqual(
      changesOf(
        before,
        new Map<string, number | string>([
          ['a', 3],
          ['c', 'deployed'],
          ['d', 3],
        ]),
      ),
      {
        given: [
          { ref: 3, edges: ['a', 'd'] },
          { ref: 'deployed', edges: ['c'] },
        ],
        removed: ['b'],
      },
    ));
});

describe('an edge and its token', () => {
  for (const [status, isNeeded] of [
    ['none', true],
    ['enrolling', false],
    ['refused', true],
    ['enrolled', false],
    ['revoked', true],
  ] as const) {
    it(`${status}: ${isNeeded ? 'asks for one' : 'needs none'}`, () =>
      assert.equal(needsToken({ enrolment: { status } } as Parameters<typeof needsToken>[0]), isNeeded));
  }
});

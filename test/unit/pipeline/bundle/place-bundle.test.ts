import assert from 'node:assert/strict';
import { bundleOf } from '../../../../lib/pipeline/bundle/bundle';
import {
  entriesOfPlaced,
  isPlaced,
  modulesOf,
  nodeTypesOf,
  type Place,
  placeBundle,
  withoutPlaced,
  withPlaced,
} from '../../../../lib/pipeline/bundle/place-bundle';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { aNode, aTab } from '../../../support/flow-entries';
import { withCode } from '../../../support/registry-lab';

const flow: readonly FlowEntry[] = [
  aTab('t', {
    env: [
      { name: 'EDGE_NAME', value: 'hub', type: 'str' },
      { name: 'LINE', value: '1', type: 'str' },
    ],
  }),
  {
    id: 'b',
    type: 'mqtt-broker',
    broker: 'hub',
    port: '1883',
    clientid: 'mine',
    keepalive: '7',
    birthTopic: 'at/${EDGE_NAME}',
  },
  { id: 'sub', type: 'subflow', name: 'Sub', in: [], out: [] },
  aNode('in', 'i', { type: 'mqtt in', topic: 'plant/${EDGE_NAME}/in', broker: 'b' }),
  aNode('i', 'out', { type: 'subflow:sub' }),
  aNode('k', '', { z: 'sub', func: '${EDGE_NAME}' }),
  aNode('out', '', { type: 'mqtt out', topic: 'plant/${EDGE_NAME}/out', broker: 'b' }),
];
const bundle = bundleOf(flow, 't');
const place = (more: Partial<Place> = {}): Place => ({
  edgeName: 'edge-2',
  broker: { url: 'mqtt://box:1884', username: 'edge-2', password: 'pw' },
  isRunning: true,
  ...more,
});
const placed = placeBundle(bundle, place());
const find = (entries: readonly FlowEntry[], type: string): FlowEntry => {
  const found = entries.find((entry) => entry.type === type);
  assert.ok(found, type);
  return found;
};

describe('a pipeline on an edge', () => {
  it('keeps the ids of its tab and nodes, and has others for config nodes and subflows', () => {
    const ids = placed.map(({ id }) => id);
    for (const id of ['t', 'in', 'i', 'out']) assert.ok(ids.includes(id), id);
    for (const id of ['b', 'sub', 'k']) assert.ok(!ids.includes(id) && ids.some((one) => one.endsWith(`_${id}`)), id);
    const template = find(placed, 'subflow').id;
    assert.equal(placed.find(({ id }) => id === 'i')?.type, `subflow:${template}`);
    assert.equal(placed.find(({ id }) => id.endsWith('_k'))?.['z'], template);
    assert.equal(find(placed, 'mqtt in')['broker'], find(placed, 'mqtt-broker').id);
  });

  it('has other ids of config nodes than another pipeline with the same broker', () => {
    const twin = placeBundle(
      { ...bundle, id: 'u', entries: bundle.entries.map((e) => (e.id === 't' ? { ...e, id: 'u' } : e)) },
      place(),
    );
    assert.notEqual(find(twin, 'mqtt-broker').id, find(placed, 'mqtt-broker').id);
  });

  it('uses the broker of the edge, with a client of its own', () => {
    const { broker, port, clientid, keepalive, credentials, usetls } = find(placed, 'mqtt-broker');
    assert.match(String(clientid), /^mine-edge-2-[0-9a-f]{7}$/);
    assert.deepEqual(
      [broker, port, keepalive, credentials, usetls],
      ['box', '1884', '7', { user: 'edge-2', password: 'pw' }, false],
    );
  });

  it('brings the certificates of the edge where the broker asks for TLS', () => {
    const entries = placeBundle(bundle, place({ broker: { url: 'mqtts://box', ca: 'CA', cert: 'C', key: 'K' } }));
    const broker = find(entries, 'mqtt-broker');
    const tls = find(entries, 'tls-config');
    assert.deepEqual([broker['port'], broker['usetls'], broker['tls']], ['8883', true, tls.id]);
    assert.deepEqual(tls['credentials'], { cadata: 'CA', certdata: 'C', keydata: 'K' });
    assert.deepEqual([tls['ca'], tls['cert'], tls['key']], ['', '', ''], 'Node-RED 4 fails on what is absent');
  });

  it('uses a broker of the flows of the edge where one is named', () => {
    const entries = placeBundle(bundle, place({ broker: { id: 'mine' } }));
    assert.ok(!entries.some(({ type }) => type === 'mqtt-broker'));
    assert.deepEqual([find(entries, 'mqtt in')['broker'], find(entries, 'mqtt out')['broker']], ['mine', 'mine']);
  });

  it('has the name of the edge in topics, and in the environment of all other nodes', () => {
    assert.equal(find(placed, 'mqtt in')['topic'], 'plant/edge-2/in');
    assert.equal(find(placed, 'mqtt-broker')['birthTopic'], 'at/edge-2');
    assert.equal(placed.find(({ id }) => id.endsWith('_k'))?.['func'], '${EDGE_NAME}');
    assert.deepEqual(find(placed, 'tab')['env'], [
      { name: 'LINE', value: '1', type: 'str' },
      { name: 'EDGE_NAME', value: 'edge-2', type: 'str' },
    ]);
  });

  it('logs in as the URL of the broker says, where nothing else does', () => {
    const entries = placeBundle(bundle, place({ broker: { url: 'mqtt://ann:s%40crt@box' } }));
    assert.deepEqual(find(entries, 'mqtt-broker')['credentials'], { user: 'ann', password: 's@crt' });
  });

  it('leaves words as they are that are ids of config nodes by chance, and follows all other uses', () => {
    const id = 'temperature';
    const generated = 'a1b2c3d4e5f60718';
    const words = { topic: id, property: id, name: id, payload: id, rules: [{ t: 'set', to: id }], server: id };
    const entries = placeBundle(
      bundleOf(
        [
          aTab('t'),
          { id, type: 'x-config' },
          { id: generated, type: 'y-config' },
          aNode('n', '', { ...words, deep: [{ use: generated }] }),
        ],
        't',
      ),
      place(),
    );
    const [x, y] = [find(entries, 'x-config').id, find(entries, 'y-config').id];
    const node = find(entries, 'function');
    const { topic, property, name, payload, rules, server, deep } = node;
    assert.deepEqual({ topic, property, name, payload, rules, server }, { ...words, server: x });
    assert.deepEqual(deep, [{ use: y }]);
  });

  it('brings no certificates of a broker that is another one there', () => {
    const tls = { id: 'cert', type: 'tls-config', ca: '/etc/hub.pem' };
    const withTls = flow.map((entry) => (entry.id === 'b' ? { ...entry, tls: 'cert', usetls: true } : entry));
    const entries = placeBundle(bundleOf([tls, ...withTls], 't'), place());
    assert.ok(!entries.some(({ type }) => type === 'tls-config'));
  });

  it('tells which modules its function nodes need', () => {
    const libs = ['lodash', 'fs', '@scope/a@1.2', 'b/deep', '@scope/a'].map((module) => ({ var: 'x', module }));
    const entries = [aNode('f', '', { libs }), aNode('g', '', { d: true, libs: [{ module: 'gone' }] })];
    assert.deepEqual(modulesOf(entries), ['@scope/a', 'b', 'fs', 'lodash']);
  });

  it('is locked, and disabled where it is stopped', () => {
    assert.deepEqual([find(placed, 'tab')['locked'], find(placed, 'tab')['disabled']], [true, false]);
    assert.equal(find(placeBundle(bundle, place({ isRunning: false })), 'tab')['disabled'], true);
  });

  it('tells which types of nodes it needs', () => {
    assert.deepEqual(nodeTypesOf(placed), ['function', 'mqtt in', 'mqtt out', 'mqtt-broker']);
  });
});

describe('the flow file of an edge', () => {
  const own = [aTab('u'), aNode('n', '', { z: 'u' }), { id: 'b', type: 'mqtt-broker', broker: 'own' }];

  it('has it beside its own flows, of which none is touched', () => {
    const next = withPlaced(own, 't', placed, false);
    assert.deepEqual(next.slice(0, own.length), own);
    assert.ok(own.every((entry) => next.includes(entry)));
    assert.ok(isPlaced(next, 't', placed));
    assert.deepEqual(withoutPlaced(next, 't'), own);
  });

  it('is the same list where nothing changes, and another where there may be other credentials', () => {
    const open = placeBundle(bundle, place({ broker: { id: 'mine' } }));
    const now = withPlaced(own, 't', open, false);
    assert.equal(withPlaced(now, 't', open, true), now);
    const next = withPlaced(own, 't', placed, false);
    assert.notEqual(withPlaced(next, 't', placed, true), next);
    assert.equal(withoutPlaced(own, 't'), own);
  });

  it('has a later revision in the place of the one before, and nothing left of that', () => {
    const now = [aTab('a'), ...withPlaced([], 't', placed, false), aTab('z')];
    const later = placeBundle(
      bundleOf([aTab('t'), aNode('m', '', { type: 'onnx-model', model: 'iris' })], 't'),
      place(),
    );
    const next = withPlaced(now, 't', later, true);
    assert.deepEqual(
      next.map(({ id }) => id),
      ['a', 't', 'm', 'z'],
    );
  });

  it('has no property of the revision before that the later one does not have', () => {
    const version = (more: Record<string, unknown>) =>
      placeBundle(bundleOf([aTab('t'), aNode('m', '', more)], 't'), place());
    const now = withPlaced([], 't', version({ version: '2' }), false);
    assert.ok(!('version' in find(withPlaced(now, 't', version({}), true), 'function')));
  });

  it('refuses ids that a flow of the edge itself has', () => {
    assert.throws(() => withPlaced([aTab('t')], 't', placed, false), withCode('FLOW_ID_TAKEN'));
    assert.throws(
      () => withPlaced([...own, aNode('out', '', { z: 'u' })], 't', placed, true),
      withCode('FLOW_ID_TAKEN'),
    );
  });

  it('keeps what its own flows have come to use, and takes along what somebody put into its subflows', () => {
    const [broker, template] = [find(placed, 'mqtt-broker').id, find(placed, 'subflow').id];
    const users = [
      aNode('mine', '', { z: 'u', broker }),
      aNode('instance', '', { z: 'u', type: `subflow:${template}` }),
      aNode('added', '', { z: template }),
    ];
    const now = [...withPlaced(own, 't', placed, false), ...users];
    const left = withoutPlaced(now, 't').map(({ id }) => id);
    const inside = placed.find(({ id }) => id.endsWith('_k'))?.id;
    assert.deepEqual(left, ['u', 'n', 'b', broker, template, inside, 'mine', 'instance', 'added']);
    const alone = [...withPlaced(own, 't', placed, false), ...users.slice(2)];
    assert.ok(!isPlaced(alone, 't', placed), 'it is a change');
    assert.deepEqual(withoutPlaced(alone, 't'), own);
  });

  const standing = withPlaced(own, 't', placed, false);
  const change = (id: string, more: object): readonly FlowEntry[] =>
    standing.map((entry) => (entry.id === id ? { ...entry, ...more } : entry));
  const differences: readonly (readonly [string, readonly FlowEntry[], boolean])[] = [
    ['a node that was moved', change('in', { x: 1 }), false],
    ['another topic', change('out', { topic: 'x' }), false],
    ['a tab that was disabled', change('t', { disabled: true }), false],
    ['a node that was added', [...standing, aNode('new')], false],
    ['a node that is gone', standing.filter(({ id }) => id !== 'out'), false],
    ['the whole of it gone', own, false],
    ['what an editor adds to what it stores', change('in', { inputs: 0, info: '' }), true],
    ['a change of a flow of the edge', change('n', { x: 1 }), true],
    ['credentials, which are kept elsewhere', standing.map(({ credentials: _, ...entry }) => entry as FlowEntry), true],
  ];
  for (const [what, entries, isSame] of differences) {
    it(`${isSame ? 'is no different by' : 'is different by'} ${what}`, () =>
      assert.equal(isPlaced(entries, 't', placed), isSame));
  }

  it('knows what belongs to it', () => assert.equal(entriesOfPlaced(standing, 't').length, placed.length));
});

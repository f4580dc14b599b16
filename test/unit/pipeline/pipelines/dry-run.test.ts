import assert from 'node:assert/strict';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { examineDryRun } from '../../../../lib/pipeline/pipelines/dry-run';
import { payloadFor } from '../../../../lib/pipeline/pipelines/test-input';
import { aLinkIn, aLinkOut, aNode, anInstance, aTab, aTemplate } from '../../../support/flow-entries';

const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);
const factsOf = (...entries: FlowEntry[]) => {
  const { effects, newIds, roundTrips, mixing } = examineDryRun([aTab('t'), ...entries], 'in');
  return { effects: ids(effects), newIds: ids(newIds), roundTrips: ids(roundTrips), mixing: ids(mixing) };
};
const none = { effects: [], newIds: [], roundTrips: [], mixing: [] };

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

describe('what a dry run meets besides', () => {
  const inbound = (to: string) => aNode('in', to, { type: 'mqtt in' });
  const library = (id: string, to: string, more = {}) => aNode(id, to, { type: 'pipelib', ...more });

  it('is what a catch or complete node hands on, by its scope', () => {
    const flow = (scope: unknown) => [
      inbound('f'),
      aNode('f', ''),
      aNode('c', 'ask', { type: 'catch', scope }),
      aNode('ask', '', { type: 'http request' }),
    ];
    assert.deepEqual(factsOf(...flow(null)), { ...none, effects: ['ask'] });
    assert.deepEqual(factsOf(...flow(['f'])), { ...none, effects: ['ask'] });
    assert.deepEqual(factsOf(...flow(['other'])), none);
  });

  it('is what fails in a subflow and is caught around it', () => {
    const template = { id: 's', type: 'subflow', name: 'S', in: [{ wires: [{ id: 'inner' }] }], out: [] };
    const entries = [
      template,
      inbound('i'),
      aNode('i', '', { type: 'subflow:s' }),
      aNode('inner', '', { z: 's' }),
      aNode('c', 'ask', { type: 'catch', scope: null }),
      aNode('ask', '', { type: 'exec' }),
    ];
    assert.deepEqual(factsOf(...entries), { ...none, effects: ['ask'] });
  });

  it('is a status of another id, where something could leave by it', () => {
    const flow = (type: string) => [
      inbound('f'),
      aNode('f', ''),
      aNode('s', 'x', { type: 'status' }),
      aNode('x', '', { type }),
    ];
    assert.deepEqual(factsOf(...flow('debug')), none);
    assert.deepEqual(factsOf(...flow('mqtt out')), { ...none, newIds: ['s'] });
  });

  it('is where a call leads that messages tell, and code with modules', () => {
    const one = (more: Readonly<Record<string, unknown>>) => factsOf(inbound('x'), aNode('x', '', more));
    assert.deepEqual(one({ type: 'link call', linkType: 'dynamic' }), { ...none, effects: ['x'] });
    assert.deepEqual(one({ type: 'link call', links: [] }), none);
    assert.deepEqual(one({ libs: [{ var: 'fs', module: 'fs' }] }), { ...none, effects: ['x'] });
    assert.deepEqual(one({ libs: [] }), none);
    const withModules = examineDryRun([aTab('t'), inbound('x'), library('x', '')], 'in', { hasLibraryModules: true });
    assert.deepEqual(ids(withModules.effects), ['x']);
  });

  it('is what later messages would feel', () => {
    const one = (more: Readonly<Record<string, unknown>>) => factsOf(inbound('x'), aNode('x', '', more));
    for (const type of ['rbe', 'trigger', 'mqtt in']) assert.deepEqual(one({ type }), { ...none, effects: ['x'] });
    assert.deepEqual(one({ type: 'delay', pauseType: 'rate' }), { ...none, effects: ['x'] });
    assert.deepEqual(one({ type: 'delay', pauseType: 'delay' }), none);
  });

  it('is what puts messages of several runs into one', () => {
    for (const type of ['join', 'batch'])
      assert.deepEqual(factsOf(inbound('x'), aNode('x', '', { type })), { ...none, mixing: ['x'] });
    const joined = (join: object) =>
      factsOf(inbound('a b'), library('a', 'j'), library('b', 'j'), library('j', '', { join, parentIds: ['a', 'b'] }));
    assert.deepEqual(joined({}), none, 'rounds are kept apart by the id of the message');
    assert.deepEqual(joined({ key: 'none' }), { ...none, mixing: ['j'] });
    assert.deepEqual(joined({ key: 'property', property: 'run' }), { ...none, mixing: ['j'] });
    assert.deepEqual(joined({ parents: [{ policy: 'each' }, { policy: 'latest' }] }), { ...none, mixing: ['j'] });
    assert.deepEqual(joined({ mode: 'any' }), none);
  });
});

describe('by its settings a node on the way of a dry run', () => {
  const [free, asked, refused] = [none, { ...none, effects: ['x'] }, { ...none, newIds: ['x'] }];
  const code = (func: string) => ({ func });
  const change = (...rules: object[]) => ({ type: 'change', rules });
  const set = (pt: string, p: string) => ({ t: 'set', p, pt, to: '1', tot: 'num' });
  const move = (pt: string, p: string, tot: string, to: string) => ({ t: 'move', p, pt, to, tot });
  const compare = (more: object) => ({ type: 'switch', property: 'payload', rules: [{ t: 'gt', ...more }] });
  for (const [name, settings, expected] of [
    ['is free that only computes', code('msg.payload.flow.rate += env.get("N"); node.send(msg); return msg;'), free],
    [
      'is free whose words only look alike',
      code('const workflow = { a: 1 }; msg.x = workflow.a; // a global one'),
      free,
    ],
    ['is asked about that keeps something in its flow', code("flow.set('n', 1);"), asked],
    ['is asked about that keeps something in all flows', code("global['get']('n').push(1);"), asked],
    ['is asked about that keeps something for itself', code("context.set('n', 1);"), asked],
    ['is asked about that keeps something for itself in another way', code("node.context().set('n', 1);"), asked],
    ['is asked about that sets the environment', code("env.set('N', 1);"), asked],
    ['is asked about that sends later', code('setTimeout(() => node.send(msg), 10);'), asked],
    ['is asked about that begins something when it starts', { initialize: 'setInterval(() => {}, 10);' }, asked],
    ['is asked about that keeps something when it stops', { finalize: "flow.set('n', 1);" }, asked],
    ['is asked about that reaches into Node-RED', code('RED.util.setMessageProperty(msg, "a", 1);'), asked],
    ['is free that sets a property', change(set('msg', 'payload')), free],
    ['is free that reads the flow', change({ t: 'set', p: 'payload', pt: 'msg', to: 'n', tot: 'flow' }), free],
    ['is asked about that sets the flow', change(set('msg', 'payload'), set('flow', 'n')), asked],
    ['is asked about that sets all flows', change(set('global', 'n')), asked],
    ['is asked about that deletes from the flow', change({ t: 'delete', p: 'n', pt: 'flow' }), asked],
    ['is asked about that moves into the flow', change(move('msg', 'payload', 'flow', 'n')), asked],
    ['is asked about that moves out of the flow', change(move('flow', 'n', 'msg', 'payload')), asked],
    ['is refused that sets the id', change(set('msg', '_msgid')), refused],
    ['is refused that sets the id, written otherwise', change(set('msg', '["_msgid"]')), refused],
    ['is refused that deletes the id', change({ t: 'delete', p: '_msgid', pt: 'msg' }), refused],
    ['is refused that moves the id', change(move('msg', '_msgid', 'msg', 'old')), refused],
    ['is refused that moves something to the id', change(move('msg', 'old', 'msg', '_msgid')), refused],
    ['is refused that sets the id in the old way', { type: 'change', action: 'replace', property: '_msgid' }, refused],
    ['is free that copies the id', change({ t: 'set', p: 'old', pt: 'msg', to: '_msgid', tot: 'msg' }), free],
    ['is free that fills in a property', { type: 'template', field: 'payload', fieldType: 'msg' }, free],
    ['is asked about that fills in the flow', { type: 'template', field: 'n', fieldType: 'flow' }, asked],
    ['is refused that fills in the id', { type: 'template', field: '_msgid', fieldType: 'msg' }, refused],
    ['is refused that parses the id', { type: 'json', property: '_msgid' }, refused],
    ['is free that parses the payload', { type: 'json', property: 'payload' }, free],
    ['is free that compares with the flow', compare({ v: 'n', vt: 'flow' }), free],
    ['is asked about that compares with the message before', compare({ v: '', vt: 'prev' }), asked],
    ['is asked about that keeps sequences together', { ...compare({ v: '1', vt: 'num' }), repair: true }, asked],
    ['is asked about that waits for the end of a sequence', compare({ t: 'tail', v: 1 }), asked],
    ['is free that writes headers each time', { type: 'csv', hdrout: 'all' }, free],
    ['is asked about that writes headers once', { type: 'csv', hdrout: 'once' }, asked],
  ] as const)
    it(name, () =>
      assert.deepEqual(factsOf(aNode('in', 'x', { type: 'mqtt in' }), aNode('x', '', settings)), expected),
    );
});

describe('a way over the broker, in a dry run,', () => {
  const broker = (id: string, more: object = {}): FlowEntry => ({
    id,
    type: 'mqtt-broker',
    broker: '127.0.0.1',
    port: '1883',
    protocolVersion: '4',
    ...more,
  });
  interface Difference {
    readonly out?: object;
    readonly back?: object;
    readonly behind?: object;
    readonly brokers?: readonly FlowEntry[];
  }
  /** `in` → `out` ⇢ `back` → `m` */
  const facts = ({ out = {}, back = {}, behind = {}, brokers = [broker('b')] }: Difference) =>
    factsOf(
      aTab('u'),
      ...brokers,
      aNode('in', 'out', { type: 'mqtt in', topic: 'a', broker: 'b' }),
      aNode('out', '', { type: 'mqtt out', topic: 'half/way', broker: 'b', ...out }),
      aNode('back', 'm', { type: 'mqtt in', topic: 'half/way', broker: 'b', inputs: 0, ...back }),
      aNode('m', 'end', { type: 'onnx-model', ...behind }),
      aNode('end', '', { type: 'mqtt out', topic: 'z', broker: 'b' }),
    );
  const nl = { back: { nl: true } };
  for (const [name, difference, isRoundTrip] of [
    ['is part of the pipeline', {}, true],
    ['is part of it by a wildcard', { back: { topic: 'half/+' } }, true],
    ['is part of it where others share it', { back: { topic: '$share/g/half/#' } }, true],
    [
      'is part of it by another node of the same broker',
      { back: { broker: 'c' }, brokers: [broker('b'), broker('c')] },
      true,
    ],
    ['is none on other topics', { back: { topic: 'half/other' } }, false],
    [
      'is none on another broker',
      { back: { broker: 'c' }, brokers: [broker('b'), broker('c', { port: '1884' })] },
      false,
    ],
    ['is none that is not known for lack of a broker', { brokers: [] }, false],
    ['is none that messages tell', { out: { topic: '' } }, false],
    ['is none that the environment tells', { out: { topic: 'half/${EDGE_NAME}' }, back: { topic: 'half/+' } }, false],
    ['is none that is subscribed to at run time', { back: { topic: '', inputs: 1 } }, false],
    ['is none into another pipeline', { back: { z: 'u' }, behind: { z: 'u' } }, false],
    ['is none to a node that is disabled', { back: { d: true } }, false],
    ['is none to where it is only shown', { behind: { type: 'debug', wires: [] } }, false],
    [
      'is none where the connection does not hear itself',
      { ...nl, brokers: [broker('b', { protocolVersion: '5' })] },
      false,
    ],
    ['is one where the broker is too old for that', nl, true],
  ] as const)
    it(name, () => assert.deepEqual(facts(difference), { ...none, roundTrips: isRoundTrip ? ['out'] : [] }));

  it('counts from another tab that a link leads to, and in subflows', () => {
    const flow = (...entries: FlowEntry[]) =>
      factsOf(
        aTab('u'),
        broker('b'),
        aNode('in', 'lo', { type: 'mqtt in' }),
        aLinkOut('lo', 'li'),
        aLinkIn('li', 'out', { z: 'u' }),
        aNode('out', '', { type: 'mqtt out', z: 'u', topic: 'x', broker: 'b' }),
        ...entries,
      );
    const back = { type: 'mqtt in', topic: 'x', broker: 'b' };
    assert.deepEqual(flow(aNode('back', 'm', back), aNode('m', '', { type: 'pipelib' })).roundTrips, ['out']);
    assert.deepEqual(
      flow(
        aTemplate('s', '', ''),
        anInstance('i', 's'),
        aNode('back', 'm', { ...back, z: 's' }),
        aNode('m', '', { type: 'pipelib', z: 's' }),
      ).roundTrips,
      ['out'],
    );
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

import assert from 'node:assert/strict';
import type { LibraryWithSource } from '../../../lib/pipeline/library';
import { aFunction, aRandomDelay, joinFlow, onTab } from '../../support/join-flows';
import { ModelLab, startStream } from '../../support/model-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly payload: unknown;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe(`the node pipelib in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  let lab: ModelLab;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    lab = await ModelLab.start({ qos: 1, settings: 'functionExternalModules: false,' });
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const save = async (name: string, source: string): Promise<LibraryWithSource> => {
    const answer = await lab.nodeRed.api<LibraryWithSource>('PUT', `libraries/${name}`, { source });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const libraryNode = (library: string, more = {}) => ({ type: 'pipelib', library, ...more });
  const deploy = (library: string, more = {}): Promise<void> =>
    lab.deployFlow('', { qos: 1, node: libraryNode(library, more) });
  const since = <T>(topic: string): (() => readonly T[]) => {
    const before = lab.mqtt.on(topic).length;
    return () => lab.mqtt.on(topic).slice(before) as T[];
  };

  it("runs the original's form and CommonJS on messages, and every failure goes to the catch node", async () => {
    await save('pipelib_double', 'function pipelib_double() { this.exec = async function (x) { return x * 2; }; }');
    await deploy('pipelib_double');
    assert.equal(await lab.mqtt.ask('in', 21, 'out'), 42);
    await save('pipelib_double', 'module.exports = (x) => { if (x > 5) throw new Error("too much"); return [x, x]; };');
    assert.deepEqual(await lab.mqtt.ask('in', 5, 'out'), [5, 5]);
    const failure = (await lab.mqtt.ask('in', 6, 'errors')) as Failure;
    assert.deepEqual([failure.code, failure.payload], ['LIBRARY_FAILED', 6]);
    assert.match(failure.message, /in line 1: too much/);
  });

  it('GIVEN_messages_flow_WHEN_revisions_are_saved_good_and_broken_THEN_each_is_answered_once_by_one_revision', async () => {
    const revision = (n: number): string =>
      `let own = ${n}; module.exports = async (x) => {
        const at = own; await new Promise((done) => setTimeout(done, x % 7)); return { x, at, own, stamp: ${n} }; };`;
    await save('pipelib_hot', revision(0));
    await deploy('pipelib_hot');
    const answers = since<{ x: number; at: number; own: number; stamp: number }>('out');
    const errors = since<Failure>('errors');
    const stream = startStream(lab.mqtt, 200, (index) => index, 1);
    const isAnsweredBy = (n: number): Promise<unknown> => waitFor(() => answers().some(({ stamp }) => stamp === n));
    await isAnsweredBy(0);
    for (let n = 1; n <= 8; n += 1) {
      assert.equal((await save('pipelib_hot', revision(n))).revision, n + 1);
      for (const source of ['module.exports = (;', 'throw new Error("no");', 'function pipelib_hot() {}']) {
        const { status } = await lab.nodeRed.api('PUT', 'libraries/pipelib_hot', { source });
        assert.equal(status, 422);
      }
      await isAnsweredBy(n);
    }
    const sentCount = await stream.stop();
    await waitFor(() => answers().length + errors().length >= sentCount);
    assert.deepEqual(errors(), []);
    assert.deepEqual(
      answers().map(({ x }) => x),
      upTo(sentCount),
      'each once, in the order they came',
    );
    assert.ok(answers().every(({ at, own, stamp }) => at === stamp && own === stamp));
    const stamps = answers().map(({ stamp }) => stamp);
    assert.deepEqual(
      [...stamps].sort((a, b) => a - b),
      stamps,
      'no message goes back to a revision before',
    );
  });

  it('GIVEN_an_endless_loop_WHEN_it_is_called_THEN_it_is_stopped_and_Node_RED_goes_on', async () => {
    await save('pipelib_loop', 'module.exports = (x) => { if (x === 1) for (;;); return x; };');
    await deploy('pipelib_loop', { timeoutMs: 200 });
    assert.equal(((await lab.mqtt.ask('in', 1, 'errors')) as Failure).code, 'TIMEOUT');
    assert.equal(await lab.mqtt.ask('in', 2, 'out'), 2);
  });

  it('GIVEN_endless_loops_that_log_WHEN_they_are_ended_THEN_the_log_of_Node_RED_goes_on', async () => {
    const source =
      'module.exports = (x) => { while (x > 0) console.log("again"); console.log("still heard"); return x; };';
    await save('pipelib_talk', source);
    await deploy('pipelib_talk', { timeoutMs: 100 });
    for (let round = 1; round <= 10; round += 1) {
      assert.equal(((await lab.mqtt.ask('in', round, 'errors')) as Failure).code, 'TIMEOUT');
    }
    assert.equal(await lab.mqtt.ask('in', 0, 'out'), 0);
    await waitFor(() => lab.nodeRed.log.includes('still heard'), { what: () => lab.nodeRed.log.slice(-2_000) });
    assert.match(lab.nodeRed.log, /more lines of this call are left out/);
  });

  it('GIVEN_errors_in_timers_and_forgotten_promises_WHEN_they_come_late_THEN_Node_RED_lives_and_its_log_names_the_library', async () => {
    const { pid } = lab.nodeRed;
    await save(
      'pipelib_late',
      `module.exports = (x) => {
        setTimeout(() => { throw new Error('late timeout'); }, 1);
        setImmediate(() => { throw null; });
        queueMicrotask(() => { throw { late: 'microtask' }; });
        Promise.reject(new Error('late rejection'));
        (async () => { await null; throw 'late text'; })();
        setTimeout(async () => { throw new Error('late async'); }, 1);
        import('node:fs');
        return x;
      };`,
    );
    await deploy('pipelib_late');
    assert.equal(await lab.mqtt.ask('in', 1, 'out'), 1);
    const seen = [
      'late timeout',
      'threw null',
      "late: 'microtask'",
      'late rejection',
      "threw 'late text'",
      'late async',
    ];
    await waitFor(() => seen.every((text) => lab.nodeRed.log.includes(text)), { what: () => lab.nodeRed.log });
    assert.match(lab.nodeRed.log, /a library failed outside of a call library="pipelib_late"/);
    assert.equal(await lab.mqtt.ask('in', 2, 'out'), 2);
    assert.equal(lab.nodeRed.pid, pid);
  });

  it('leaves a rejection of any other code the fate that Node.js gives it: the end of Node-RED', async () => {
    await using own = await ModelLab.start();
    const reject = 'Promise.reject(new Error("of a function node")); return msg;';
    await own.nodeRed.deploy(joinFlow(own.broker.port, ['bad'], [aFunction('bad', reject, [])]));
    await own.untilFlowListens();
    await own.mqtt.publish('in', 1);
    await waitFor(() => /Uncaught Exception.*of a function node/s.test(own.nodeRed.log), {
      what: () => own.nodeRed.log,
    });
  });

  it('joins its parents, tells their policies, and picks the one that the others are gates for', async () => {
    await save('pipelib_show', 'module.exports = (input, { parents }) => ({ input, parents });');
    const join = (more: object): Record<string, unknown> => ({
      parentIds: ['a', 'b'],
      join: { parentKeys: 'name', parents: [{ policy: 'each' }, { policy: 'each', key: 'second' }], ...more },
    });
    const flow = (library: string, node: object): FlowNode[] =>
      joinFlow(
        lab.broker.port,
        ['b', 'a'],
        [
          aFunction('a', 'msg.payload = `a${msg.payload}`; return msg;', ['model'], { name: 'first' }),
          aRandomDelay('b', ['model'], { name: 'b' }),
        ],
        libraryNode(library, node),
      );
    const deployFlow = async (nodes: readonly FlowNode[]): Promise<void> => {
      await lab.nodeRed.deploy(nodes);
      await lab.untilFlowListens();
    };
    await deployFlow(flow('pipelib_show', join({})));
    assert.deepEqual(await lab.mqtt.ask('in', 7, 'out'), {
      input: { first: 'a7', second: 7 },
      parents: [
        { id: 'a', key: 'first', name: 'first', policy: 'each' },
        { id: 'b', key: 'second', name: 'b', policy: 'each' },
      ],
    });
    await deployFlow(flow('pipelib_merge', join({})));
    assert.deepEqual(await lab.mqtt.ask('in', 8, 'out'), { first: 'a8', second: 8 });
    await deployFlow(flow('pipelib_pick', join({})));
    assert.equal(await lab.mqtt.ask('in', 9, 'out'), 'a9');
    await deployFlow(flow('pipelib_show', join({ mode: 'any' })));
    const answers = since<{ input: unknown }>('out');
    await lab.mqtt.publish('in', 1);
    await waitFor(() => answers().length === 2);
    assert.deepEqual(
      answers()
        .map(({ input }) => input)
        .sort(),
      [1, 'a1'],
    );
  });

  it('takes the payload of one parent or of an inject', async () => {
    await save('pipelib_same', 'module.exports = (x) => x;');
    await deploy('pipelib_same');
    for (const payload of [0, false, [], { a: [1] }]) {
      assert.deepEqual(await lab.mqtt.ask('in', JSON.stringify(payload), 'out'), payload);
    }
    const inject = onTab('inject', 'inject', ['model'], {
      props: [{ p: 'payload' }],
      payload: '"of inject"',
      payloadType: 'json',
      once: false,
    });
    await lab.nodeRed.deploy(joinFlow(lab.broker.port, ['model'], [inject], libraryNode('pipelib_same')));
    await lab.untilFlowListens();
    const answers = since<unknown>('out');
    assert.equal((await lab.nodeRed.request('POST', 'inject/inject')).status, 200);
    await waitFor(() => answers().includes('of inject'));
  });

  it('gives values that function, debug, change and mqtt nodes know as their own', async () => {
    await save(
      'pipelib_kinds',
      'module.exports = () => ({ list: [1, { a: [2] }], at: new Date(0), map: new Map([[1, 2]]), bytes: Buffer.from("ab") });',
    );
    const check = `const p = msg.payload; const copy = RED.util.cloneMessage(msg).payload;
      const of = (x) => [x.list.constructor === p.list.constructor, Object.prototype.toString.call(x.at), x.map.get(1), Buffer.isBuffer(x.bytes)];
      msg.payload = { own: of(p), copy: of(copy), json: p }; return msg;`;
    const nodes = joinFlow(lab.broker.port, ['model'], [aFunction('check', check, ['out'])], {
      ...libraryNode('pipelib_kinds'),
      wires: [['check', 'debug', 'change']],
    });
    const debug = onTab('debug', 'debug', [], { active: true, tosidebar: true, complete: 'true', console: true });
    const change = onTab('change', 'change', [], {
      rules: [
        { t: 'set', p: 'payload', pt: 'msg', to: '$count(payload.list)', tot: 'jsonata' },
        { t: 'set', p: 'payload', pt: 'msg', to: 'payload', tot: 'msg' },
      ],
      wires: [['out']],
    });
    await lab.nodeRed.deploy([...nodes, debug, change]);
    await lab.untilFlowListens();
    const answers = since<unknown>('out');
    await lab.mqtt.publish('in', 1);
    await waitFor(() => answers().length === 2);
    const known = [true, '[object Date]', 2, true];
    const shown = {
      list: [1, { a: [2] }],
      at: '1970-01-01T00:00:00.000Z',
      map: {},
      bytes: { type: 'Buffer', data: [97, 98] },
    };
    assert.deepEqual(
      answers()
        .map((answer) => JSON.stringify(answer))
        .sort(),
      [2, { own: known, copy: known, json: shown }].map((answer) => JSON.stringify(answer)).sort(),
    );
  });

  it('tells editors of every change, and of every deploy, by comms', async () => {
    const topic = 'model-management/libraries';
    const heard: unknown[] = [];
    const socket = new WebSocket(`${lab.nodeRed.url.replace('http', 'ws')}comms`);
    socket.addEventListener('message', ({ data }) => {
      const events = JSON.parse(String(data)) as { topic: string; data: unknown }[];
      heard.push(...events.filter((event) => event.topic === topic).map((event) => event.data));
    });
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.send(JSON.stringify({ subscribe: topic }));
    const name = 'pipelib_told';
    await save(name, 'module.exports = () => 1;');
    await save(name, 'module.exports = () => 1;');
    await lab.nodeRed.api('PUT', `libraries/${name}`, { source: 'module.exports = (;' });
    await save(name, 'module.exports = () => 2;');
    await lab.nodeRed.api('DELETE', `libraries/${name}`);
    await deploy(name);
    await waitFor(() => heard.length >= 4, { what: () => JSON.stringify(heard) });
    socket.close();
    const told = ['created', 'updated', 'deleted'].map((change) => ({ kind: 'library', name, change }));
    assert.deepEqual(heard, [...told, { kind: 'usage' }]);
  });

  it('follows a library that is deleted and comes back, also over a restart', async () => {
    await save('pipelib_back', 'module.exports = (x) => x + 1;');
    await deploy('pipelib_back');
    assert.equal(await lab.mqtt.ask('in', 1, 'out'), 2);
    const refused = await lab.nodeRed.api<{ error: { code: string; usedBy: { name: string; tab: string }[] } }>(
      'DELETE',
      'libraries/pipelib_back',
    );
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'IN_USE']);
    assert.deepEqual(
      refused.body.error.usedBy.map(({ name, tab }) => [name, tab]),
      [['the model', 'Test tab']],
    );
    assert.equal((await lab.nodeRed.api('DELETE', 'libraries/pipelib_back?force=true')).status, 204);
    assert.equal(((await lab.mqtt.ask('in', 1, 'errors')) as Failure).code, 'LIBRARY_NOT_FOUND');
    assert.equal((await save('pipelib_back', 'module.exports = (x) => x + 5;')).revision, 3);
    assert.equal(await lab.mqtt.ask('in', 1, 'out'), 6);
    await lab.nodeRed.restart();
    await lab.untilFlowListens();
    assert.equal(await lab.mqtt.ask('in', 1, 'out'), 6);
  });
});

import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import helper from 'node-red-node-test-helper';
import { ModelManagementError } from '../../../lib/errors';
import { silentLog } from '../../../lib/log';
import { librariesSlot } from '../../../lib/pipeline/library';
import { LiveGraph, liveGraphSlot } from '../../../lib/pipeline/live-graph';
import register from '../../../nodes/pipelib/pipelib';
import { LibraryLab } from '../../support/libraries';
import { nodeRedMajor } from '../../support/node-red';
import { waitFor } from '../../support/wait-for';

interface Heard extends NodeMessage {
  readonly error?: { readonly code?: string; readonly message: string };
  readonly status?: { readonly text: string };
  readonly [key: string]: unknown;
}

const name = 'pipelib_tried';
const onTab = (id: string, type: string, wires: string[] = [], more = {}) => ({
  id,
  type,
  z: 'tab',
  x: 1,
  y: 1,
  wires: [wires],
  ...more,
});
/** `pipelib` → `out`, and what Node-RED says of each message: `completed` (done), `caught` (done with an error). */
const flowOf = (node: Readonly<Record<string, unknown>> = {}) => [
  { id: 'tab', type: 'tab', label: 'Tab' },
  onTab('statuses', 'status', ['shown'], { scope: null }),
  onTab('complete', 'complete', ['completed'], { scope: ['lib'] }),
  onTab('catch', 'catch', ['caught'], { scope: null, uncaught: false }),
  ...['shown', 'completed', 'caught', 'out'].map((id) => onTab(id, 'helper')),
  onTab('lib', 'pipelib', ['out'], { library: name, ...node }),
];

describe(`the node pipelib in the runtime of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(30_000);
  let lab: LibraryLab;
  const heard = new Map<string, Heard[]>();

  const on = (id: string): readonly Heard[] => heard.get(id) ?? [];
  const listen = (): void => {
    for (const id of ['shown', 'completed', 'caught', 'out']) {
      helper.getNode(id).on('input', (message) => {
        heard.set(id, [...on(id), message as Heard]);
      });
    }
  };
  /** The services come when all statuses are heard. */
  const load = async (node: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    librariesSlot.clear();
    await helper.load(register, flowOf(node));
    listen();
    librariesSlot.provide(lab.libraries);
  };
  const save = (source: string): Promise<unknown> => lab.libraries.save(name, { source }, null);
  const send = (payload: unknown, more = {}): void =>
    helper.getNode('lib').receive({ payload, ...more } as NodeMessage);
  const texts = (): readonly (string | undefined)[] => on('shown').map(({ status }) => status?.text);
  const payloads = (): readonly unknown[] => on('out').map(({ payload }) => payload);

  before(() => helper.init(require.resolve(nodeRedMajor === '4' ? 'node-red-4' : 'node-red')));
  beforeEach(async () => {
    heard.clear();
    lab = await LibraryLab.open();
    librariesSlot.provide(lab.libraries);
  });
  afterEach(async () => {
    await helper.unload();
    librariesSlot.clear();
    liveGraphSlot.clear();
    assert.deepEqual(
      lab.libraries.list().flatMap(({ usedBy }) => usedBy),
      [],
      'no node follows any more',
    );
    await lab[Symbol.asyncDispose]();
  });

  it('answers with the result, keeps the rest of the message, and is done once', async () => {
    await save('module.exports = (x, { msg, node }) => ({ x, topic: msg.topic, node });');
    await load({ name: 'my node' });
    send([1], { topic: 't', deep: { kept: true } });
    await waitFor(() => on('completed').length > 0 && on('out').length > 0);
    const { payload, topic, deep } = on('out')[0] ?? {};
    assert.deepEqual(payload, { x: [1], topic: 't', node: { id: 'lib', name: 'my node' } });
    assert.deepEqual([topic, deep], ['t', { kept: true }]);
    assert.deepEqual([on('completed').length, on('caught').length], [1, 0]);
    assert.deepEqual(
      lab.libraries.get(name).usedBy.map(({ kind, id, name, tab }) => [kind, id, name, tab]),
      [['node', 'lib', 'my node', 'Tab']],
    );
  });

  it('gives every kind of value on, such that other nodes know it', async () => {
    await save(
      `module.exports = (x) => [x, new Date(0), new Map([[1, [2]]]), new Float32Array([1]), Buffer.from('b')];`,
    );
    await load();
    send(Buffer.from('a'));
    await waitFor(() => on('out').length > 0);
    const [given, date, map, floats, buffer] = payloads()[0] as unknown[];
    assert.ok(Buffer.isBuffer(given) && Buffer.isBuffer(buffer));
    assert.ok(date instanceof Date && map instanceof Map && floats instanceof Float32Array);
    assert.ok(Object.getPrototypeOf(map.get(1)) === Array.prototype);
  });

  it('fails with the code, is done once, and leaves the message as it came', async () => {
    await save('module.exports = (x) => { x.list.push(1); throw new Error("no"); };');
    await load();
    send({ list: [] }, { topic: 't' });
    await waitFor(() => on('caught').length > 0);
    const [{ error, payload, topic } = {} as Heard] = on('caught');
    assert.deepEqual([error?.code, payload, topic], ['LIBRARY_FAILED', { list: [] }, 't']);
    assert.match(error?.message ?? '', /pipelib_tried failed in line 1: no/);
    await waitFor(() => texts().at(-1) === 'error');
    assert.deepEqual([on('completed').length, on('out').length], [0, 0]);
  });

  it('answers in the order the messages came, however long each takes, failures among them', async () => {
    await save(`module.exports = (x) => new Promise((done, fail) =>
      setTimeout(() => (x % 5 === 0 ? fail(new Error('five')) : done(x)), (x * 7) % 20));`);
    await load();
    const all = Array.from({ length: 100 }, (_, index) => index);
    for (const index of all) send(index);
    await waitFor(() => on('out').length + on('caught').length === 100);
    assert.deepEqual(
      payloads(),
      all.filter((index) => index % 5 !== 0),
    );
    assert.deepEqual(
      on('caught').map(({ payload }) => payload),
      all.filter((index) => index % 5 === 0),
    );
    assert.equal(on('completed').length, 80);
  });

  it('keeps to its time limit', async () => {
    await save(
      'module.exports = (x) => { if (x === "loop") for (;;); if (x === "wait") return new Promise(() => {}); return x; };',
    );
    await load({ timeoutMs: 50 });
    for (const payload of ['loop', 'wait', 'good']) send(payload);
    await waitFor(() => on('out').length > 0);
    assert.deepEqual(
      on('caught').map(({ error }) => error?.code),
      ['TIMEOUT', 'TIMEOUT'],
    );
  });

  it('says that there is no library, and follows it when it comes, breaks nothing, goes and comes again', async () => {
    await load();
    await waitFor(() => texts().includes('no library tried'));
    send(1);
    await waitFor(() => on('caught').length === 1);
    assert.equal(on('caught')[0]?.error?.code, 'LIBRARY_NOT_FOUND');
    await save('module.exports = (x) => x + 1;');
    await waitFor(() => texts().at(-1) === 'ready');
    send(1);
    await assert.rejects(async () => save('module.exports = (;'), { code: 'INVALID_LIBRARY' });
    send(2);
    await waitFor(() => on('out').length === 2);
    await assert.rejects(async () => lab.libraries.remove(name, {}, null), { code: 'IN_USE' });
    await lab.libraries.remove(name, { force: true }, null);
    await waitFor(() => texts().at(-1) === 'no library tried');
    send(3);
    await waitFor(() => on('caught').length === 2);
    await save('module.exports = (x) => x + 10;');
    send(4);
    await waitFor(() => on('out').length === 3);
    assert.deepEqual(payloads(), [2, 3, 14]);
  });

  it('shows where a library is broken that was stored by another installation, until it is mended', async () => {
    await lab.reopen(['crypto']);
    await save('\n\nrequire("crypto");\nmodule.exports = () => 1;');
    await lab.reopen([]);
    await load();
    await waitFor(() => texts().at(-1) === 'broken: line 3');
    send(1);
    await waitFor(() => on('caught').length > 0);
    assert.equal(on('caught')[0]?.error?.code, 'INVALID_LIBRARY');
    const { state, error } = lab.libraries.get(name);
    assert.deepEqual([state, error?.line], ['failed', 3]);
    await save('module.exports = () => 1;');
    await waitFor(() => texts().at(-1) === 'ready');
    assert.equal(lab.libraries.get(name).state, 'ready');
  });

  it('says that none is chosen', async () => {
    await load({ library: '' });
    await waitFor(() => texts().includes('no library chosen'));
    send(1);
    await waitFor(() => on('caught').length > 0);
    assert.match(on('caught')[0]?.error?.message ?? '', /No library is chosen/);
  });

  it('keeps messages that come before the services are there, and answers them in order', async () => {
    await save('module.exports = (x) => x + 1;');
    await load();
    librariesSlot.clear();
    for (let index = 0; index < 100; index += 1) send(index);
    await waitFor(() => texts().includes('starting'));
    librariesSlot.provide(lab.libraries);
    await waitFor(() => on('out').length === 100);
    assert.deepEqual(
      payloads(),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it('says why the services are not there, and recovers when they are', async () => {
    await save('module.exports = (x) => x;');
    await load();
    librariesSlot.fail(new ModelManagementError('DATA_DIR_LOCKED', 'In use.', 'Stop the other one.'));
    send(1);
    await waitFor(() => on('caught').length > 0);
    assert.equal(on('caught')[0]?.error?.code, 'DATA_DIR_LOCKED');
    librariesSlot.provide(lab.libraries);
    send(2);
    await waitFor(() => on('out').length > 0);
  });

  it('has one instance for all nodes, which keeps its state over a deploy and begins afresh with a revision', async () => {
    await save('let n = 0; module.exports = () => ++n;');
    await load();
    send(0);
    await waitFor(() => on('out').length === 1);
    await helper.setFlows(flowOf({ name: 'again' }), 'full');
    listen();
    send(0);
    await waitFor(() => on('out').length === 2);
    await lab.libraries.save(name, { source: 'let n = 0; module.exports = () => ++n;', description: 'words' }, null);
    send(0);
    await waitFor(() => on('out').length === 3);
    await save('let n = 100; module.exports = () => ++n;');
    send(0);
    await waitFor(() => on('out').length === 4);
    assert.deepEqual(payloads(), [1, 2, 3, 101]);
  });

  it('GIVEN_a_call_under_way_WHEN_a_revision_is_saved_THEN_the_call_ends_as_it_began_and_the_next_is_new', async () => {
    await save('module.exports = (x) => new Promise((done) => setTimeout(() => done(`old ${x}`), 300));');
    await load();
    send(1);
    await waitFor(() => texts().includes('ready'));
    await save('module.exports = (x) => `new ${x}`;');
    send(2);
    await waitFor(() => on('out').length === 2);
    assert.deepEqual(payloads(), ['old 1', 'new 2']);
  });

  it('GIVEN_calls_under_way_WHEN_the_node_closes_THEN_each_fails_once_and_nothing_comes_after', async () => {
    await save('module.exports = () => new Promise(() => {});');
    await load({ timeoutMs: 0 });
    send(1);
    send(2);
    const errors: (string | undefined)[] = [];
    const node = helper.getNode('lib');
    node.error = (error: unknown) => errors.push((error as { code?: string }).code);
    await helper.setFlows(flowOf({ name: 'next' }), 'full').catch(() => undefined);
    await waitFor(() => helper.getNode('lib') && helper.getNode('lib') !== node);
    assert.deepEqual([errors, on('out').length], [['ABORTED', 'ABORTED'], 0]);
  });

  it('leaves no follower behind over ten full deploys', async () => {
    await save('module.exports = (x) => x;');
    await load();
    for (let deploy = 0; deploy < 10; deploy += 1) {
      await helper.setFlows(flowOf({ name: `deploy ${deploy}` }), 'full');
      assert.deepEqual(
        lab.libraries.get(name).usedBy.map((usage) => usage.name),
        [`deploy ${deploy}`],
      );
    }
  });

  it('calls exec({}) when nothing leads to it, else with what it is handed', async () => {
    await save('module.exports = (x) => x;');
    const source = onTab('source', 'helper', ['lib']);
    for (const { entries, gives } of [
      { entries: flowOf(), gives: {} },
      { entries: [...flowOf(), source], gives: 5 },
    ]) {
      liveGraphSlot.provide(new LiveGraph(() => entries, silentLog));
      await load();
      send(5);
      await waitFor(() => on('out').length > 0);
      assert.deepEqual(payloads(), [gives]);
      await helper.unload();
      heard.clear();
    }
  });

  it('says that its configuration cannot be read, and fails each message', async () => {
    await load({ timeoutMs: 'soon' });
    send(1);
    await waitFor(() => on('caught').length > 0);
    assert.match(on('caught')[0]?.error?.message ?? '', /timeoutMs/);
  });

  it('names the library that blocks Node-RED after an await, and the node that logs', async () => {
    await save(
      `module.exports = async (x) => { console.log('here'); await null; const end = Date.now() + 400; while (Date.now() < end); return x; };`,
    );
    await load();
    send(1);
    await waitFor(() => on('out').length > 0);
    const blocked = lab.log.filter(({ event }) => event === 'Node-RED was blocked while a library ran');
    assert.deepEqual(
      blocked.map(({ level, library }) => [level, library]),
      [['warn', name]],
    );
    assert.ok(Number(blocked[0]?.['blockedMs']) >= 350);
    const said = lab.log.filter(({ event }) => event === 'a library says');
    assert.deepEqual(
      said.map(({ library, text, node }) => [library, text, node]),
      [[name, 'here', 'lib']],
    );
  });
});

import assert from 'node:assert/strict';
import { silentLog } from '../../../../lib/log';
import { type DeliverEvent, PipelineWatch } from '../../../../lib/pipeline/pipelines/pipeline-watch';
import { resultLimits } from '../../../../lib/pipeline/pipelines/result-ring';
import { FakeClock } from '../../../support/fake-clock';
import { aNode, aTab } from '../../../support/flow-entries';
import { waitFor } from '../../../support/wait-for';

const flow = [
  aTab('t'),
  aTab('u'),
  aNode('in', 'm', { type: 'mqtt in', topic: 'read' }),
  aNode('m', 'out', { type: 'pipelib', library: 'pipelib_a' }),
  aNode('out', '', { type: 'mqtt out', topic: 'write' }),
  aNode('catch', '', { type: 'catch' }),
  aNode('split', 'out', { type: 'split' }),
  aNode('other', '', { z: 'u' }),
];

describe('the watch over pipelines', () => {
  let clock: FakeClock;
  let entries: readonly ReturnType<typeof aNode>[];
  let told: string[];
  let watch: PipelineWatch;
  beforeEach(() => {
    clock = new FakeClock();
    entries = flow;
    told = [];
    watch = new PipelineWatch({ readEntries: () => entries, clock, log: silentLog, onChange: (id) => told.push(id) });
    watch.start();
    watch.recall([], resultLimits);
  });
  afterEach(() => watch.stop());

  const message = (id: string, payload: unknown = 1, more = {}) => ({ _msgid: id, topic: '', payload, ...more });
  const receive = (node: string, msg: object, doneCount = 1) =>
    watch.onReceive({ msg, destination: { id: node, node: { _expectedDoneCount: doneCount } } });
  const complete = (node: string, msg: object, error?: unknown) => watch.onComplete({ msg, node: { id: node }, error });
  const deliver = (node: string, type: string, msg: object) =>
    watch.onDeliver({ msg, destination: { id: node, node: { type, topic: 'write' } } } as DeliverEvent);
  const countersNow = () => watch.find('t')?.counters;
  const open = () => watch.run('t', 'r');

  it('follows what happens at nodes of pipelines, and nothing else', () => {
    receive('other', message('x'));
    receive('m', message('r'));
    receive('m', { payload: 'no id' });
    complete('m', message('r'));
    receive('out', message('r', { a: 1 }));
    assert.deepEqual(open()?.waitingIn, ['out']);
    complete('out', message('r', '{"a":1}', { topic: 'write' }));
    assert.deepEqual(countersNow(), { runs: 1, failed: 0, noOutput: 0, dropped: 0 });
    assert.deepEqual(
      watch.results('t').map(({ topic, text, state }) => [topic, text, state]),
      [['write', '{"a":1}', 'published']],
    );
  });

  it('never throws, whatever a message is made of', () => {
    const hostile = new Proxy(message('r'), {
      get: (target, key) => {
        if (key === '_msgid') return 'r';
        throw new Error(String(Reflect.get(target, key)));
      },
    });
    assert.equal(receive('m', hostile), undefined);
    assert.equal(complete('m', hostile), undefined);
    watch.begin('t', 'r', true);
    assert.equal(deliver('out', 'mqtt out', hostile), false, 'it is held all the same');
    receive('m', message('r'));
    assert.equal(watch.onErrorLogged('m', Object.create(null)), undefined);
  });

  it('holds back what would leave of a dry run, and of nothing else', () => {
    watch.begin('t', 'r', true);
    watch.begin('t', 'real', false);
    assert.equal(deliver('m', 'pipelib', message('r')), undefined);
    assert.equal(deliver('out', 'mqtt out', message('real')), undefined);
    assert.equal(deliver('out', 'mqtt out', message('r', [1])), false);
    assert.deepEqual(
      watch.traces.steps('r')?.map(({ node, text, isHeld }) => [node, text, isHeld]),
      [['out', '{"topic":"write","payload":[1]}', true]],
    );
    assert.deepEqual(watch.results('t'), [], 'it is no result');
    clock.advance(3_600_000);
    assert.equal(watch.traces.expire(), false);
    assert.equal(deliver('out', 'mqtt out', message('r')), undefined, 'an hour later it is forgotten');
  });

  it('counts a dry run for nothing in another pipeline that it comes to by a link', () => {
    entries = [
      ...flow,
      aNode('m2', 'out2', { z: 'u', type: 'pipelib', library: 'pipelib_a' }),
      aNode('out2', '', { z: 'u', type: 'mqtt out', topic: 'write' }),
    ];
    watch.refresh();
    watch.begin('t', 'r', true);
    receive('m2', message('r'));
    complete('m2', message('r'));
    assert.equal(deliver('out2', 'mqtt out', message('r')), false);
    assert.equal(watch.run('u', 'r')?.isDry, true);
    clock.advance(1_001);
    receive('m2', message('live'));
    assert.deepEqual(watch.find('u')?.counters, { runs: 1, failed: 0, noOutput: 0, dropped: 0 });
  });

  it('takes a message without a payload, which an mqtt out is done with at once, for no result', () => {
    const empty = { _msgid: 'r', topic: 'x' };
    receive('out', empty);
    complete('out', empty);
    assert.deepEqual(
      watch.results('t').map(({ state }) => state),
      ['not_published'],
    );
    assert.notEqual(open()?.state, 'succeeded');
  });

  it('knows the message of a node that takes its id away', () => {
    const msg: { _msgid?: string } = message('r');
    receive('split', msg);
    delete msg._msgid;
    complete('split', msg);
    assert.deepEqual(open()?.waitingIn, []);
  });

  it('takes an error from a catch, or from the log for the message that the node works on', () => {
    receive('m', message('r'), 0);
    receive('catch', message('r', 1, { error: { message: 'caught', source: { id: 'm' } } }));
    assert.deepEqual(open()?.error, { node: 'm', message: 'caught' });
    receive('m', message('later'), 0);
    watch.onErrorLogged('m', new Error('logged'));
    assert.deepEqual(watch.run('t', 'later')?.error, { node: 'm', message: 'logged' });
    watch.onErrorLogged('nobody', 'x');
  });

  it('counts an error once that ended a message and is logged then', () => {
    receive('m', message('other'));
    receive('m', message('r'));
    const error = new Error('no');
    complete('m', message('r'), error);
    watch.onErrorLogged('m', error);
    assert.deepEqual([open()?.error?.message, watch.run('t', 'other')?.error], ['no', null]);
  });

  it('times nodes for as long as somebody looks', async () => {
    receive('m', message('before'));
    assert.deepEqual(watch.figures('t'), []);
    receive('m', message('r'));
    complete('m', message('r'));
    assert.deepEqual(
      watch.figures('t').map(({ node, received }) => [node, received]),
      [['m', 1]],
    );
    told.length = 0;
    clock.advance(15_000);
    receive('m', message('later'));
    await waitFor(() => told.length > 0, { what: 'a tick' });
    assert.deepEqual(watch.figures('t'), []);
    assert.deepEqual(watch.figures('nothing'), []);
  });

  it('follows some runs node by node for as long as somebody looks, and no others', async () => {
    receive('m', message('before'));
    watch.figures('t');
    complete('m', message('before'));
    // One more than two seconds take, which a real clock may cut anywhere.
    for (const id of ['a', 'b', 'c', 'd', 'e']) receive('m', message(id, [id]));
    complete('m', message('a'));
    complete('m', message('b'), new Error('no'));
    receive('out', message('a', 'b'));
    const steps = (id: string) => watch.traces.steps(id)?.map(({ node, text, error }) => [node, text, error]);
    const open = (id: string) => watch.traces.steps(id)?.map(({ durationMs }) => durationMs === null);
    assert.deepEqual(steps('a'), [
      ['m', '["a"]', null],
      ['out', '"b"', null],
    ]);
    assert.deepEqual(steps('b'), [['m', '["b"]', 'no']]);
    assert.deepEqual([open('a'), open('b')], [[false, true], [false]]);
    assert.deepEqual(['before', 'e'].map(steps), [undefined, undefined], 'two of a second');
    told.length = 0;
    clock.advance(15_000);
    await waitFor(() => told.length > 0, { what: 'a tick' });
    receive('m', message('later'));
    assert.equal(steps('later'), undefined);
    complete('out', message('a'));
    assert.deepEqual(open('a'), [false, false], 'what began while somebody looked is followed to its end');
  });

  it('keeps no payload of a run that it follows where none may be kept', () => {
    watch.recall([], { textLength: 0 });
    watch.figures('t');
    receive('m', message('r', 'secret'));
    assert.deepEqual(
      watch.traces.steps('r')?.map(({ node, text }) => [node, text]),
      [['m', '']],
    );
  });

  it('keeps what it knows of a tab over deploys, and begins anew when it was stopped', () => {
    receive('m', message('r'));
    entries = [...flow, aNode('more', '')];
    watch.refresh();
    assert.equal(countersNow()?.runs, 1);
    assert.equal(open()?.state, 'running');
    entries = flow.map((entry) => (entry.id === 't' ? { ...entry, disabled: true } : entry));
    watch.refresh();
    assert.equal(open()?.state, 'no_output');
    receive('m', message('ignored'));
    assert.equal(countersNow()?.runs, 1);
  });

  it('gives results of an earlier process to the tab that they are of, once', () => {
    const result = { runId: 'a', node: 'out', receivedAt: 0, topic: 'w', text: '1', isCut: false } as const;
    const stored = [{ id: 'late', results: [{ ...result, state: 'published' as const }] }];
    watch.recall(stored, resultLimits);
    const late = [aTab('late'), aNode('l', '', { type: 'pipelib', library: 'pipelib_a', z: 'late' })];
    entries = [...flow, ...late];
    watch.refresh();
    assert.equal(watch.results('late').length, 1);
    entries = flow;
    watch.refresh();
    entries = [...flow, ...late];
    watch.refresh();
    assert.equal(watch.results('late').length, 0, 'a tab that comes again begins anew');
  });

  it('keeps no payload before it is known what may be kept', () => {
    const early = new PipelineWatch({ readEntries: () => flow, clock, log: silentLog, onChange: () => undefined });
    early.refresh();
    const handed = message('r', 'secret');
    early.onReceive({ msg: handed, destination: { id: 'out' } });
    early.onComplete({ msg: handed, node: { id: 'out' } });
    early.recall([], { textLength: 0 });
    assert.deepEqual(
      early.results('t').map(({ text, state }) => [text, state]),
      [[null, 'published']],
    );
  });

  it('tells what changed, each at most once a second', async () => {
    await waitFor(() => told.includes('t'), { what: 'the tab to be told' });
    told.length = 0;
    for (let index = 0; index < 100; index++) receive('m', message(`r${index}`));
    clock.advance(1_000);
    await waitFor(() => told.length > 0, { what: 'the change to be told' });
    for (let index = 0; index < 100; index++) receive('m', message(`s${index}`));
    clock.advance(1_000);
    await waitFor(() => told.length > 1, { what: 'the next change to be told' });
    assert.deepEqual(told, ['t', 't']);
  });
});

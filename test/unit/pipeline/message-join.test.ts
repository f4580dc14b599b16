import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { silentLog } from '../../../lib/log';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import type { Arrival, JoinInput } from '../../../lib/pipeline/join/round-input';
import { JoinSchema } from '../../../lib/pipeline/join-config';
import { LiveGraph } from '../../../lib/pipeline/live-graph';
import { MessageJoin } from '../../../lib/pipeline/message-join';
import { originMarks, originOf } from '../../../lib/pipeline/message-origin';
import { ServiceSlot } from '../../../lib/service-slot';
import { aNode, aTab } from '../../support/flow-entries';
import { waitFor } from '../../support/wait-for';

const originKey = Symbol.for('model-management.origin');
/** As the nodes have it: it throws where a property has no object around it. */
const { util } = require('@node-red/util') as {
  util: { getMessageProperty(message: object, path: string): unknown };
};

const tab = aTab('t');
/** `a` and `b` into `j`. */
const twoParents = [tab, aNode('a', 'j'), aNode('b', 'j'), aNode('j')];

interface LabOptions {
  readonly entries?: readonly FlowEntry[];
  readonly parentIds?: readonly string[];
  readonly join?: Record<string, unknown>;
  readonly slot?: ServiceSlot<LiveGraph>;
  readonly nodeId?: string;
}

/** A join on a graph that a test changes as a deploy would. */
class JoinLab {
  readonly slot: ServiceSlot<LiveGraph>;
  readonly inputs: JoinInput<Arrival>[] = [];
  /** `a1 ok`, `a1 JOIN_TIMEOUT`: how each message ended. */
  readonly ends: string[] = [];
  readonly join: MessageJoin<Arrival>;
  nowMs = 0;
  private entries: readonly FlowEntry[];
  private readonly live = new LiveGraph(() => this.entries, silentLog);

  constructor({ entries = twoParents, parentIds = [], join, slot, nodeId = 'j' }: LabOptions = {}) {
    this.entries = entries;
    this.slot = slot ?? new ServiceSlot<LiveGraph>();
    if (!slot) this.slot.provide(this.live);
    this.join = new MessageJoin<Arrival>({
      nodeId,
      parentIds,
      config: JoinSchema.parse(join),
      graphs: this.slot,
      getProperty: (message, path) => util.getMessageProperty(message, path),
      copyValue: (shared) => structuredClone(shared),
      copyMessage: (message) => structuredClone(message),
      run: (input) => this.inputs.push(input),
      nowMs: () => this.nowMs,
    });
    this.join.start();
  }

  /** A message of a parent (none = of unknown origin); its payload is also its name in `ends`. */
  send(parent: string | undefined, payload: unknown, run = 'r', more: Record<string, unknown> = {}): void {
    const message: Record<string | symbol, unknown> = { _msgid: run, payload, ...more };
    if (parent !== undefined) message[originKey] = parent;
    const done = (error?: ModelManagementError): void => {
      this.ends.push(`${String(payload)} ${error?.code ?? 'ok'}`);
    };
    this.join.take({ message, done });
  }

  deploy(entries: readonly FlowEntry[]): void {
    this.entries = entries;
    this.live.announce();
  }

  get values(): readonly unknown[] {
    return this.inputs.map(({ value }) => value);
  }
}

describe('a node with several parents', () => {
  it('runs once per round, on an object by parent, and ends all its messages with it', () => {
    const lab = new JoinLab();
    lab.send('b', 'b1');
    assert.deepEqual([lab.values, lab.ends], [[], []]);
    lab.send('a', 'a1');
    assert.deepEqual(lab.values, [{ a: 'a1', b: 'b1' }]);
    assert.deepEqual(lab.ends, [], 'not before the node is done');
    lab.inputs[0]?.finish();
    assert.deepEqual(lab.ends, ['b1 ok', 'a1 ok']);
    lab.join.close(true);
  });

  it('passes on the message of the first each parent in the list, however they come, and gives the error to that one', () => {
    const lab = new JoinLab({ parentIds: ['b', 'a'] });
    lab.send('a', 'a1');
    lab.send('b', 'b1');
    assert.equal(lab.inputs[0]?.arrival.message['payload'], 'b1');
    lab.inputs[0]?.finish(new ModelManagementError('INFERENCE_FAILED', 'm', 'h'));
    assert.deepEqual(lab.ends, ['a1 ok', 'b1 INFERENCE_FAILED']);
    lab.join.close(true);
  });

  it('runs alone on messages of unknown origin, of nodes that are no parents, and of parents that are alone', () => {
    const inject = aNode('i', 'j', { type: 'inject' });
    const lab = new JoinLab({ entries: [...twoParents, inject] });
    lab.send('a', 'a1');
    lab.send(undefined, 'x');
    lab.send('elsewhere', 'y');
    lab.send('i', 'z');
    assert.deepEqual(lab.values, ['x', 'y', 'z']);
    for (const input of lab.inputs) input.finish();
    assert.deepEqual(lab.ends, ['x ok', 'y ok', 'z ok']);
    lab.join.close(true);
  });

  it('keeps the messages of the round without their payloads when asked to', () => {
    const lab = new JoinLab({ join: { keepParents: true, parentKeys: 'name' } });
    lab.send('a', 1, 'r', { topic: 'ta' });
    lab.send('b', 2, 'r', { topic: 'tb' });
    assert.deepEqual(lab.inputs[0]?.messages, { A: { _msgid: 'r', topic: 'ta' }, B: { _msgid: 'r', topic: 'tb' } });
    lab.join.close(true);
  });

  it('copies what several rounds share, so that one cannot change it for the next', () => {
    const lab = new JoinLab({ parentIds: ['a', 'b'], join: { parents: [{ policy: 'each' }, { policy: 'latest' }] } });
    lab.send('b', { limit: 1 });
    lab.send('a', 1, 'r');
    lab.send('a', 2, 's');
    const [first, second] = lab.values as { b: { limit: number } }[];
    assert.notEqual(first?.b, second?.b);
    assert.deepEqual(first?.b, second?.b);
    lab.join.close(true);
  });

  it('knows runs by a property, and refuses a message without it in words', () => {
    const lab = new JoinLab({ join: { key: 'property', property: 'order' } });
    lab.send('a', 'a1', 'x', { order: 7 });
    lab.send('b', 'b1', 'y', { order: '7' });
    lab.send('a', 'a2', 'z');
    lab.send('a', 'a3', 'z', { order: {} });
    assert.deepEqual(lab.values, [{ a: 'a1', b: 'b1' }]);
    assert.deepEqual(lab.ends, ['a2 INVALID_INPUT', 'a3 INVALID_INPUT']);
    lab.join.close(true);
  });

  it('refuses a message that has not even the object around the property, and a property that is none', () => {
    for (const property of ['device.id', '', 'a..b']) {
      const lab = new JoinLab({ join: { key: 'property', property } });
      lab.send('a', 'a1');
      assert.deepEqual(lab.ends, ['a1 INVALID_INPUT'], property);
      lab.join.close(true);
    }
  });

  it('knows its only parent without a mark, and marks messages when several could have sent them', () => {
    const only = new JoinLab({ entries: [tab, aNode('a', 'j'), aNode('j')] });
    only.send(undefined, 'a1');
    assert.deepEqual(
      only.inputs[0]?.parents.map(({ id }) => id),
      ['a'],
    );
    only.join.close(true);
    const lab = new JoinLab({ entries: [tab, aNode('a', 'j'), aNode('i', 'j', { type: 'inject' }), aNode('j')] });
    assert.deepEqual(lab.join.plan.joined, [], 'nothing is joined');
    const message = { payload: 1 };
    originMarks.onSend([{ msg: message, source: { node: { id: 'a', type: 'function' } }, destination: { id: 'j' } }]);
    assert.equal(originOf(message), 'a');
    lab.join.close(true);
    originMarks.settle();
    const later = { payload: 1 };
    originMarks.onSend([{ msg: later, source: { node: { id: 'a', type: 'function' } }, destination: { id: 'j' } }]);
    assert.equal(originOf(later), undefined, 'nobody wants to know any more');
  });

  it('keeps no messages of messages: a state that is fed back would carry all that ever were', () => {
    const lab = new JoinLab({ join: { keepParents: true } });
    lab.send('a', 1, 'r', { parents: { b: { parents: {} } } });
    lab.send('b', 2, 'r');
    assert.deepEqual(lab.inputs[0]?.messages, { a: { _msgid: 'r' }, b: { _msgid: 'r' } });
    lab.join.close(true);
  });

  it('is emptied by a reset of whoever, also of an inject that runs the node by itself', () => {
    const lab = new JoinLab({ entries: [...twoParents, aNode('i', 'j', { type: 'inject' })] });
    lab.send('a', 'a1');
    lab.send('i', 'go', 's', { reset: true });
    assert.deepEqual([lab.values, lab.ends, lab.join.waitingCount], [[], ['a1 ok', 'go ok'], 0]);
    lab.join.close(true);
  });

  it('is emptied by a message with reset, and only where something is joined', () => {
    const lab = new JoinLab();
    lab.send('a', 'a1');
    lab.send('b', 'stop', 's', { reset: true });
    assert.deepEqual(lab.ends, ['a1 ok', 'stop ok']);
    assert.equal(lab.join.waitingCount, 0);
    assert.equal(lab.join.counters.droppedRounds, 1);
    const single = new JoinLab({ entries: [tab, aNode('a', 'j'), aNode('j')] });
    single.send('a', 'a1', 'r', { reset: true });
    assert.deepEqual(single.values, ['a1']);
    lab.join.close(true);
    single.join.close(true);
  });

  it('GIVEN_a_parent_that_sends_nothing_WHEN_the_time_is_over_THEN_one_message_of_the_round_gets_the_error', async () => {
    const lab = new JoinLab({
      entries: [...twoParents, aNode('c', 'j')],
      join: { timeoutMs: 20 },
    });
    lab.send('a', 'a1');
    lab.send('b', 'b1');
    assert.deepEqual(lab.join.waitsFor, ['C']);
    lab.nowMs = 20;
    await waitFor(() => lab.ends.length === 2);
    assert.deepEqual(lab.ends, ['a1 JOIN_TIMEOUT', 'b1 ok']);
    assert.equal(lab.join.waitingCount, 0);
    lab.join.close(true);
  });

  it('GIVEN_a_value_that_cannot_be_copied_WHEN_a_timer_releases_its_round_THEN_one_message_gets_the_error', async () => {
    const lab = new JoinLab({
      entries: [tab, aNode('a', 'j'), aNode('b', 'j'), aNode('c', 'j'), aNode('j')],
      parentIds: ['a', 'b', 'c'],
      join: {
        parents: [{ policy: 'each' }, { policy: 'latest' }, { policy: 'optional' }],
        optionalWaitMs: 10,
      },
    });
    lab.send('b', () => 'a function has no copy');
    lab.send('a', 'a1');
    lab.nowMs = 10;
    await waitFor(() => lab.ends.length === 2);
    assert.equal(lab.ends[1], 'a1 INVALID_INPUT');
    lab.join.close(true);
  });

  it('GIVEN_a_round_that_waits_WHEN_a_deploy_takes_the_parent_that_starts_rounds_THEN_it_ends_with_the_fault', () => {
    const optional = { policy: 'optional' };
    const lab = new JoinLab({
      entries: [...twoParents, aNode('c', 'j')],
      parentIds: ['a', 'b', 'c'],
      join: { parents: [{ policy: 'each' }, optional, optional] },
    });
    lab.send('b', 'b1');
    lab.deploy([tab, aNode('a'), aNode('b', 'j'), aNode('c', 'j'), aNode('j')]);
    assert.deepEqual([lab.ends, lab.join.waitingCount], [['b1 BAD_JOIN'], 0]);
    lab.join.close(true);
  });

  it('GIVEN_a_closed_node_WHEN_a_message_that_was_on_its_way_comes_THEN_it_is_refused_and_nothing_waits', () => {
    const lab = new JoinLab();
    lab.join.close(false);
    lab.deploy(twoParents);
    lab.send('a', 'a1');
    assert.deepEqual([lab.ends, lab.join.waitingCount], [['a1 ABORTED'], 0]);
  });

  it('GIVEN_waiting_rounds_WHEN_the_node_closes_THEN_each_ends_with_one_error', () => {
    const lab = new JoinLab();
    lab.send('a', 'a1', 'r');
    lab.send('b', 'b2', 's');
    lab.join.close(false);
    lab.join.close(false);
    assert.deepEqual(lab.ends, ['a1 ABORTED', 'b2 ABORTED']);
  });

  it('GIVEN_a_bad_join_WHEN_messages_come_THEN_each_is_refused_with_the_way_round', () => {
    const lab = new JoinLab({ entries: [tab, aNode('a', 'j'), aNode('b', 'j'), aNode('j', 'b')] });
    lab.send('a', 'a1');
    assert.deepEqual(lab.ends, ['a1 BAD_JOIN']);
    assert.match(lab.join.plan.fault?.message ?? '', /"J" → "B" → "J"/);
    lab.join.close(true);
  });

  it('GIVEN_a_round_that_waits_WHEN_a_deploy_removes_the_parent_it_waits_for_THEN_it_runs', () => {
    const lab = new JoinLab({ entries: [...twoParents, aNode('c', 'j')] });
    lab.send('a', 'a1');
    lab.send('b', 'b1');
    lab.deploy(twoParents);
    assert.deepEqual(lab.values, [{ a: 'a1', b: 'b1' }]);
    lab.join.close(true);
  });

  it('GIVEN_a_round_that_waits_WHEN_a_deploy_leaves_one_parent_THEN_its_messages_run_by_themselves_and_none_is_lost', () => {
    const lab = new JoinLab();
    lab.send('a', 'a1');
    lab.send('b', 'b2', 's');
    lab.deploy([tab, aNode('a', 'j'), aNode('b'), aNode('j')]);
    lab.send('a', 'a3');
    for (const input of lab.inputs) input.finish();
    assert.deepEqual(lab.values, ['a1', 'a3']);
    assert.deepEqual([...lab.ends].sort(), ['a1 ok', 'a3 ok', 'b2 ok']);
    lab.join.close(true);
  });

  it('GIVEN_a_set_point_WHEN_the_node_is_restarted_THEN_it_is_still_known_unless_the_node_was_removed', () => {
    const options = {
      parentIds: ['a', 'b'],
      join: { parents: [{ policy: 'each' }, { policy: 'latest' }] },
      nodeId: 'j',
    };
    const first = new JoinLab(options);
    first.send('b', 'limit');
    first.join.close(false);
    const second = new JoinLab(options);
    second.send('a', 'a1');
    assert.deepEqual(second.values, [{ a: 'a1', b: 'limit' }]);
    second.join.close(true);
    const third = new JoinLab({ ...options, join: { ...options.join, timeoutMs: 0 } });
    third.send('a', 'a2');
    assert.equal(third.join.waitingCount, 1);
    third.join.close(true);
  });

  it('takes nothing by itself before it knows its parents, if it may have several', () => {
    const slot = new ServiceSlot<LiveGraph>();
    const lab = new JoinLab({ slot, parentIds: ['a', 'b'] });
    lab.send('a', 'a1');
    assert.deepEqual(lab.ends, ['a1 STOPPED']);
    const single = new JoinLab({ slot });
    single.send('a', 'a2');
    assert.deepEqual(single.values, ['a2']);
    lab.join.close(true);
    single.join.close(true);
  });
});

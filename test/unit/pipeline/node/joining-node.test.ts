import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ModelManagementError } from '../../../../lib/errors';
import { silentLog } from '../../../../lib/log';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import { JoinSchema } from '../../../../lib/pipeline/join-config';
import { LiveGraph, liveGraphSlot } from '../../../../lib/pipeline/live-graph';
import { type NodeWork, runJoiningNode, type WorkOutcome } from '../../../../lib/pipeline/node/joining-node';
import { lastWrites } from '../../../../lib/pipeline/node/last-writes';
import { runningNodes } from '../../../../lib/pipeline/node/node-figures';
import { type WorkFacts, workingStatus } from '../../../../lib/pipeline/node/node-status';
import type { FlowMessage, RunningNode } from '../../../../lib/pipeline/node/running-node';
import { aNode, aTab } from '../../../support/flow-entries';
import { waitFor } from '../../../support/wait-for';

const originKey = Symbol.for('model-management.origin');
const twoParents = [aTab('t'), aNode('a', 'j'), aNode('b', 'j'), aNode('j')];

type Input = (message: FlowMessage, send: (message: FlowMessage) => void, done: (error?: Error) => void) => void;
type Close = (removed: boolean, done: () => void) => void;

/** A node as Node-RED would run it, and work that answers when the test says so. */
class NodeLab {
  readonly statuses: string[] = [];
  readonly errors: string[] = [];
  readonly sent: FlowMessage[] = [];
  readonly ends: string[] = [];
  readonly outcomes: WorkOutcome[] = [];
  onState: (subject: unknown) => void = () => undefined;
  isFollowing = false;
  private input: Input = () => undefined;
  private readonly closers: Close[] = [];
  readonly counters = { answered: 0, failed: 0, dropped: 0, refused: 0 };

  constructor(entries: readonly FlowEntry[], configure?: () => never) {
    liveGraphSlot.provide(new LiveGraph(() => entries, silentLog));
    const node: RunningNode = {
      id: 'j',
      type: 'joiner',
      z: 't',
      status: ({ fill, shape, text }) => void this.statuses.push(`${fill} ${shape} ${text}`),
      error: (text) => void this.errors.push(text),
      on: (event: string, listener: unknown) => {
        if (event === 'input') this.input = listener as Input;
        else this.closers.push(listener as Close);
      },
    };
    const work: NodeWork = {
      counters: this.counters,
      start: (onState) => {
        this.onState = onState;
        this.isFollowing = true;
        onState('first');
        return () => {
          this.isFollowing = false;
        };
      },
      run: (_input, outcome) => void this.outcomes.push(outcome),
      statusOf: (facts: WorkFacts) =>
        facts.isFailing ? { fill: 'red', shape: 'dot', text: 'error' } : workingStatus(facts, '', 'ready'),
      close: () => Promise.resolve(),
    };
    const access = {
      getProperty: (message: object, path: string) => Reflect.get(message, path),
      copyValue: <T>(value: T) => value,
      copyMessage: <T>(message: T) => message,
    };
    runJoiningNode(
      node,
      access,
      configure ?? (() => ({ config: { parentIds: [], join: JoinSchema.parse({}) }, work })),
    );
  }

  send(parent: string | undefined, payload: unknown): void {
    const message: FlowMessage = { _msgid: 'r', payload };
    if (parent !== undefined) Object.assign(message, { [originKey]: parent });
    this.input(
      message,
      (answer) => {
        if (answer.payload === 'unsendable') throw new Error('no');
        this.sent.push(answer);
      },
      (error) => this.ends.push(`${String(payload)} ${(error as ModelManagementError | undefined)?.code ?? 'ok'}`),
    );
  }

  reset(parent: string): void {
    this.input(
      { _msgid: 'r', reset: true, [originKey]: parent },
      () => undefined,
      () => undefined,
    );
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.closers[0] ? this.closers[0](true, resolve) : resolve()));
  }
}

describe('a node that joins its parents', () => {
  let lab: NodeLab | undefined;
  const open = (...parameters: ConstructorParameters<typeof NodeLab>): NodeLab => {
    lab = new NodeLab(...parameters);
    return lab;
  };
  afterEach(async () => {
    await lab?.close();
    assert.equal(lab?.isFollowing, false);
    lab = undefined;
    liveGraphSlot.clear();
  });

  it('says how many parents it joins, what it waits for, and how much it answers', async () => {
    const own = open(twoParents);
    assert.equal(own.statuses.at(-1), 'green dot joins 2');
    own.send('a', 'a1');
    await waitFor(() => own.statuses.at(-1) === 'blue ring waits: B', {
      what: () => own.statuses.join(),
      timeoutMs: 5_000,
    });
    own.send('b', 'b1');
    own.counters.answered = 1;
    await waitFor(() => own.statuses.includes('green dot joins 2 · 1/s'), { timeoutMs: 5_000 });
  }).timeout(15_000);

  it('shows a bad join, whatever its work would show', () => {
    const own = open([aTab('t'), aNode('a', 'j'), aNode('b', 'j'), aNode('j', 'b')]);
    assert.deepEqual(own.statuses, ['red ring bad join']);
    own.send('a', 'a1');
    assert.deepEqual(own.ends, ['a1 BAD_JOIN']);
  });

  it('sends what its work answers with the properties of the message, and ends the round', () => {
    const own = open(twoParents);
    own.send('b', 'b1');
    own.send('a', 'a1');
    own.outcomes[0]?.answer({ payload: 3, model: 'm' });
    assert.deepEqual(own.sent, [{ _msgid: 'r', payload: 3, model: 'm', [originKey]: 'a' }]);
    assert.deepEqual(own.ends, ['b1 ok', 'a1 ok']);
  });

  it('fails the message when the answer cannot be sent', () => {
    const own = open(twoParents);
    own.send(undefined, 'x');
    own.outcomes[0]?.answer({ payload: 'unsendable' });
    assert.deepEqual(own.ends, ['x INTERNAL']);
  });

  it('tells what came of its messages as long as it runs, and shows what was lost; a full queue is no failure', async () => {
    const own = open(twoParents);
    own.send('a', 'a1');
    own.send('b', 'b1');
    own.outcomes[0]?.fail(new ModelManagementError('QUEUE_FULL', '', ''));
    Object.assign(own.counters, { failed: 1, refused: 1, dropped: 2 });
    own.send('a', 'a2');
    own.reset('b');
    const [figures] = runningNodes.list();
    assert.deepEqual(figures, {
      id: 'j',
      type: 'joiner',
      ...{ answered: 0, failed: 1, refused: 1, dropped: 2, droppedRounds: 1, unusedResults: 0 },
    });
    await waitFor(() => own.statuses.at(-1) === 'green dot joins 2 · 4 lost', {
      what: () => own.statuses.join(),
      timeoutMs: 5_000,
    });
    await own.close();
    assert.deepEqual(runningNodes.list(), []);
  }).timeout(15_000);

  it('is closed once what is written down as the flows stop is on the disk', async () => {
    const own = open(twoParents);
    const { promise, resolve } = Promise.withResolvers<void>();
    lastWrites.add(promise);
    let isClosed = false;
    const closing = own.close().then(() => {
      isClosed = true;
    });
    await nextTurn();
    assert.equal(isClosed, false);
    resolve();
    await closing;
  });

  it('shows a failure until something is answered, or something else would answer', () => {
    const own = open(twoParents);
    const failure = new ModelManagementError('INFERENCE_FAILED', 'm', 'h');
    own.send(undefined, 'x');
    own.outcomes[0]?.fail(failure);
    own.onState('first');
    assert.equal(own.statuses.at(-1), 'red dot error');
    own.onState('second');
    assert.equal(own.statuses.at(-1), 'green dot joins 2');
    assert.deepEqual(own.ends, ['x INFERENCE_FAILED']);
  });

  it('GIVEN_a_configuration_that_cannot_be_read_WHEN_messages_come_THEN_each_is_refused_with_the_reason', () => {
    const own = open(twoParents, () => {
      throw new ModelManagementError('INVALID_INPUT', 'queue.max is bad', 'Mend it.');
    });
    own.send('a', 'a1');
    assert.deepEqual(own.ends, ['a1 INVALID_INPUT']);
    assert.deepEqual(own.statuses, ['red ring bad configuration']);
    assert.match(own.errors.join(), /queue\.max/);
  });
});

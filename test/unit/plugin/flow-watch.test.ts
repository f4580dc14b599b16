import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import { silentLog } from '../../../lib/log';
import { type LiveGraph, liveGraphSlot } from '../../../lib/pipeline/live-graph';
import { originMarks, originOf } from '../../../lib/pipeline/message-origin';
import { watchFlows } from '../../../plugins/model-management/runtime/flow-watch';
import { aNode, aTab } from '../../support/flow-entries';

/** Of which the published types know less. */
const { events, hooks } = require('@node-red/util') as {
  readonly events: EventEmitter;
  readonly hooks: { has(name: string): boolean; trigger(name: string, payload: unknown): Promise<unknown> };
};

type Host = Parameters<typeof watchFlows>[0];

describe('the plugin watches the flows', () => {
  let parent = 'a';
  let isLoaded = true;
  /** Node-RED's own events and hooks; only the flows are ours. */
  const host = {
    events,
    hooks,
    nodes: {
      eachNode: (take: (entry: object) => void) => {
        if (!isLoaded) throw new TypeError('no flows yet');
        for (const entry of [aTab('t'), aNode(parent, 'j'), aNode('j')]) take(entry);
      },
    },
  } as unknown as Host;
  let undo: () => void = () => undefined;
  afterEach(() => undo());

  const live = (): LiveGraph => {
    const { state } = liveGraphSlot;
    assert.equal(state.status, 'ready');
    return state.status === 'ready' ? state.service : assert.fail();
  };
  const deploy = (...steps: readonly string[]): void => {
    for (const step of steps) events.emit(`flows:${step}`, {});
  };
  const originAfterSend = async (): Promise<string | undefined> => {
    const msg = {};
    const event = { msg, source: { id: 'a', node: { id: 'a', type: 'x' } }, destination: { id: 'j' } };
    await hooks.trigger('onSend', [event]);
    return originOf(msg);
  };

  it('and raises the generation at each step of a deploy, and tells when it is over', () => {
    undo = watchFlows(host, silentLog);
    const generations = [live().generation];
    let changes = 0;
    live().onChange(() => {
      changes += 1;
    });
    for (const step of ['stopping', 'starting', 'started']) {
      deploy(step);
      generations.push(live().generation);
    }
    assert.deepEqual([new Set(generations).size, changes], [4, 1]);
    parent = 'b';
    deploy('stopping');
    assert.deepEqual(
      live()
        .get()
        ?.parentsOf('j')
        .map(({ id }) => id),
      ['b'],
    );
  });

  it('before they are loaded too', () => {
    isLoaded = false;
    undo = watchFlows(host, silentLog);
    assert.equal(live().get(), undefined);
    isLoaded = true;
    deploy('starting');
    assert.ok(live().get());
  });

  it('and marks messages during a deploy and while there is a join', async () => {
    undo = watchFlows(host, silentLog);
    const seen = [await originAfterSend()];
    deploy('stopping', 'starting');
    seen.push(await originAfterSend());
    const release = originMarks.retain();
    deploy('started');
    seen.push(await originAfterSend());
    release();
    deploy('stopping', 'starting', 'started');
    seen.push(await originAfterSend());
    assert.deepEqual(seen, [undefined, 'a', 'a', undefined]);
  });

  it('once, also when it is started again, and leaves nothing behind', async () => {
    const listenersBefore = events.listenerCount('flows:started');
    watchFlows(host, silentLog)();
    undo = watchFlows(host, silentLog);
    assert.equal(events.listenerCount('flows:started'), listenersBefore + 1);
    undo();
    undo();
    assert.deepEqual(
      [hooks.has('onSend'), liveGraphSlot.state.status, events.listenerCount('flows:started')],
      [false, 'pending', listenersBefore],
    );
    deploy('stopping');
    assert.equal(await originAfterSend(), undefined);
  });
});

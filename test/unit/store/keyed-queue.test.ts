import assert from 'node:assert/strict';
import { KeyedQueue } from '../../../lib/store/keyed-queue';

describe('keyed queue', () => {
  it('runs the tasks of one key one after the other and those of others beside them, also after a failure', async () => {
    const queue = new KeyedQueue();
    const events: string[] = [];
    const first = Promise.withResolvers<void>();
    const task = (name: string, until?: Promise<void>) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await until;
      events.push(`${name} ends`);
      return name;
    };
    const running = [
      queue.run('a', task('a1', first.promise)),
      queue.run('a', () => Promise.reject(new Error('a2'))),
      queue.run('a', task('a3')),
    ];
    assert.equal(await queue.run('b', task('b1')), 'b1');
    assert.deepEqual(events, ['a1 begins', 'b1 begins', 'b1 ends']);
    first.resolve();
    const outcomes = await Promise.allSettled(running);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(events.slice(3), ['a1 ends', 'a3 begins', 'a3 ends']);
  });

  it('gives up the turn of who does not want it any more, and keeps the turns of the others', async () => {
    const queue = new KeyedQueue();
    const first = Promise.withResolvers<void>();
    const events: string[] = [];
    const task = (name: string) => async (): Promise<void> => void events.push(name);
    const running = queue.run('a', () => first.promise);
    const controller = new AbortController();
    const waiting = queue.run('a', task('given up'), controller.signal);
    controller.abort(new Error('not wanted'));
    await assert.rejects(waiting, /not wanted/);
    await assert.rejects(queue.run('a', task('refused'), controller.signal), /not wanted/);
    const last = queue.run('a', task('last'), new AbortController().signal);
    assert.deepEqual(events, []);
    first.resolve();
    await Promise.all([running, last]);
    assert.deepEqual(events, ['last']);
  });

  it('does not cut a task that has begun', async () => {
    const queue = new KeyedQueue();
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    const running = queue.run(
      'a',
      () => {
        begun.resolve();
        return promise;
      },
      controller.signal,
    );
    await begun.promise;
    controller.abort();
    resolve('over');
    assert.equal(await running, 'over');
  });
});

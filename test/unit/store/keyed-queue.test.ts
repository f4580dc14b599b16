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
});

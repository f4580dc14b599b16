import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LastWrites } from '../../../../lib/pipeline/node/last-writes';

describe('what is written down as the flows stop', () => {
  it('is nothing to wait for when there is nothing', () => new LastWrites().settled());

  it('is waited for until all of it is done, also what fails', async () => {
    const writes = new LastWrites();
    const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    writes.add(one.promise);
    writes.add(other.promise);
    let isSettled = false;
    const settled = writes.settled().then(() => {
      isSettled = true;
    });
    one.reject(new Error('a full disk'));
    await nextTurn();
    assert.equal(isSettled, false);
    other.resolve();
    await settled;
  });

  it('is not waited for any longer than a disk may take', async () => {
    const writes = new LastWrites();
    writes.add(new Promise(() => undefined));
    await writes.settled(1);
  });
});

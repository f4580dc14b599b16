import assert from 'node:assert/strict';
import { Outbox, type OutboxMessage } from '../../../lib/edges/outbox';
import { withCode } from '../../support/registry-lab';

const aMessage = (fields: Partial<OutboxMessage> = {}): OutboxMessage => ({
  topic: 't',
  payload: Buffer.from('12345'),
  qos: 1,
  retain: false,
  expiresAt: null,
  ...fields,
});

describe('the outbox', () => {
  it('gives messages in order', () => {
    const outbox = new Outbox({ maxCount: 9, maxBytes: 99 });
    for (const topic of ['a', 'b']) void outbox.add(aMessage({ topic }));
    assert.deepEqual([outbox.take(0)?.topic, outbox.take(0)?.topic, outbox.take(0)], ['a', 'b', undefined]);
  });

  it('refuses what exceeds its count or its bytes, and has room again for what was taken', async () => {
    const outbox = new Outbox({ maxCount: 2, maxBytes: 12 });
    void outbox.add(aMessage());
    await assert.rejects(outbox.add(aMessage({ payload: Buffer.alloc(8) })), withCode('QUEUE_FULL'));
    void outbox.add(aMessage());
    await assert.rejects(outbox.add(aMessage({ payload: Buffer.alloc(0) })), withCode('QUEUE_FULL'));
    outbox.take(0);
    void outbox.add(aMessage());
    assert.equal(outbox.count, 2);
  });

  it('keeps the last retained message of a topic, and settles those it replaced with it', async () => {
    const outbox = new Outbox({ maxCount: 1, maxBytes: 99 });
    const first = outbox.add(aMessage({ retain: true, payload: Buffer.from('old') }));
    const second = outbox.add(aMessage({ retain: true, payload: Buffer.from('new') }));
    const entry = outbox.take(0);
    assert.equal(entry?.payload.toString(), 'new');
    entry?.resolve();
    await Promise.all([first, second]);
    assert.equal(outbox.take(0), undefined);
  });

  it('leaves out what nobody wants any more', async () => {
    const outbox = new Outbox({ maxCount: 9, maxBytes: 99 });
    const late = outbox.add(aMessage({ expiresAt: 1_000 }));
    void outbox.add(aMessage({ topic: 'next', expiresAt: 1_001 }));
    assert.equal(outbox.take(1_000)?.topic, 'next');
    await assert.rejects(late, withCode('TIMEOUT'));
  });
});

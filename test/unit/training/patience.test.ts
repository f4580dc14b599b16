import assert from 'node:assert/strict';
import { ModelManagementError } from '../../../lib/errors';
import { heardBy } from '../../../lib/training/runners/patience';

const never = new Promise<never>(() => undefined);

describe('patience with a runner', () => {
  it('takes what comes of the work, well or not', async () => {
    const { signal } = new AbortController();
    assert.equal(await heardBy(signal, Promise.resolve(7)), 7);
    await assert.rejects(heardBy(signal, Promise.reject(new Error('no'))), /no/);
  });

  it('takes what comes within the patience after the signal', async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const heard = heardBy(controller.signal, promise, 10_000);
    controller.abort();
    resolve('in order');
    assert.equal(await heard, 'in order');
  });

  for (const when of ['before', 'after'] as const) {
    it(`gives up work that is deaf to a signal that came ${when} it`, async () => {
      const controller = new AbortController();
      if (when === 'before') controller.abort();
      const heard = heardBy(controller.signal, never, 20);
      controller.abort();
      await assert.rejects(
        heard,
        (error: unknown) => ModelManagementError.is(error) && error.code === 'RUNNER_UNAVAILABLE',
      );
    });
  }

  it('has nothing to say of work that fails after it was given up', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    await assert.rejects(heardBy(AbortSignal.abort(), promise, 10));
    reject(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

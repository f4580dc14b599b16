import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Admission } from '../../lib/admission';

/** Work that ends when it is told to, in a row of events. */
class Works {
  readonly events: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();

  constructor(private readonly admission: Admission) {}

  start(name: string, cost: number, signal?: AbortSignal): Promise<string> {
    const end = Promise.withResolvers<void>();
    this.#ends.set(name, end);
    const work = async (): Promise<string> => {
      this.events.push(name);
      await end.promise;
      return name;
    };
    return this.admission.run(cost, work, signal);
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async fail(name: string): Promise<void> {
    this.#ends.get(name)?.reject(new Error(name));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Admission', () => {
  it('lets work in up to its capacity, the rest in the order it came, also after a failure', async () => {
    const works = new Works(new Admission(2));
    const running = ['a', 'b', 'c', 'd'].map((name) => works.start(name, 1));
    await works.end('');
    assert.deepEqual(works.events, ['a', 'b']);
    const failed = assert.rejects(running[1] ?? Promise.resolve(), { message: 'b' });
    await works.fail('b');
    await failed;
    assert.deepEqual(works.events, ['a', 'b', 'c']);
    await works.end('a');
    assert.deepEqual(works.events, ['a', 'b', 'c', 'd']);
    assert.equal(await running[0], 'a');
    for (const name of ['c', 'd']) await works.end(name);
    await Promise.all([running[2], running[3]]);
  });

  it('runs what costs more than there is alone, and lets nothing pass it that came later', async () => {
    const works = new Works(new Admission(2));
    const running = [works.start('small', 1), works.start('huge', 9), works.start('late', 1)];
    await works.end('');
    assert.deepEqual(works.events, ['small']);
    await works.end('small');
    assert.deepEqual(works.events, ['small', 'huge']);
    await works.end('huge');
    assert.deepEqual(works.events, ['small', 'huge', 'late']);
    await works.end('late');
    await Promise.all(running);
  });

  it('forgets who gives up while it waits, and goes on with those behind', async () => {
    const works = new Works(new Admission(2));
    const leaving = new AbortController();
    const first = works.start('first', 1);
    const gone = assert.rejects(works.start('gone', 2, leaving.signal), { code: 'ABORTED' });
    const behind = works.start('behind', 1);
    leaving.abort();
    await gone;
    await works.end('');
    assert.deepEqual(works.events, ['first', 'behind']);
    await assert.rejects(works.start('too late', 1, leaving.signal), { code: 'ABORTED' });
    for (const name of ['first', 'behind']) await works.end(name);
    await Promise.all([first, behind]);
    const next = works.start('next', 2, new AbortController().signal);
    await works.end('next');
    assert.equal(await next, 'next');
  });

  it('lets in what takes all there is, whatever came and went before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.01, max: 1_500, noNaN: true }), { maxLength: 40 }),
        async (costs) => {
          const admission = new Admission(1_000);
          await Promise.all(costs.map((cost) => admission.run(cost, () => Promise.resolve())));
          let hasRun = false;
          const whole = admission.run(1_000, () => {
            hasRun = true;
            return Promise.resolve();
          });
          await new Promise((resolve) => setImmediate(resolve));
          assert.ok(hasRun, 'something of what is over still takes its place');
          await whole;
        },
      ),
    );
  });
});

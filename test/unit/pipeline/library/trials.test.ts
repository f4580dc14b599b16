import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { TrialAnswer } from '../../../../lib/pipeline/library/trial';
import { LibraryLab } from '../../../support/libraries';
import { withCode } from '../../../support/registry-lab';

function assertAborted(ends: readonly PromiseSettledResult<TrialAnswer>[]): void {
  for (const end of ends) assert.ok(end.status === 'rejected' && withCode('ABORTED')(end.reason));
}

/** Takes memory of this process, and keeps it in `taken`, until the work is done. */
async function amidGrowth<T>(taken: Buffer[], work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  while (!isDone && taken.length < 48) {
    await setImmediate();
    taken.push(Buffer.alloc(64 * 2 ** 20, 1));
  }
  return done;
}

describe('trials of libraries', function () {
  this.timeout(60_000);
  let lab: LibraryLab;
  const run = (source: string, input: unknown, signal?: AbortSignal): Promise<TrialAnswer> =>
    lab.libraries.test('pipelib_tried', { source, input, timeoutMs: 20_000 }, signal);
  const forEver = 'module.exports = async () => { for (;;) await null; };';

  beforeEach(async () => {
    lab = await LibraryLab.open();
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  it('all come to their turn, however many are asked for at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => run('module.exports = (x) => x;', index)),
    );
    assert.deepEqual(
      answers.map(({ output }) => output),
      Array.from({ length: 12 }, (_, index) => index),
    );
  });

  it('end when whoever asked goes away, and give their place free', async () => {
    const controller = new AbortController();
    const given = Promise.allSettled(Array.from({ length: 8 }, () => run(forEver, 0, controller.signal)));
    const next = run('module.exports = (x) => x;', 5);
    controller.abort();
    assertAborted(await given);
    assert.equal((await next).output, 5);
    await assert.rejects(run(forEver, 0, AbortSignal.abort()), withCode('ABORTED'));
  });

  it('GIVEN_one_that_waits_for_its_turn_WHEN_it_is_given_up_THEN_it_leaves_before_those_that_run', async () => {
    let endedCount = 0;
    const running = Array.from({ length: 4 }, () => run(forEver, 0).finally(() => (endedCount += 1)));
    const controller = new AbortController();
    const waiting = run(forEver, 0, controller.signal);
    controller.abort();
    await assert.rejects(waiting, withCode('ABORTED'));
    assert.equal(endedCount, 0);
    lab.libraries.close();
    assertAborted(await Promise.allSettled(running));
  });

  it('end with the libraries, those that wait too', async () => {
    const given = Promise.allSettled(Array.from({ length: 6 }, () => run(forEver, 0)));
    lab.libraries.close();
    assertAborted(await given);
  });

  it('GIVEN_others_take_memory_WHEN_a_library_is_tried_or_saved_THEN_it_is_not_blamed_and_may_come_again', async () => {
    const taken: Buffer[] = [];
    const { error } = await amidGrowth(taken, run(forEver, 0));
    assert.equal(error?.code, 'ABORTED');
    assert.match(error.message, /^Node-RED grew by \d+ MB while pipelib_tried was tried/);
    const source = 'for (;;); module.exports = () => 1;';
    await assert.rejects(amidGrowth(taken, lab.libraries.save('pipelib_tried', { source }, null)), withCode('ABORTED'));
    assert.deepEqual(
      lab.libraries.list().filter(({ builtIn }) => !builtIn),
      [],
    );
  });
});

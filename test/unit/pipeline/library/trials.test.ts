import assert from 'node:assert/strict';
import { LibraryName } from '../../../../lib/ids';
import type { TrialAnswer } from '../../../../lib/pipeline/library/trial';
import { Trials } from '../../../../lib/pipeline/library/trials';
import { aContext, trialWorkerPath } from '../../../support/libraries';
import { withCode } from '../../../support/registry-lab';

function assertAborted(ends: readonly PromiseSettledResult<TrialAnswer>[]): void {
  for (const end of ends) assert.ok(end.status === 'rejected' && withCode('ABORTED')(end.reason));
}

describe('trials of libraries', function () {
  this.timeout(60_000);
  let trials: Trials;
  const run = (source: string, input: unknown, signal?: AbortSignal): Promise<TrialAnswer> =>
    trials.run(
      {
        name: LibraryName.parse('pipelib_tried'),
        source,
        modules: [],
        modulesPath: __dirname,
        call: { input, context: aContext(), timeoutMs: 20_000 },
      },
      signal,
    );
  const forEver = 'module.exports = async () => { for (;;) await null; };';

  beforeEach(() => {
    trials = new Trials(trialWorkerPath);
  });
  afterEach(() => trials.close());

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

  it('end with the libraries, those that wait too', async () => {
    const given = Promise.allSettled(Array.from({ length: 6 }, () => run(forEver, 0)));
    trials.close();
    assertAborted(await given);
  });
});

import assert from 'node:assert/strict';
import { UntilKept } from '../../../lib/edges/agent/until-kept';
import { ModelManagementError } from '../../../lib/errors';
import { silentLog } from '../../../lib/log';
import { waitFor } from '../../support/wait-for';

const full = () => new ModelManagementError('STORAGE_FULL', 'no room', 'Make some.');

describe('what has to be on the disk', () => {
  for (const code of ['STORAGE_FULL', 'STORAGE_FAILED'] as const) {
    it(`GIVEN_${code}_WHEN_tried_THEN_nobody_waits_and_it_is_tried_until_it_is_done`, async () => {
      let tries = 0;
      const kept = new UntilKept(silentLog, 1);
      await kept.run('a', async () => {
        tries += 1;
        if (tries < 4) throw new ModelManagementError(code, 'no room', 'Make some.');
      });
      assert.equal(tries, 1);
      await waitFor(() => tries === 4);
    });
  }

  it('throws what is not the fault of the disk', async () => {
    await assert.rejects(
      new UntilKept(silentLog, 1).run('a', async () => assert.fail('a bug')),
      /a bug/,
    );
  });

  it('does the latest of a name only, and nothing after its end', async () => {
    const done: string[] = [];
    const kept = new UntilKept(silentLog, 1);
    kept.later('a', async () => void done.push('early'));
    kept.later('a', async () => void done.push('late'));
    kept.later('b', async () => void done.push('other'));
    await waitFor(() => done.length === 2);
    assert.deepEqual(done, ['late', 'other']);
    kept.later('c', async () => void done.push('stopped'));
    kept.stop();
    await kept.run('d', async () => {
      throw full();
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(done, ['late', 'other']);
  });
});

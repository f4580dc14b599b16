import assert from 'node:assert/strict';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { exampleModel } from '../support/training-lab';
import { chromiumPath, Editor } from './editor';
import { tokenOf, userSettings } from './users';

describe('the tab Jobs where users log in', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'Chromium');
    nodeRed = await NodeRed.start({ settings: userSettings });
    const authorization = `Bearer ${await tokenOf(nodeRed, 'anna')}`;
    const call = async (method: string, path: string, body: unknown): Promise<void> => {
      const answer = await nodeRed.api(method, path, body, { authorization });
      assert.ok(answer.status < 300, answer.text);
    };
    await call('POST', 'models/iris/versions?create=true', exampleModel());
    const schedule = { kind: 'interval', every: 1, unit: 'day' };
    await call('POST', 'jobs', { name: 'iris_job', baseModel: 'iris', runner: 'process', schedule });
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  for (const { user, mayTrain, mayChange } of [
    { user: 'reader', mayTrain: false, mayChange: false },
    { user: 'operator', mayTrain: true, mayChange: false },
    { user: 'anna', mayTrain: true, mayChange: true },
  ]) {
    it(`shows ${user} what that user may do, and why not more`, async () => {
      await using editor = await Editor.open(nodeRed, { token: await tokenOf(nodeRed, user) });
      const sidebar = await editor.showModels();
      await sidebar.getByRole('tab', { name: 'Jobs' }).click();
      const panel = sidebar.getByRole('tabpanel', { name: 'Jobs' });
      await panel.getByText('iris_job').click();
      const detail = editor.page.locator('.mm-tray .mm-detail');
      await detail.getByText('No run yet.').waitFor();
      const isThere = async (name: string): Promise<boolean> =>
        (await detail.getByRole('button', { name, exact: true }).count()) > 0;
      assert.deepEqual([await isThere('Train now'), await isThere('Edit')], [mayTrain, mayChange]);
      assert.equal(await panel.getByRole('button', { name: 'New' }).count(), mayChange ? 1 : 0);
      const why = detail.getByText(/flows\.write beside model-management\.write/);
      assert.equal(await why.count(), mayTrain && !mayChange ? 1 : 0);
      if (mayTrain) {
        await detail.getByRole('button', { name: 'Pause', exact: true }).click();
        await detail.getByRole('button', { name: 'Resume', exact: true }).click();
        await detail.getByRole('button', { name: 'Pause', exact: true }).waitFor();
      }
      assert.deepEqual(editor.complaints, []);
    });
  }
});

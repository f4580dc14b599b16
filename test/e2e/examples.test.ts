import assert from 'node:assert/strict';
import {
  exampleLibraries,
  exampleModels,
  exampleTitles,
  readExampleLibrary,
  readExampleModel,
} from '../support/examples';
import { NodeRed, nodeRedMajor } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { chromiumPath, Editor } from './editor';

interface EditorWindow {
  readonly RED: {
    readonly actions: { invoke(action: string): void };
    readonly nodes: {
      eachNode(visit: (node: EditorNode) => void): void;
      eachConfig(visit: (node: EditorNode) => void): void;
    };
  };
}
interface EditorNode {
  readonly type: string;
  readonly name?: string;
  readonly valid?: boolean;
  readonly validationErrors?: readonly string[];
}

describe(`Import → Examples in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const [name, file] of Object.entries(exampleModels)) {
      const answer = await nodeRed.api('POST', `models/${name}/versions?create=true`, readExampleModel(file));
      assert.equal(answer.status, 201, answer.text);
    }
    for (const name of exampleLibraries) {
      assert.equal((await nodeRed.api('PUT', `libraries/${name}`, { source: readExampleLibrary(name) })).status, 200);
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());

  it('lists each by its title, and each imports with nothing unknown and nothing to mend', async () => {
    await using editor = await Editor.open(nodeRed);
    const { page } = editor;
    const openList = async (): Promise<void> => {
      await page.evaluate(() =>
        (globalThis as unknown as EditorWindow).RED.actions.invoke('core:show-examples-import-dialog'),
      );
      const entry = page.locator('.red-ui-clipboard-dialog').getByText('@edge-models/node-red-model-management');
      await entry.waitFor();
      if (!(await page.getByText(exampleTitles[0] ?? '', { exact: true }).isVisible())) await entry.click();
    };
    const dialog = page.locator('.red-ui-clipboard-dialog');
    for (const [index, title] of exampleTitles.entries()) {
      await openList();
      await dialog.getByText(title, { exact: true }).click();
      if (index === 0) {
        const listed = await dialog.getByText(/^\d\d - /).allTextContents();
        for (const one of exampleTitles) assert.ok(listed.includes(one), `${one} among ${listed}`);
        await editor.picture('examples');
      }
      await page.locator('#red-ui-clipboard-dialog-ok').click();
      await dialog.waitFor({ state: 'hidden' });
      // Imported nodes hang on the pointer only where they go into the tab in sight.
      await page.waitForFunction(
        (tabs) =>
          (globalThis as unknown as { RED: { nodes: { getWorkspaceOrder(): string[] } } }).RED.nodes.getWorkspaceOrder()
            .length >= tabs,
        index + 2,
      );
      await editor.picture(`example-${index + 1}`);
    }
    const found = await page.evaluate(() => {
      const nodes: { type: string; name: string; valid: boolean; errors: readonly string[] }[] = [];
      const keep = ({ type, name = '', valid = true, validationErrors = [] }: EditorNode): void => {
        nodes.push({ type, name, valid, errors: [...validationErrors] });
      };
      const { RED } = globalThis as unknown as EditorWindow;
      RED.nodes.eachNode(keep);
      RED.nodes.eachConfig(keep);
      return nodes;
    });
    assert.deepEqual(
      found.filter(({ type, valid }) => type === 'unknown' || !valid),
      [],
    );
    assert.equal(found.filter(({ type }) => type === 'comment').length, exampleTitles.length);
    assert.deepEqual(editor.complaints, []);
  });
});

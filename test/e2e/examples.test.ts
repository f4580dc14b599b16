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
    readonly workspaces: { show(id: string): void };
    readonly nodes: {
      getWorkspaceOrder(): readonly string[];
      eachNode(visit: (node: EditorNode) => unknown): void;
      eachConfig(visit: (node: EditorNode) => unknown): void;
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
    const dialog = page.locator('#red-ui-clipboard-dialog');
    const openList = async (): Promise<void> => {
      await page.evaluate(() =>
        (globalThis as unknown as EditorWindow).RED.actions.invoke('core:show-examples-import-dialog'),
      );
      await dialog.getByText('@edge-models/node-red-model-management').click();
      await dialog.getByText(exampleTitles[0] ?? '', { exact: true }).waitFor();
    };
    for (const [index, title] of exampleTitles.entries()) {
      await openList();
      await dialog.getByText(title, { exact: true }).click();
      if (index === 0) {
        const listed = await dialog.getByText(/^\d\d - /).allInnerTexts();
        for (const one of exampleTitles) assert.ok(listed.includes(one), `${one} among ${listed}`);
        await editor.picture('examples');
      }
      await page.locator('#red-ui-clipboard-dialog-ok').click();
      await dialog.waitFor({ state: 'hidden' });
      // Imported nodes hang on the pointer only where they go into the tab in sight.
      await page.waitForFunction(
        (tabs) => (globalThis as unknown as EditorWindow).RED.nodes.getWorkspaceOrder().length >= tabs,
        index + 2,
      );
      await page.evaluate(() => {
        const { RED } = globalThis as unknown as EditorWindow;
        RED.workspaces.show(RED.nodes.getWorkspaceOrder().at(-1) ?? '');
      });
      await page.locator('g.red-ui-flow-node').first().waitFor();
      await editor.picture(`example-${index + 1}`);
    }
    const found = await page.evaluate(() => {
      const nodes: EditorNode[] = [];
      const { RED } = globalThis as unknown as EditorWindow;
      RED.nodes.eachNode((node) => nodes.push(node));
      RED.nodes.eachConfig((node) => nodes.push(node));
      return nodes.map(({ type, name = '', valid = true, validationErrors = [] }) => ({
        type,
        name,
        valid,
        errors: [...validationErrors],
      }));
    });
    assert.deepEqual(
      found.filter(({ type, valid }) => type === 'unknown' || !valid),
      [],
    );
    assert.equal(found.filter(({ type }) => type === 'comment').length, exampleTitles.length);
    assert.deepEqual(editor.complaints, []);
  });
});

import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { NodeRed } from '../support/node-red';
import { requireOrSkip } from '../support/requirement';
import { waitFor } from '../support/wait-for';
import { assertAccessible, themes, useTheme } from './accessibility';
import { chromiumPath, closeAfterEach, Editor } from './editor';
import { LibraryTray } from './library-tray';
import { overflowPx, resizePanel } from './room';

const longName = `pipelib_${'x'.repeat(56)}`;
const source = (value: number): string =>
  `// ${'a long line '.repeat(20)}\nmodule.exports = (input) => {\n  console.log(input);\n  return ${value};\n};\n`;

describe('the libraries tab in the room it gets, for everybody', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let editor: Editor;
  let panel: Locator;
  let tray: LibraryTray;

  before(async function () {
    requireOrSkip(this, chromiumPath !== undefined, 'chromium');
    nodeRed = await NodeRed.start();
    for (const value of [1, 2]) {
      for (const name of ['pipelib_small', longName]) {
        const answer = await nodeRed.api('PUT', `libraries/${name}`, {
          source: source(value),
          description: `no. ${value}`,
        });
        assert.equal(answer.status, 200, answer.text);
      }
    }
  });
  after(() => nodeRed?.[Symbol.asyncDispose]());
  closeAfterEach(() => editor);

  async function openTab(widthPx = 1400): Promise<void> {
    editor = await Editor.open(nodeRed, { widthPx });
    panel = await editor.showLibraries();
    tray = new LibraryTray(editor);
    await panel.getByText('pipelib_small').waitFor();
  }

  for (const theme of themes) {
    it(`holds at 294 x 255 px, ${theme}: nothing sticks out, everything can be reached`, async () => {
      await openTab();
      await useTheme(editor.page, theme);
      const sidebar = editor.page.locator('.mm-sidebar');
      await resizePanel(sidebar, 294, 255);
      await editor.picture(`library-small-list-${theme}`);
      assert.ok((await overflowPx(sidebar)) <= 1);
      await panel.getByRole('button', { name: /threshold/ }).scrollIntoViewIfNeeded();
      await panel.getByRole('button', { name: 'New' }).click();
      await panel.getByLabel('Name, after pipelib_').fill('?');
      await editor.button('Write it').scrollIntoViewIfNeeded();
      await editor.picture(`library-small-new-${theme}`);
      assert.ok((await overflowPx(sidebar)) <= 1);
      await editor.button('Cancel').click();
      await panel.getByRole('searchbox').waitFor();
    });

    for (const [width, widthPx] of [
      ['wide', 1600],
      ['narrow', 860],
    ] as const) {
      it(`shows a library in a ${width} window, ${theme}: editor, test and difference fit`, async () => {
        await openTab(widthPx);
        await useTheme(editor.page, theme);
        await tray.open(panel, longName);
        await tray.run('{"a": 1}');
        assert.equal(await tray.result(), 2);
        await editor.button('Compare revision 1').click();
        const difference = tray.element.getByRole('region', { name: 'rev. 1 → your text' });
        await difference.getByText('return 2;').waitFor();
        // How wide it is, it learns after it is drawn.
        const columnCount = width === 'wide' ? 2 : 0;
        await waitFor(async () => (await difference.getByRole('columnheader').count()) === columnCount, {
          what: `${columnCount} columns`,
        });
        await editor.picture(`library-${width}-${theme}`);
        const boxes = await Promise.all([tray.code.boundingBox(), tray.test.boundingBox()]);
        const [code, test] = boxes;
        assert.ok(code && test);
        assert.equal(
          test.x > code.x + code.width,
          width === 'wide',
          'the test stands beside the code where there is room',
        );
        assert.ok((await overflowPx(editor.page.locator('.red-ui-tray'))) <= 1);
        for (const part of [difference, tray.test, tray.element.getByRole('region', { name: 'Revisions' })]) {
          assert.ok((await overflowPx(part)) <= 1);
        }
      });
    }
  }

  it('finds by any word, says when nothing matches, and sorts', async () => {
    await openTab();
    const search = panel.getByRole('searchbox');
    await search.fill('SMALL no.');
    await panel.getByText(longName).waitFor({ state: 'detached' });
    assert.equal(await panel.getByRole('listitem').count(), 1);
    await search.fill('<img src=y>');
    await panel.getByText('No library matches “<img src=y>”.').waitFor();
    await search.fill('');
    await panel.getByLabel('Sort by').selectOption('updated');
    assert.match((await panel.getByRole('listitem').first().textContent()) ?? '', /xxx/, 'stored last');
  });

  it('goes from the tabs to a stored, tested and restored library by keyboard alone', async () => {
    editor = await Editor.open(nodeRed);
    tray = new LibraryTray(editor);
    await editor.showModels();
    const { page } = editor;
    const focused = page.locator('*:focus');
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    /** Goes on by Tab, past code editors by Escape, until something of that name has the focus. */
    const tabTo = async (name: string): Promise<void> => {
      for (let step = 0; step < 40; step += 1) {
        const words = await focused.evaluate(
          (element) => element.getAttribute('aria-label') ?? element.textContent?.trim(),
        );
        if (words === name) return;
        await press('Escape', 'Tab');
      }
      assert.fail(`${name} is not reached`);
    };
    await page.getByRole('tab', { name: 'Models' }).focus();
    await press('ArrowRight', 'ArrowRight', 'ArrowRight');
    assert.equal(await page.getByRole('tab', { name: 'Libraries' }).getAttribute('aria-selected'), 'true');
    assert.equal(await focused.textContent(), 'Libraries');
    await page.getByRole('searchbox', { name: 'search libraries' }).waitFor();
    await press('Tab');
    await page.keyboard.type('small');
    await tabTo('New');
    await press('Tab');
    await press('Enter');
    await tray.code.locator('.monaco-editor').waitFor();
    await page.locator('.mm-tray:focus').waitFor();
    await tray.element.getByLabel('Description').focus();
    await press('Tab', 'ControlOrMeta+a');
    await page.keyboard.type('module.exports = x => x;');
    await waitFor(async () => (await tray.source()).endsWith('module.exports=x=>x;'), { what: 'the typed text' });
    await press('Tab');
    assert.equal(await tray.code.locator('*:focus').count(), 1, 'Tab is text for a code editor');
    await press('Escape', 'Tab');
    assert.equal(await focused.textContent(), 'Save');
    await press('Enter');
    await tray.untilSaved();
    await tabTo('Restore revision 2');
    await press('Enter');
    const question = page.getByRole('alertdialog');
    await question.waitFor();
    assert.equal(await focused.textContent(), 'Restore revision 2');
    await press('Enter');
    await tray.element.getByText('rev. 4').first().waitFor();
    const { body } = await nodeRed.api<{ source: string }>('GET', 'libraries/pipelib_small');
    assert.equal(body.source, source(2));
  });

  it('remembers the sub-tab, and keeps what stands in the one out of sight', async () => {
    await openTab();
    await panel.getByRole('searchbox').fill('small');
    await editor.page.getByRole('tab', { name: 'Models' }).click();
    await editor.page.getByRole('tabpanel', { name: 'Models' }).getByText('No models yet.').waitFor();
    assert.equal(await panel.isVisible(), false);
    await editor.page.getByRole('tab', { name: 'Libraries' }).click();
    assert.equal(await panel.getByRole('searchbox').inputValue(), 'small');
    await editor.page.reload();
    await editor.untilReady();
    await editor.showModels();
    await panel.getByText('pipelib_small').waitFor();
  });

  it('holds for axe: list, form, and a library with each of its parts open', async () => {
    await openTab();
    const { page } = editor;
    await assertAccessible(page, 'list');
    await panel.getByRole('button', { name: 'New' }).click();
    await panel.getByLabel('Name, after pipelib_').fill('?');
    await assertAccessible(page, 'form');
    await editor.button('Cancel').click();
    await tray.open(panel, 'pipelib_small');
    await assertAccessible(page, 'library');
    await tray.run('1');
    await tray.result();
    await assertAccessible(page, 'result');
    await tray.replaceSource('module.exports = (x) => x.;');
    await tray.save();
    await editor.button('Go to line 1').waitFor();
    await editor.button('Run').click();
    await tray.test.getByRole('alert').waitFor();
    await nodeRed.api('PUT', 'libraries/pipelib_small', { source: `${source(3)}//` });
    await editor.button('Look at the difference').click();
    await assertAccessible(page, 'fault and conflict');
    for (const button of ['Copy as new…', 'Compare revision 1', 'Restore revision 1', 'Delete…', 'Close']) {
      await editor.button(button).click();
      await assertAccessible(page, button);
    }
  });
});

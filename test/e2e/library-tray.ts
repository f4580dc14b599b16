import type { Locator } from 'playwright-core';
import type { Editor } from './editor';

export const textOf = async (element: Locator): Promise<string> => (await element.textContent()) ?? '';

/** The tray of a library as a user finds their way in it. */
export class LibraryTray {
  readonly element: Locator;

  constructor(private readonly editor: Editor) {
    this.element = editor.page.locator('.mm-tray');
  }

  /** The field with the source. */
  get code(): Locator {
    return this.element.getByRole('group', { name: 'Source' });
  }

  get test(): Locator {
    return this.element.getByRole('region', { name: 'Test' });
  }

  /** Opens a library of the list; resolves when its source is in sight. */
  async open(panel: Locator, name: string): Promise<void> {
    await panel.getByRole('button', { name: new RegExp(`${name}\\b`) }).click();
    await this.code.locator('.monaco-editor').waitFor();
  }

  /** What stands in the code editor, without its spaces. */
  async source(): Promise<string> {
    return (await textOf(this.code.locator('.view-lines'))).replace(/\s/g, '');
  }

  replaceSource(source: string): Promise<void> {
    return this.editor.pasteCode(this.code, source);
  }

  save(): Promise<void> {
    return this.editor.button('Save').click();
  }

  untilSaved(): Promise<void> {
    return this.element.getByText('saved', { exact: true }).waitFor();
  }

  /** Runs the source once with this JSON. */
  async run(input: string): Promise<void> {
    await this.editor.pasteCode(this.test, input);
    await this.editor.button('Run').click();
  }

  /** What the test gave; waits for it. */
  async result(): Promise<unknown> {
    return JSON.parse(await textOf(this.test.getByLabel('Result')));
  }

  async close(): Promise<void> {
    await this.editor.button('Close').click();
    await this.element.waitFor({ state: 'detached' });
  }
}

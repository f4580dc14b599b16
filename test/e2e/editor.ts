import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { type NodeRed, nodeRedMajor } from '../support/node-red';
import { waitFor } from '../support/wait-for';

/** The shell is the same engine without windows of its own: a third less work to open the editor. */
const candidates = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
/** A busy machine takes so long between the keys and the text, at most. */
const PASTED_MS = 3_000;
export const chromiumPath = candidates.find((path) => existsSync(path));

export interface EditorOptions {
  /** Of the browser; Node-RED follows it. Default `en-US`. */
  readonly language?: string;
  /** An access token of the admin API, for a Node-RED with `adminAuth`. */
  readonly token?: string;
  readonly widthPx?: number;
}

/** What the page calls of Node-RED's editor. */
interface EditorWindow {
  readonly RED: {
    readonly nodes: {
      node(id: string): unknown;
      dirty(): boolean;
      getWorkspaceOrder(): readonly string[];
      createCompleteNodeSet(): readonly { readonly id: string; readonly type: string }[];
      createExportableNodeSet(nodes: readonly unknown[]): readonly unknown[];
      filterNodes(filter: { readonly z: string }): readonly unknown[];
      junctions(z: string): readonly unknown[];
      workspace(id: string): unknown;
    };
    readonly view: { importNodes(nodes: unknown, options: { readonly generateIds: boolean }): void };
    readonly editor: { edit(node: unknown): void };
    readonly actions: { invoke(action: string): void };
  };
}

export interface ChosenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Node-RED's editor in a real browser, and whatever the page complained about. */
export class Editor implements AsyncDisposable {
  /** Uncaught errors and console errors; refused requests are not among them: those belong to some tests. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
  }

  static async open(nodeRed: NodeRed, { language = 'en-US', token, widthPx = 1400 }: EditorOptions = {}) {
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
    try {
      const page = await browser.newPage({ locale: language, viewport: { width: widthPx, height: 850 } });
      if (token) await page.addInitScript(storeToken, token);
      const editor = new Editor(browser, page);
      await page.goto(nodeRed.url);
      await editor.untilReady();
      return editor;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async untilReady(): Promise<void> {
    await this.page.waitForFunction(
      () => ((globalThis as unknown as Partial<EditorWindow>).RED?.nodes.getWorkspaceOrder().length ?? 0) > 0,
    );
    await this.page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  }

  /** Shows the Models tab by its action. */
  async showModels(): Promise<Locator> {
    await this.page.evaluate(() => (globalThis as unknown as EditorWindow).RED.actions.invoke('model-management:show'));
    const panel = this.page.locator('.mm-sidebar');
    await panel.waitFor();
    return panel;
  }

  /** Shows the sub-tab of libraries as a user does. */
  async showLibraries(): Promise<Locator> {
    const sidebar = await this.showModels();
    await sidebar.getByRole('tab', { name: 'Libraries' }).click();
    const panel = sidebar.getByRole('tabpanel', { name: 'Libraries' });
    await panel.getByRole('searchbox').waitFor();
    return panel;
  }

  /** Replaces what stands in a code editor by pasting: typed brackets would be closed by the editor. */
  async pasteCode(field: Locator, text: string): Promise<void> {
    await this.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const code = field.locator('.mm-code').first();
    let held: string | undefined;
    const isPasted = async (): Promise<boolean> => {
      held = await code.evaluate(codeIn);
      // JSON is put in order by the editor as it is pasted.
      return held === undefined || withoutSpace(held) === withoutSpace(text);
    };
    // A code editor that has just opened may not hear the keys yet; one that has heard them takes a moment, in which a
    // second paste would go into the first.
    const paste = async (): Promise<boolean> => {
      await code.click();
      await this.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
      await this.page.keyboard.press('ControlOrMeta+a');
      await this.page.keyboard.press('ControlOrMeta+v');
      await waitFor(isPasted, { timeoutMs: PASTED_MS, what: () => `the code to be pasted; instead: ${held}` });
      return true;
    };
    await waitFor(paste, { timeoutMs: 5 * PASTED_MS, what: 'the code to be pasted' });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Fills the upload form that is open and sends it. */
  async upload(file: ChosenFile, fields: { readonly name?: string } = {}): Promise<void> {
    const form = this.page.locator('.mm-upload');
    await form.locator('input[type=file]').setInputFiles(file);
    if (fields.name !== undefined) await form.getByLabel('Model', { exact: true }).fill(fields.name);
    await form.getByRole('button', { name: 'Upload', exact: true }).click();
  }

  /** Opens the dialog of a node; resolves when its fields are there and one of them has the focus. */
  async editNode(id: string): Promise<Locator> {
    await this.page.evaluate((nodeId) => {
      const { nodes, editor } = (globalThis as unknown as EditorWindow).RED;
      editor.edit(nodes.node(nodeId));
    }, id);
    const dialog = this.page.locator('.mm-dialog');
    await dialog.locator('.mm-form-row').first().waitFor();
    // The platform takes it once, a moment after it has opened the dialog: also from a field that is typed into by then.
    await this.page.waitForFunction(() => document.activeElement?.closest('.red-ui-tray'));
    return dialog;
  }

  /** Closes the open node dialog with *Done*. */
  async saveNode(): Promise<void> {
    await this.page.locator('#node-dialog-ok').click();
    await this.page.locator('.mm-dialog').waitFor({ state: 'detached' });
  }

  isDirty(): Promise<boolean> {
    return this.page.evaluate(() => (globalThis as unknown as EditorWindow).RED.nodes.dirty());
  }

  /** Presses Deploy and waits until the editor and the server hold the same. */
  async deploy(): Promise<void> {
    await this.page.locator('#red-ui-header-button-deploy').click();
    await this.page.waitForFunction(() => !(globalThis as unknown as EditorWindow).RED.nodes.dirty());
  }

  /** The nodes as *Deploy* would send them. */
  nodes(): Promise<readonly { readonly id: string; readonly type: string; readonly [key: string]: unknown }[]> {
    return this.page.evaluate(() =>
      JSON.parse(JSON.stringify((globalThis as unknown as EditorWindow).RED.nodes.createCompleteNodeSet())),
    );
  }

  /** A tab and what is on it, as the export dialog gives it. */
  exportTab(id: string): Promise<string> {
    return this.page.evaluate((z) => {
      const { nodes } = (globalThis as unknown as EditorWindow).RED;
      const all = [nodes.workspace(z), ...nodes.filterNodes({ z }), ...nodes.junctions(z)];
      return JSON.stringify(nodes.createExportableNodeSet(all));
    }, id);
  }

  /** As the import dialog does it, with new ids. */
  async importNodes(json: string): Promise<void> {
    await this.page.evaluate((text) => {
      (globalThis as unknown as EditorWindow).RED.view.importNodes(JSON.parse(text), { generateIds: true });
    }, json);
  }

  /** Keeps a picture when `MM_SCREENSHOTS` names a folder. */
  async picture(name: string): Promise<void> {
    const folder = process.env['MM_SCREENSHOTS'];
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${nodeRedMajor}-${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/**
 * Closes the editor of each test of a suite. One that failed leaves a picture, and what the page complained about fails it.
 * @param current - undefined where the test opened none
 */
export function closeAfterEach(current: () => Editor | undefined): void {
  afterEach(async function () {
    const editor = current();
    if (!editor) return;
    if (this.currentTest?.state === 'failed') await editor.picture(`failed-${this.currentTest.title}`);
    const { complaints } = editor;
    await editor[Symbol.asyncDispose]();
    assert.deepEqual(complaints, []);
  });
}

/** Runs in the page: the editor looks for its token under these names (the path is part of the name). */
function storeToken(token: string): void {
  const value = JSON.stringify({ access_token: token, expires_in: 604_800, token_type: 'Bearer' });
  for (const suffix of ['', '-']) localStorage.setItem(`auth-tokens${suffix}`, value);
}

const withoutSpace = (text: string): string => text.replace(/\s/g, '');

/** In the browser: what the Monaco inside an element holds; undefined where there is none. */
function codeIn(element: Element): string | undefined {
  interface Monaco {
    readonly editor: { getEditors?(): readonly { getDomNode(): Node | null; getValue(): string }[] };
  }
  const { monaco } = window as unknown as { readonly monaco?: Monaco };
  return monaco?.editor
    .getEditors?.()
    .find((one) => element.contains(one.getDomNode()))
    ?.getValue();
}

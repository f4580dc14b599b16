import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { nodeRedMajor } from '../support/node-red';

/** The roots of everything we put into the editor's page; the rest of it is not ours to mend. */
const ownRoots = ['.mm-sidebar', '.mm-tray', '.mm-dialog'];

const options: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
  // Of whole pages; ours is a part of the editor's.
  rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
};

interface AxeWindow {
  readonly axe?: { run(context: { include: string[][] }, options: RunOptions): Promise<AxeResults> };
}

export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/**
 * The theme as the editor itself switches it. Node-RED 4.1 brings none that is dark, its users install one: the colours
 * of Node-RED 5 stand in for it.
 */
export async function useTheme(page: Page, theme: Theme): Promise<void> {
  await page.evaluate(
    ([isDark, colours]) => {
      const id = 'mm-test-dark-colours';
      if (!document.getElementById(id)) {
        const style = document.createElement('style');
        style.id = id;
        style.textContent = colours;
        document.head.append(style);
      }
      document.documentElement.classList.toggle('nr-theme-dark', isDark);
    },
    [theme === 'dark', darkColours()] as const,
  );
}

/** The dark theme's block of Node-RED 5's style sheet. */
function darkColours(): string {
  const sheet = readFileSync(require.resolve('@node-red/editor-client/public/red/style.min.css'), 'utf8');
  const block = /html\.nr-theme-dark\{[^}]+\}/.exec(sheet)?.[0];
  assert.ok(block, 'Node-RED 5 has a dark theme');
  return block;
}

/** What axe finds wrong within our own elements, one readable block per element. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe !== undefined);
  if (!isThere) {
    await page.addScriptTag({ content: readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8') });
    // The editor's body is 0 px high and cuts off what sticks out: axe would take everything to be hidden.
    await page.addStyleTag({ content: 'html, body { height: 100% }' });
  }
  const { violations } = await page.evaluate(
    ([roots, runOptions]) => {
      const include = roots.filter((root) => document.querySelector(root)).map((root) => [root]);
      const { axe } = globalThis as unknown as AxeWindow;
      if (!axe || include.length === 0) throw new Error('none of our elements is in the page');
      // The platform's code editor: its inner layers reach over what stands around it, unseen by people.
      const codes = [...document.querySelectorAll<HTMLElement>('.mm-code')];
      for (const code of codes) code.style.visibility = 'hidden';
      return axe.run({ include }, runOptions).finally(() => {
        for (const code of codes) code.style.visibility = '';
      });
    },
    [ownRoots, options] as const,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .filter(({ html }) => !(id === 'color-contrast' && isPlatformPaint(html)))
      .map(({ target, html, failureSummary }) => `${id}: ${help}\n  at ${target}\n  ${html}\n  ${failureSummary}`),
  );
}

/** Node-RED 4.1 writes its light buttons and fields in a grey of 3.5 to 1; ours look as all others there. */
function isPlatformPaint(html: string): boolean {
  return nodeRedMajor === '4' && /^<(?:input|select|textarea|\w+ [^>]*class="[^"]*\bred-ui-button\b)/.test(html);
}

/** Asserts that axe finds nothing wrong in what is in sight, in light and in dark; ends in light. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  // What lies below the pointer wears the platform's own colour for that.
  await page.mouse.move(0, 0);
  for (const theme of ['dark', 'light'] as const) {
    await useTheme(page, theme);
    const violations = await violationsOf(page);
    assert.equal(violations.length, 0, `${what}, ${theme}:\n${violations.join('\n\n')}`);
  }
}

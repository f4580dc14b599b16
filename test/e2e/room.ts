import type { Locator } from 'playwright-core';

/** The sidebar as wide and as high as asked, as a user drags it. */
export function resizePanel(panel: Locator, widthPx: number, heightPx: number): Promise<void> {
  return panel.evaluate(
    (element, [width, height]) => {
      const host = element as HTMLElement;
      host.style.width = `${width}px`;
      host.style.height = `${height}px`;
    },
    [widthPx, heightPx],
  );
}

/** How far anything in it sticks out at its right edge; the platform's code editors keep layers of their own unseen. */
export function overflowPx(element: Locator): Promise<number> {
  return element.evaluate(
    (node) =>
      Math.max(
        ...[node, ...node.querySelectorAll(':not(.mm-code *)')].map((one) => one.getBoundingClientRect().right),
      ) - node.getBoundingClientRect().right,
  );
}

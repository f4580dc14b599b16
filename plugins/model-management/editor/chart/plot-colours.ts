/** What is drawn on a canvas cannot name a variable of the theme: its value is read at the time of drawing. */
const VARIABLES = {
  text: '--red-ui-primary-text-color',
  line: '--red-ui-text-color-link',
  grid: '--red-ui-secondary-border-color',
} as const;

export function plotColour(element: Element, part: keyof typeof VARIABLES): string {
  return getComputedStyle(element).getPropertyValue(VARIABLES[part]).trim();
}

/** Calls `changed` when the editor puts on another theme. @returns stops it */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'style', 'data-theme'] });
  // Themes that come as a style sheet of their own.
  observer.observe(document.head, { childList: true });
  return () => observer.disconnect();
}

/**
 * Code editors write Tab into the text, so that who has only a keyboard cannot leave them. Here Escape lets the next
 * Tab, or Shift and Tab, through to the browser.
 * @returns the undo
 */
export function releaseTab(host: HTMLElement): () => void {
  let isReleased = false;
  const listen = (event: KeyboardEvent): void => {
    if (event.key === 'Tab' && isReleased) event.stopPropagation();
    else if (event.key !== 'Shift') isReleased = event.key === 'Escape';
  };
  host.addEventListener('keydown', listen, true);
  return () => host.removeEventListener('keydown', listen, true);
}

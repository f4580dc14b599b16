/**
 * Puts what an element shows into the clipboard.
 * @returns false where the browser does not allow it: the text is then selected, to be copied by keyboard
 */
export async function copyTextOf(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '');
    return true;
  } catch {
    // Without https browsers offer no clipboard but that of the selection.
    getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}

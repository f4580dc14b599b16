let region: HTMLElement | undefined;

/** Says the result of an action to those who listen; it is not seen. One region for all, there before it speaks. */
export function announce(text: string): void {
  if (!region?.isConnected) {
    region = document.createElement('div');
    region.className = 'mm-announcer';
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  const { firstChild } = region;
  // The same words twice are news only as another node.
  if (firstChild) firstChild.remove();
  region.append(document.createTextNode(text));
}

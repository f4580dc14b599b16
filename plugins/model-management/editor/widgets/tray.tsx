import { type ComponentChild, render } from 'preact';
import { t } from '../i18n';
import { type LeaveGate, openGate } from './leave-gate';

interface TrayOptions {
  readonly title: string;
  readonly widthPx: number;
  readonly content: ComponentChild;
  /** Asked when the user closes the tray. Default: closes at once. */
  readonly gate?: LeaveGate;
}

/** Opens the platform's tray with a component in it; the component is unmounted when the tray closes. */
export function openTray({ title, widthPx, content, gate = openGate() }: TrayOptions): void {
  const host = document.createElement('div');
  host.className = 'mm-tray';
  host.tabIndex = -1;
  const { activeElement: opener } = document;
  RED.tray.show({
    // The platform puts the title into the page as HTML.
    title: RED.utils.sanitize(title),
    width: widthPx,
    buttons: [{ id: 'mm-tray-close', text: t('action.close'), click: () => gate.ask(() => void closeTray()) }],
    open: (tray) => {
      tray.find('.red-ui-tray-body').addClass('mm-tray-body').append(host);
      render(content, host);
      // The tray is still outside the window, where the browser would scroll to.
      host.focus({ preventScroll: true });
    },
    // Else the platform takes the focus half a second later, perhaps from a question asked meanwhile.
    focusElement: false,
    close: () => {
      render(null, host);
      // Nobody has it now, and the next key should go on from where the tray was opened.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    },
  });
}

/** Resolves when the tray is gone. */
export function closeTray(): Promise<void> {
  return new Promise((resolve) => RED.tray.close(resolve));
}

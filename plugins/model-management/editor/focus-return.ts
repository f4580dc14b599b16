import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Gives the focus back to where it came from when what had it goes; not when the user is elsewhere by then. */
export function useFocusReturn(box: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const { activeElement: opener } = document;
    return () => {
      const holds = box.current?.contains(document.activeElement) || document.activeElement === document.body;
      if (holds && opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, [box]);
}

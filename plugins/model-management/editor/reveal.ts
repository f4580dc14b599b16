import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Scrolls what just appeared into sight, as little as needed: the sidebar may be 250 px high. */
export function useReveal(element: RefObject<HTMLElement | null>): void {
  useEffect(() => element.current?.scrollIntoView({ block: 'nearest' }), [element]);
}

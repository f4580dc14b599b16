import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Scrolls what just appeared into sight, as little as needed: the sidebar may be 250 px high. */
export function useReveal(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (element.current) reveal(element.current);
  }, [element]);
}

/** Only the nearest scrolling box moves: `scrollIntoView` would push the whole editor aside while a tray slides in. */
function reveal(element: HTMLElement): void {
  let box = element.parentElement;
  while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
  if (!box) return;
  const { top, bottom } = element.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (bottom > frame.bottom) box.scrollTop += Math.min(bottom - frame.bottom, top - frame.top);
  else if (top < frame.top) box.scrollTop -= frame.top - top;
}

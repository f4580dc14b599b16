import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** From this width on, list and detail stand side by side. */
const WIDE_PX = 520;

/** Follows the width of an element: whether it has at least `leastPx`. */
export function useIsWide(element: RefObject<HTMLElement | null>, leastPx = WIDE_PX): boolean {
  const [isWide, setIsWide] = useState(false);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setIsWide((entry?.contentRect.width ?? 0) >= leastPx));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, leastPx]);
  return isWide;
}

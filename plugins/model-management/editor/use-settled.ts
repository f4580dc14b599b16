import { useEffect, useState } from 'preact/hooks';

const QUIET_MS = 250;

/** A value that changes often, such as typed text, as it was when it last stood still: for what is costly to work out. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

import type { DesiredOrder } from './documents';

/** Above 0 when `a` is the later one. */
export function compareOrder(a: DesiredOrder, b: DesiredOrder): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}

/** How far messages of one boot may overtake each other. */
const WINDOW = 64;

/** Numbers seen of a growing sequence: the highest, and which of those below it were seen (bit n = highest − n). */
export interface SequenceWindow {
  readonly highest: number;
  /** 64 bits as 16 hex digits, so that it can lie in a document. */
  readonly seen: string;
}

export const emptyWindow: SequenceWindow = { highest: 0, seen: '0' };

/**
 * The window after a number, or undefined when it was seen, or is too old to tell.
 * @see RFC 4303, 3.4.3 (anti-replay window of IPsec)
 */
export function advanceWindow(window: SequenceWindow, sequence: number): SequenceWindow | undefined {
  const seen = BigInt(`0x${window.seen}`);
  const mask = (1n << BigInt(WINDOW)) - 1n;
  if (sequence > window.highest) {
    const ahead = sequence - window.highest;
    const shifted = ahead >= WINDOW ? 0n : (seen << BigInt(ahead)) & mask;
    return { highest: sequence, seen: (shifted | 1n).toString(16) };
  }
  const behind = window.highest - sequence;
  if (behind >= WINDOW) return undefined;
  const bit = 1n << BigInt(behind);
  return (seen & bit) === 0n ? { highest: window.highest, seen: (seen | bit).toString(16) } : undefined;
}

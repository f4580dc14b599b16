import { z } from 'zod';
import { type Decoded, refuse } from '../protocol/decode';
import type { OnlineState } from '../protocol/documents';
import { advanceWindow, emptyWindow } from '../protocol/order';

const Boot = z.object({
  bootId: z.string(),
  boot: z.int(),
  /** The last connection it told of; 0 = none. */
  connection: z.int(),
  online: z.boolean(),
  /** Sequence number of the last report. */
  reported: z.int(),
  events: z.object({ highest: z.int(), seen: z.string() }),
});
type Boot = z.infer<typeof Boot>;

/** What a hub remembers of the starts of an edge, so that nothing it heard before is taken again. */
export const Marks = z.object({
  /** The one that spoke last is the last. */
  boots: z.array(Boot).readonly(),
  /** How often one that had been followed by another spoke again. */
  alternations: z.int(),
  alternatedAt: z.int().nullable(),
  /** When it came or went. */
  changedAt: z.int(),
});
export type Marks = z.infer<typeof Marks>;

export const noMarks = (nowMs: number): Marks => ({ boots: [], alternations: 0, alternatedAt: null, changedAt: nowMs });

/** What every document of an edge says of its sender. */
export interface Sender {
  readonly bootId: string;
  readonly boot: number;
}

const MAX_BOOTS = 4;
/** One message that a bridge held back makes two; a cloned card goes on. */
const CONFLICT_ALTERNATIONS = 3;
/** After so long with one speaker only there is no conflict any more. */
const CONFLICT_MEMORY_MS = 3_600_000;

/** Two processes use one key: a card was cloned. */
export function isConflict({ alternations, alternatedAt }: Marks, nowMs: number): boolean {
  return alternations >= CONFLICT_ALTERNATIONS && alternatedAt !== null && nowMs - alternatedAt < CONFLICT_MEMORY_MS;
}

export function isOnline({ boots }: Marks): boolean {
  return boots.at(-1)?.online ?? false;
}

/** Of one connection first comes that it is there, then that it is gone; a repetition of either is `stale`. */
export function admitOnline(
  marks: Marks,
  state: Sender & Pick<OnlineState, 'connection' | 'online'>,
  nowMs: number,
): Decoded<Marks> {
  const admitted = admit(marks, state, state.online, nowMs, (boot) => {
    const isLater =
      state.connection > boot.connection || (state.connection === boot.connection && boot.online && !state.online);
    return isLater ? { ...boot, connection: state.connection, online: state.online } : undefined;
  });
  if (!admitted.ok || isOnline(admitted.value) === isOnline(marks)) return admitted;
  return { ok: true, value: { ...admitted.value, changedAt: nowMs } };
}

export function admitReport(marks: Marks, report: Sender & { readonly seq: number }, nowMs: number): Decoded<Marks> {
  return admit(marks, report, true, nowMs, (boot) =>
    report.seq > boot.reported ? { ...boot, reported: report.seq } : undefined,
  );
}

export function admitEvent(marks: Marks, event: Sender & { readonly seq: number }, nowMs: number): Decoded<Marks> {
  return admit(marks, event, true, nowMs, (boot) => {
    const events = advanceWindow(boot.events, event.seq);
    return events && { ...boot, events };
  });
}

/**
 * @param isAlive - false for what the broker says in its place, which is no sign of a second process
 * @param advance - the boot after the message, undefined when that was heard before
 */
function admit(
  marks: Marks,
  { bootId, boot }: Sender,
  isAlive: boolean,
  nowMs: number,
  advance: (boot: Boot) => Boot | undefined,
): Decoded<Marks> {
  const known = marks.boots.find((one) => one.bootId === bootId);
  const highest = Math.max(0, ...marks.boots.map((one) => one.boot));
  // A start that was forgotten cannot be told from a new one, but for its number.
  if (!known && boot <= highest) return refuse('stale', `start ${boot} is not later than ${highest}`);
  if (known && known.boot !== boot) return refuse('stale', 'a start with two numbers');
  const fresh: Boot = { bootId, boot, connection: 0, online: false, reported: 0, events: emptyWindow };
  const advanced = advance(known ?? fresh);
  if (!advanced) return refuse('duplicate', 'heard before');
  const isCurrent = marks.boots.at(-1)?.bootId === bootId;
  if (known && !isCurrent && !isAlive) {
    const boots = marks.boots.map((one) => (one.bootId === bootId ? advanced : one));
    return { ok: true, value: { ...marks, boots } };
  }
  const boots = [...marks.boots.filter((one) => one.bootId !== bootId), advanced].slice(-MAX_BOOTS);
  if (!known || isCurrent) return { ok: true, value: { ...marks, boots } };
  const isRecent = marks.alternatedAt !== null && nowMs - marks.alternatedAt < CONFLICT_MEMORY_MS;
  const alternations = isRecent ? marks.alternations + 1 : 1;
  return { ok: true, value: { ...marks, boots, alternations, alternatedAt: nowMs } };
}

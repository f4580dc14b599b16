import { z } from 'zod';
import { type Decoded, refuse } from './decode';
import { type CommandDocument, DesiredOrder } from './documents';
import { compareOrder } from './order';

/** How far clocks may disagree before a command is taken to have expired. */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Ids that are remembered. A hub that sends more within their validity waits: none is forgotten early. */
const MAX_SEEN = 1_000;

/** What an edge remembers of commands; on the disk before a command is carried out. */
export const CommandMemory = z.object({
  /** The hub's time is not before this (epoch ms): the moment the last signed document was issued. */
  hubTimeFloor: z.int(),
  seen: z.array(z.object({ id: z.string(), until: z.int() })).readonly(),
  /** The desired state that set the hub's time back: a command from before it may be one that was forgotten as expired. */
  setBackBy: DesiredOrder.exactOptional(),
});
export type CommandMemory = z.infer<typeof CommandMemory>;

export const noCommands: CommandMemory = { hubTimeFloor: 0, seen: [] };

/**
 * Takes a command once and in time, or says why not. The time is the later of the edge's clock and what the hub has
 * signed last: so a clock that stands in 1970 after a power cut keeps no old command valid. A clock that runs ahead by
 * more than the tolerance makes commands expire; the hub sees by how much (its reports carry the edge's time) and
 * writes a later expiry.
 */
export function admitCommand(
  memory: CommandMemory,
  command: Pick<CommandDocument, 'id' | 'issuedAt' | 'expiresAt' | 'order'>,
  nowMs: number,
): Decoded<CommandMemory> {
  const hubTimeMs = Math.max(nowMs, memory.hubTimeFloor);
  const isValid = (until: number): boolean => hubTimeMs <= until + CLOCK_TOLERANCE_MS;
  if (!isValid(command.expiresAt)) {
    return refuse('expired', `expired ${Math.round((hubTimeMs - command.expiresAt) / 1_000)} s ago`);
  }
  const { setBackBy } = memory;
  if (setBackBy && (!command.order || compareOrder(command.order, setBackBy) < 0)) {
    return refuse('stale', 'from before the time of the hub was set back');
  }
  const seen = memory.seen.filter(({ until }) => isValid(until));
  if (seen.some(({ id }) => id === command.id)) return refuse('duplicate', 'carried out already');
  if (seen.length >= MAX_SEEN) return refuse('busy', `${seen.length} commands are still valid`);
  const hubTimeFloor = Math.max(memory.hubTimeFloor, command.issuedAt);
  return {
    ok: true,
    value: { ...memory, hubTimeFloor, seen: [...seen, { id: command.id, until: command.expiresAt }] },
  };
}

/**
 * Takes the hub's time from a desired state, also backwards: a hub whose clock was ahead is obeyed again. To be given only
 * one that is later in order than all before, so that a repeated one sets nothing back.
 * @param isFirst - the first one under the edge's key; with another key all earlier commands are void
 */
export function hearHub(
  memory: CommandMemory,
  { order, issuedAt }: { readonly order: DesiredOrder; readonly issuedAt: number },
  isFirst: boolean,
): CommandMemory {
  const setBackBy = issuedAt < memory.hubTimeFloor ? order : isFirst ? undefined : memory.setBackBy;
  return { hubTimeFloor: issuedAt, seen: memory.seen, ...(setBackBy && { setBackBy }) };
}

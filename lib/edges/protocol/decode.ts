import type { z } from 'zod';
import { firstIssue } from '../../parse-input';

/** Why a document from the broker was not taken. A closed list, for counters. */
export type RefusalReason =
  | 'too-large'
  | 'too-deep'
  | 'not-json'
  | 'malformed'
  | 'bad-signature'
  | 'unknown-key'
  | 'wrong-type'
  | 'wrong-recipient'
  | 'stale'
  | 'expired'
  | 'duplicate'
  | 'busy';

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
  /** For the log: what was expected and what came, never the payload itself. */
  readonly detail: string;
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | Refusal;

export const refuse = (reason: RefusalReason, detail: string): Refusal => ({ ok: false, reason, detail });

/** Deeper than any document of ours by far; JSON.parse itself would recurse into what is deeper without limit. */
const MAX_DEPTH = 16;

/** JSON from strangers: its size and depth are known to be small before it is parsed. Never throws. */
export function decodeJson(payload: Buffer, maxBytes: number): Decoded<unknown> {
  if (payload.length > maxBytes) return refuse('too-large', `${payload.length} bytes, at most ${maxBytes} are taken`);
  if (isTooDeep(payload)) return refuse('too-deep', `nested deeper than ${MAX_DEPTH}`);
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) };
  } catch (error) {
    return refuse('not-json', error instanceof TypeError ? 'not UTF-8' : 'not JSON');
  }
}

/** Checks JSON against the schema of a document. Never throws. */
export function decodeDocument<T>(raw: Decoded<unknown>, schema: z.ZodType<T>): Decoded<T> {
  if (!raw.ok) return raw;
  const parsed = schema.safeParse(raw.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const { field, message } = firstIssue(parsed.error);
  return refuse('malformed', `${field || 'document'}: ${message}`.slice(0, 200));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside texts, in the bytes as they came: all of them are one byte in UTF-8. */
function isTooDeep(payload: Buffer): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < payload.length; at += 1) {
    const byte = payload[at];
    if (isInText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) {
      isInText = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}

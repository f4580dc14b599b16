/** 5, or 4 = MQTT 3.1.1. */
export type ProtocolVersion = 4 | 5;

/** What was seen of a broker, and the version to try next. */
export interface ProtocolChoice {
  readonly next: ProtocolVersion;
  /** How often it ended a connection of MQTT 5 and did not say why, since one of MQTT 5 stood. */
  readonly silentCount: number;
  /** It said that it does not know MQTT 5. */
  readonly isToldUnknown: boolean;
  /** How often MQTT 5 was tried again after a connection of 3.1.1, since one of MQTT 5 stood. */
  readonly retryCount: number;
  /** When MQTT 5 failed last, in ms. */
  readonly failedAt: number;
}

export const firstChoice: ProtocolChoice = {
  next: 5,
  silentCount: 0,
  isToldUnknown: false,
  retryCount: 0,
  failedAt: Number.NEGATIVE_INFINITY,
};

export type ConnectionEvent =
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'connected' }
  /** One that stood. */
  | { readonly kind: 'ended' };

/** The code of 3.1.1 and that of MQTT 5. */
const UNKNOWN_VERSION = new Set<unknown>([1, 0x84]);
/** Unspecified, malformed, protocol error, specific to the implementation: as good as no reason. */
const VAGUE = new Set<unknown>([0x80, 0x81, 0x82, 0x83]);
/** Of the network: a broker that is asked for what it does not know may cut the connection. */
const CUT = 'ECONNRESET';
/** Closed by a proxy or by a broker that starts is no answer yet; closed twice may be one. */
const SILENT_LIMIT = 2;
const HOUR_MS = 3_600_000;
/** From the last failure of MQTT 5 to the next try, by how many there were before. */
const SILENT_PAUSES_MS = [0, 60_000, 600_000, HOUR_MS];

/**
 * MQTT 5 first, and 3.1.1 where the broker does not know it: it says so, or closes the connection. Whatever else went
 * wrong keeps the version. What a connection of 3.1.1 ends with is a new try of MQTT 5, but no more than once an hour
 * where the broker made clear that it is in vain.
 */
export function reduceChoice(choice: ProtocolChoice, event: ConnectionEvent, nowMs: number): ProtocolChoice {
  const { next, silentCount, isToldUnknown, retryCount, failedAt } = choice;
  switch (event.kind) {
    case 'failed': {
      const answer = answerIn(event.error);
      if (answer === 'other') return choice;
      if (next === 4) return { ...choice, next: 5 };
      if (answer === 'unknown') return { ...choice, next: 4, isToldUnknown: true, failedAt: nowMs };
      const count = silentCount + 1;
      const isEnough = count >= SILENT_LIMIT;
      return { ...choice, next: isEnough ? 4 : 5, silentCount: count, isToldUnknown: false, failedAt: nowMs };
    }
    case 'connected':
      return next === 5 ? firstChoice : choice;
    case 'ended': {
      if (next === 5) return choice;
      const pauseMs = isToldUnknown ? HOUR_MS : (SILENT_PAUSES_MS[retryCount] ?? HOUR_MS);
      if (nowMs - failedAt < pauseMs) return choice;
      return { ...choice, next: 5, retryCount: retryCount + 1 };
    }
  }
}

function answerIn(error: unknown): 'unknown' | 'silent' | 'other' {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (UNKNOWN_VERSION.has(code)) return 'unknown';
  return code === undefined || code === CUT || VAGUE.has(code) ? 'silent' : 'other';
}

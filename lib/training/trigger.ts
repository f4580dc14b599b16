import { ModelManagementError } from '../errors';

export interface TriggerRule {
  readonly mode: 'message' | 'count' | 'threshold';
  /** Of `count`: a run after so many messages. */
  readonly count: number;
  /** Of `threshold`: a run when the value has been so for this many messages in a row. */
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly limit: number;
  readonly forMessages: number;
  /** At most one run in so long; 0 = no limit. */
  readonly minIntervalMs: number;
}

/** What a trigger remembers from message to message. */
export interface TriggerState {
  readonly count: number;
  /** Messages in a row that met the limit. */
  readonly streak: number;
  /** False after it fired, until the condition is false again. */
  readonly isArmed: boolean;
  readonly lastFiredAt: number | null;
}

export const initialTrigger: TriggerState = { count: 0, streak: 0, isArmed: true, lastFiredAt: null };

export type TriggerDecision =
  | { readonly action: 'none'; readonly state: TriggerState }
  /** `state` once the run is there; `ifRefused` when it could not be started: it is due still. */
  | { readonly action: 'fire'; readonly state: TriggerState; readonly ifRefused: TriggerState }
  /** It would, but the last one was too short a time ago. */
  | { readonly action: 'suppressed'; readonly state: TriggerState; readonly reason: string };

/**
 * What one message does.
 * @param value - of the watched property, for `threshold`
 * @throws {ModelManagementError} `INVALID_INPUT` when the value is no number; nothing is counted then
 */
export function decideTrigger(rule: TriggerRule, state: TriggerState, value: unknown, nowMs: number): TriggerDecision {
  const counted = countMessage(rule, state, value);
  if (!counted.isDue) return { state: counted.state, action: 'none' };
  const since = state.lastFiredAt === null ? Number.POSITIVE_INFINITY : nowMs - state.lastFiredAt;
  // Still due: the next message fires.
  const kept = { ...counted.state, count: rule.mode === 'count' ? Math.max(rule.count - 1, 0) : 0, isArmed: true };
  if (since < rule.minIntervalMs) {
    const reason = `the last run was ${Math.round(since / 1_000)} s ago, and ${Math.round(rule.minIntervalMs / 1_000)} s are asked for`;
    return { state: kept, action: 'suppressed', reason };
  }
  return { state: { ...counted.state, lastFiredAt: nowMs }, ifRefused: kept, action: 'fire' };
}

function countMessage(
  rule: TriggerRule,
  state: TriggerState,
  value: unknown,
): { readonly state: TriggerState; readonly isDue: boolean } {
  switch (rule.mode) {
    case 'message':
      return { state, isDue: true };
    case 'count': {
      const count = state.count + 1;
      return count >= rule.count
        ? { state: { ...state, count: 0 }, isDue: true }
        : { state: { ...state, count }, isDue: false };
    }
    case 'threshold': {
      if (typeof value !== 'number' || Number.isNaN(value)) throw noNumber(value);
      if (!meets(value, rule)) return { state: { ...state, streak: 0, isArmed: true }, isDue: false };
      const streak = state.streak + 1;
      const isDue = state.isArmed && streak >= rule.forMessages;
      return { state: { ...state, streak, isArmed: state.isArmed && !isDue }, isDue };
    }
  }
}

function meets(value: number, { operator, limit }: TriggerRule): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
  }
}

function noNumber(value: unknown): ModelManagementError {
  const what = value === undefined ? 'missing' : JSON.stringify(value)?.slice(0, 60);
  return new ModelManagementError(
    'INVALID_INPUT',
    `The watched property must be a number, and is ${what}.`,
    'Name another property, or make it a number before this node.',
    { details: { field: 'property' } },
  );
}

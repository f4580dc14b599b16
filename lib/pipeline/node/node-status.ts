import type { ErrorCode } from '../../errors';

/** What stands under a node of a flow. */
export interface NodeStatus {
  readonly fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  readonly shape: 'ring' | 'dot';
  readonly text: string;
}

/** What every node knows of itself, beside the state of what it works with. */
export interface WorkFacts {
  /** Answers in the last second. */
  readonly perSecond: number;
  /** The last message failed. */
  readonly isFailing: boolean;
  /** Parents whose results are joined; 0 = every message runs by itself. */
  readonly joinedCount: number;
  /** The parent that a round waits for, while nothing is answered. */
  readonly waitsFor: string | undefined;
  /** Messages dropped or refused, and rounds dropped, since the start. */
  readonly lostCount: number;
}

/** The editor cuts longer texts off. */
const maxTextLength = 20;

const failureTexts: Partial<Record<ErrorCode, string>> = {
  DATA_DIR_LOCKED: 'data folder in use',
  DATA_TOO_NEW: 'data is newer',
  BAD_SETTINGS: 'bad settings.js',
  STORAGE_CORRUPT: 'data damaged',
  STORAGE_FULL: 'disk full',
  INVALID_INPUT: 'bad configuration',
};

/** As long as a status may be. */
export function cutStatus(text: string): string {
  return text.length < maxTextLength ? text : `${text.slice(0, maxTextLength - 2)}…`;
}

/** @param own - texts of the node beside those that all have */
export function failureText(code: ErrorCode, own: Partial<Record<ErrorCode, string>>): string {
  return own[code] ?? failureTexts[code] ?? code.toLowerCase().replace(/_/g, ' ');
}

function countText(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_950 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** Of the parts that are there: all, or the last ones without what matters least, so that it fits. */
function fittingText(own: string, joins: string, rate: string, lost: string): string {
  const choices = [
    [own, joins, rate, lost],
    [own, rate, lost],
    [own, lost],
  ].map((parts) => parts.filter((part) => part !== '').join(' · '));
  return choices.find((text) => text.length < maxTextLength) ?? lost;
}

/** The status of a node that works. @param own - what stands before the figures, '' = nothing */
export function workingStatus(facts: WorkFacts, own: string, idle: string): NodeStatus {
  const { perSecond, joinedCount, waitsFor, lostCount } = facts;
  if (waitsFor !== undefined) return { fill: 'blue', shape: 'ring', text: cutStatus(`waits: ${waitsFor}`) };
  const joins = joinedCount > 0 ? `joins ${joinedCount}` : '';
  const rate = perSecond > 0 ? `${countText(perSecond)}/s` : '';
  const lost = lostCount > 0 ? `${countText(lostCount)} lost` : '';
  return { fill: 'green', shape: 'dot', text: cutStatus(fittingText(own, joins, rate, lost) || idle) };
}

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

function rateText(perSecond: number): string {
  return perSecond < 1_000 ? `${perSecond}/s` : `${(perSecond / 1_000).toFixed(1)}k/s`;
}

/** The status of a node that works. @param own - what stands before the figures, '' = nothing */
export function workingStatus({ perSecond, joinedCount, waitsFor }: WorkFacts, own: string, idle: string): NodeStatus {
  if (waitsFor !== undefined) return { fill: 'blue', shape: 'ring', text: cutStatus(`waits: ${waitsFor}`) };
  const parts = [own, joinedCount > 0 && `joins ${joinedCount}`, perSecond > 0 && rateText(perSecond)];
  return { fill: 'green', shape: 'dot', text: cutStatus(parts.filter(Boolean).join(' · ') || idle) };
}

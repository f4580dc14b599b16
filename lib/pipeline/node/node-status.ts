import type { ErrorCode } from '../../errors';

/** What stands under a node of a flow. */
export interface NodeStatus {
  readonly fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  readonly shape: 'ring' | 'dot';
  readonly text: string;
}

/** How a node with several parents joins them. */
export interface JoinFacts {
  /** Parents whose results are joined; 0 = every message runs by itself. */
  readonly joinedCount: number;
  /** The parent that a round waits for, while nothing is answered. */
  readonly waitsFor: string | undefined;
  /** They cannot be joined: every message is refused. */
  readonly isBadJoin: boolean;
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

export function rateText(perSecond: number): string {
  return perSecond < 1_000 ? `${perSecond}/s` : `${(perSecond / 1_000).toFixed(1)}k/s`;
}

/** The parts that there are, in a row. */
export function statusLine(...parts: readonly (string | false)[]): string {
  return cutStatus(parts.filter(Boolean).join(' · '));
}

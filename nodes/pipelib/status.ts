import type { ErrorCode, ModelManagementError } from '../../lib/errors';
import type { LinkState } from '../../lib/pipeline/library';

export interface NodeStatus {
  readonly fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  readonly shape: 'ring' | 'dot';
  readonly text: string;
}

export interface StatusFacts {
  /** As the node names it; empty = none. */
  readonly library: string;
  readonly state: LinkState;
  /** Answers in the last second. */
  readonly perSecond: number;
  /** The last message failed. */
  readonly isFailing: boolean;
}

/** The editor cuts longer texts off. */
const maxTextLength = 20;

const failureTexts: Partial<Record<ErrorCode, string>> = {
  DATA_DIR_LOCKED: 'data folder in use',
  DATA_TOO_NEW: 'data is newer',
  BAD_SETTINGS: 'bad settings.js',
  STORAGE_CORRUPT: 'data damaged',
  STORAGE_FULL: 'disk full',
  INVALID_LIBRARY: 'broken',
};

function cut(text: string): string {
  return text.length < maxTextLength ? text : `${text.slice(0, maxTextLength - 2)}…`;
}

function failureText({ code, details }: ModelManagementError): string {
  if (code === 'INVALID_LIBRARY' && typeof details?.['line'] === 'number') return `broken: line ${details['line']}`;
  return failureTexts[code] ?? code.toLowerCase().replace(/_/g, ' ');
}

/** Without what all their names begin with: there is little room. */
function missingText(library: string): string {
  return library === '' ? 'no library chosen' : `no library ${library.replace(/^pipelib_/, '')}`;
}

function rateText(perSecond: number): string {
  return perSecond < 1_000 ? `${perSecond}/s` : `${(perSecond / 1_000).toFixed(1)}k/s`;
}

/** What stands under the node: shape and words tell the state, the colour only repeats it. */
export function statusOf({ library, state, perSecond, isFailing }: StatusFacts): NodeStatus {
  switch (state.status) {
    case 'waiting':
      return { fill: 'yellow', shape: 'ring', text: 'starting' };
    case 'missing':
      return { fill: 'red', shape: 'ring', text: cut(missingText(library)) };
    case 'failed':
      return { fill: 'red', shape: 'ring', text: cut(failureText(state.error)) };
    case 'ready':
      if (isFailing) return { fill: 'red', shape: 'dot', text: 'error' };
      return { fill: 'green', shape: 'dot', text: perSecond > 0 ? rateText(perSecond) : 'ready' };
  }
}

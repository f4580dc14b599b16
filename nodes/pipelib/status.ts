import type { ModelManagementError } from '../../lib/errors';
import type { LinkState } from '../../lib/pipeline/library';
import {
  cutStatus,
  failureText,
  type JoinFacts,
  type NodeStatus,
  rateText,
  statusLine,
} from '../../lib/pipeline/node/node-status';

export interface StatusFacts extends JoinFacts {
  /** As the node names it; empty = none. */
  readonly library: string;
  readonly state: LinkState;
  /** Answers in the last second. */
  readonly perSecond: number;
  /** The last message failed. */
  readonly isFailing: boolean;
}

function brokenText({ code, details }: ModelManagementError): string {
  const line = code === 'INVALID_LIBRARY' ? details?.['line'] : undefined;
  return typeof line === 'number' ? `broken: line ${line}` : failureText(code, { INVALID_LIBRARY: 'broken' });
}

/** Without what all their names begin with: there is little room. */
function missingText(library: string): string {
  return library === '' ? 'no library chosen' : `no library ${library.replace(/^pipelib_/, '')}`;
}

/** What stands under the node: shape and words tell the state, the colour only repeats it. */
export function statusOf(facts: StatusFacts): NodeStatus {
  const { library, state, perSecond, isFailing, joinedCount, waitsFor, isBadJoin } = facts;
  if (isBadJoin) return { fill: 'red', shape: 'ring', text: 'bad join' };
  switch (state.status) {
    case 'waiting':
      return { fill: 'yellow', shape: 'ring', text: 'starting' };
    case 'missing':
      return { fill: 'red', shape: 'ring', text: cutStatus(missingText(library)) };
    case 'failed':
      return { fill: 'red', shape: 'ring', text: cutStatus(brokenText(state.error)) };
    case 'ready': {
      if (isFailing) return { fill: 'red', shape: 'dot', text: 'error' };
      if (waitsFor !== undefined) return { fill: 'blue', shape: 'ring', text: cutStatus(`waits: ${waitsFor}`) };
      const text = statusLine(joinedCount > 0 && `joins ${joinedCount}`, perSecond > 0 && rateText(perSecond));
      return { fill: 'green', shape: 'dot', text: text || 'ready' };
    }
  }
}

import type { ModelManagementError } from '../../lib/errors';
import type { LinkState } from '../../lib/pipeline/library';
import {
  cutStatus,
  failureText,
  type NodeStatus,
  type WorkFacts,
  workingStatus,
} from '../../lib/pipeline/node/node-status';

export interface StatusFacts extends WorkFacts {
  /** As the node names it; empty = none. */
  readonly library: string;
  readonly state: LinkState;
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
  const { library, state, isFailing } = facts;
  switch (state.status) {
    case 'waiting':
      return { fill: 'yellow', shape: 'ring', text: 'starting' };
    case 'missing':
      return { fill: 'red', shape: 'ring', text: cutStatus(missingText(library)) };
    case 'failed':
      return { fill: 'red', shape: 'ring', text: cutStatus(brokenText(state.error)) };
    case 'ready':
      if (isFailing) return { fill: 'red', shape: 'dot', text: 'error' };
      return workingStatus(facts, '', 'ready');
  }
}

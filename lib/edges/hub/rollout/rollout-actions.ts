import { ModelManagementError } from '../../../errors';
import type { User } from '../../../registry';
import { isExposed } from './plan-rollout';
import {
  type RolloutDocument,
  type RolloutEdge,
  type RolloutState,
  type RolloutStatus,
  withAudit,
} from './rollout-document';

export const rolloutActions = ['pause', 'resume', 'stop', 'rollback'] as const;
export type RolloutAction = (typeof rolloutActions)[number];

interface Rule {
  readonly from: readonly RolloutStatus[];
  /** Where the action has been done already, so that a repetition is no error. */
  readonly done: readonly RolloutStatus[];
  readonly audit: 'paused' | 'resumed' | 'stopped' | 'roll-back-started';
  readonly to: RolloutState;
}

const RULES: Readonly<Record<RolloutAction, Rule>> = {
  pause: { from: ['running'], done: ['paused'], audit: 'paused', to: { status: 'paused' } },
  // What happened in between was not watched: the edges soak anew.
  resume: { from: ['paused'], done: ['running'], audit: 'resumed', to: { status: 'running', soakingSince: null } },
  stop: {
    from: ['running', 'paused'],
    done: ['stopped'],
    audit: 'stopped',
    to: { status: 'stopped', reason: 'by-user' },
  },
  rollback: {
    from: ['running', 'paused', 'stopped', 'succeeded'],
    done: ['rolling_back', 'rolled_back'],
    audit: 'roll-back-started',
    to: { status: 'rolling_back' },
  },
};

/**
 * What a person does to a rollout. Once more is no error and changes nothing: the same object comes back.
 * @throws {ModelManagementError} `ROLLOUT_STATE` when it cannot be done any more
 */
export function actOnRollout(
  rollout: RolloutDocument,
  action: RolloutAction,
  user: User,
  nowMs: number,
): RolloutDocument {
  const { from, done, audit, to } = RULES[action];
  const { status } = rollout.state;
  if (done.includes(status)) return rollout;
  if (!from.includes(status)) {
    throw new ModelManagementError(
      'ROLLOUT_STATE',
      `The rollout is ${status}; ${action} needs one that is ${from.join(' or ')}.`,
      'Start a new rollout, or set the edges of the model by hand.',
      { details: { status } },
    );
  }
  const edges = action === 'rollback' ? rollout.edges.map(restoring) : rollout.edges;
  return withAudit({ ...rollout, edges, state: to }, { at: nowMs, user, action: audit });
}

function restoring(edge: RolloutEdge): RolloutEdge {
  if (!isExposed(edge)) return edge;
  const { name, createdAt, wave, before } = edge;
  return { name, createdAt, wave, before, phase: 'restoring' };
}

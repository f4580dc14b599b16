import { ModelManagementError } from '../../errors';
import { stoppedBefore } from '../../inference/stopped-error';
import type { JoinConfig } from '../join-config';
import type { JoinFault } from './join-plan';
import type { Dropped } from './join-types';

/** Why a round came to nothing; a reset is no error. @param missing - the parents it lacked, in words */
export function dropError(
  { run, reason, missing: missingIds }: Dropped<unknown>,
  missing: readonly string[],
  { timeoutMs, maxWaiting, key }: Pick<JoinConfig, 'timeoutMs' | 'maxWaiting' | 'key'>,
): ModelManagementError | undefined {
  if (reason === 'reset') return undefined;
  const what = key === 'none' ? 'A round' : `The round of run ${JSON.stringify(run)}`;
  const parents = missing.map((label) => JSON.stringify(label)).join(' and ');
  const extras = { details: { run, missing: missingIds } };
  if (reason === 'full') {
    return new ModelManagementError(
      'JOIN_FULL',
      `${what} was dropped: ${maxWaiting} rounds wait already, and it lacks the result of ${parents}.`,
      'Look why that parent is slower or sends less than the others, or allow more waiting rounds.',
      extras,
    );
  }
  return new ModelManagementError(
    'JOIN_TIMEOUT',
    `${what} was dropped after ${timeoutMs} ms: no result of ${parents} came.`,
    'Look whether that parent answers every message; raise the time limit, or let it be optional or latest.',
    extras,
  );
}

/** A message does not say to which run it belongs. */
export function keyError(property: string, value: unknown): ModelManagementError {
  const came = value === undefined || value === null ? 'none' : `a value of type ${typeof value}`;
  return new ModelManagementError(
    'INVALID_INPUT',
    `Runs are known by msg.${property}, a text or a number; this message has ${came}.`,
    'Set the property before the flow forks, or choose in the node how runs are known.',
    { details: { field: property } },
  );
}

/** Parents that cannot be joined. */
export function badJoinError({ message, hint }: JoinFault): ModelManagementError {
  return new ModelManagementError('BAD_JOIN', message, hint);
}

/** A round whose values cannot be copied for it. */
export function copyError(cause: unknown): ModelManagementError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const hint = 'Send plain values, nested less deeply.';
  return new ModelManagementError('INVALID_INPUT', `A result of the round cannot be copied: ${reason}.`, hint, {
    cause,
  });
}

export function notReadyError(): ModelManagementError {
  return new ModelManagementError(
    'STOPPED',
    'The parents of this node are not known yet.',
    'Send the message again when the flows have started; if that does not help, see the log for the plugin.',
  );
}

export function stoppedError(): ModelManagementError {
  return stoppedBefore('the round was whole');
}

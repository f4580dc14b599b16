import { ModelManagementError } from '../errors';

/** For what a node that was stopped no longer does. @param undone - what had not come yet: `the message was answered` */
export function stoppedBefore(undone: string): ModelManagementError {
  return new ModelManagementError('ABORTED', `The node was stopped before ${undone}.`, 'Send it again.');
}

/** For a message that waits for its answer, or comes too late. */
export function stoppedError(): ModelManagementError {
  return stoppedBefore('the message was answered');
}

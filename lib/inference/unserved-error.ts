import { ModelManagementError } from '../errors';
import type { Route, RouteState } from './route';

/** Why a route has nothing to answer with now, for the author of a message. */
export function unservedError(route: Route, state: RouteState): ModelManagementError {
  if (state.status === 'failed') return state.error;
  if (route.model === '')
    return new ModelManagementError(
      'MODEL_NOT_FOUND',
      `No model ${route.kind === 'file' ? 'file ' : ''}is chosen.`,
      'Open the node and choose one.',
    );
  if (route.kind === 'file')
    return new ModelManagementError(
      'MODEL_NOT_FOUND',
      `There is no model file ${route.model}.`,
      'Put the file there, below the Node-RED user directory.',
    );
  const what =
    route.ref === 'deployed'
      ? `no deployed version of the model ${route.model}`
      : `no version ${route.ref} of the model ${route.model}`;
  return new ModelManagementError(
    'MODEL_NOT_FOUND',
    `There is ${what}.`,
    'Upload the model in the sidebar tab Models, or choose another one.',
  );
}

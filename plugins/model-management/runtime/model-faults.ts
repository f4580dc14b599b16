import type { OwnModel } from '../../../lib/edges/agent/edge-agent';
import type { ModelShelf } from '../../../lib/edges/agent/model-shelf';
import { ModelManagementError } from '../../../lib/errors';
import { DEPLOYED, LATEST } from '../../../lib/ids';
import type { RouteState } from '../../../lib/inference/route';
import { modelKey } from '../../../lib/names';
import type { ModelFault } from '../../../lib/pipeline/pipelines/problems';

/** Of the registry. */
export interface KeptModels {
  readonly hasModel: (model: string) => boolean;
  readonly hasVersion: (model: string, ref: string) => boolean;
}

/** Why nothing of the registry answers to this name. @param ref - a number in digits, or an alias */
export function faultOfKept({ hasModel, hasVersion }: KeptModels, model: string, ref: string): ModelFault | undefined {
  if (hasVersion(model, ref)) return undefined;
  if (!hasModel(model)) return { code: 'MODEL_MISSING', message: `There is no model ${model}.` };
  return { code: 'VERSION_MISSING', message: missingText(model, ref) };
}

function missingText(model: string, ref: string): string {
  if (ref === DEPLOYED) {
    return `No version of ${model} is deployed. Upload or deploy one (Models), or choose another version in the node.`;
  }
  if (ref === LATEST) return `${model} has no versions yet. Upload one.`;
  if (/^\d+$/.test(ref)) return `${model} has no version ${ref}. Choose another one in the node.`;
  return `${model} has no alias ${ref}. Give it to a version (Models), or choose another version in the node.`;
}

/** Of an edge. */
export interface AssignedModels {
  readonly shelf: Pick<ModelShelf, 'find' | 'require' | 'versionsOf'>;
  readonly own: () => readonly Pick<OwnModel, 'name' | 'state' | 'error'>[];
}

/** Why nothing that the hub sent to this edge answers to this name. What is on its way is not missing. */
export function faultOfAssigned({ shelf, own }: AssignedModels, model: string, ref: string): ModelFault | undefined {
  if (shelf.find(model, ref)) return undefined;
  const assigned = own().find(({ name }) => modelKey(name) === modelKey(model));
  if (assigned?.state === 'pending' || assigned?.state === 'downloading') return undefined;
  const code = shelf.versionsOf(model).length > 0 ? 'VERSION_MISSING' : 'MODEL_MISSING';
  if (assigned?.error) return { code, message: `${model} did not come to this edge: ${assigned.error.message}` };
  return { code, message: refusalOf(() => shelf.require(model, ref)) };
}

function refusalOf(ask: () => unknown): string {
  try {
    ask();
    return '';
  } catch (error) {
    if (ModelManagementError.is(error)) return String(error);
    throw error;
  }
}

/** Why no model file answers. @param state - of its route; none where no node follows it */
export function faultOfFile(path: string, state: RouteState | undefined): ModelFault | undefined {
  if (state?.status !== 'missing') return faultOfRoute(state);
  const message = `There is no model file ${path}. Put it below the user directory of Node-RED, or choose another one in the node.`;
  return { code: 'MODEL_MISSING', message };
}

/** Why what is there does not answer. @param state - of its route; none where no node follows it */
export function faultOfRoute(state: RouteState | undefined): ModelFault | undefined {
  // It is looked for anew in a moment where it has just come.
  if (state?.status !== 'failed' || state.error.code === 'VERSION_NOT_ON_EDGE') return undefined;
  return { code: 'MODEL_NOT_LOADED', message: String(state.error) };
}

import { invalidInput, ModelManagementError } from '../errors';
import type { JobDocument } from './job';
import { placeText } from './training-place';

export const dataElsewhere = ({ fields: { trainingEdge } }: JobDocument): ModelManagementError =>
  invalidInput(
    'source',
    `source: the rows are on ${placeText(trainingEdge)} and are read there when a run begins`,
    `Look at them on ${placeText(trainingEdge)}; the log of a run tells how many it got.`,
  );

export const jobsRest = (): ModelManagementError =>
  new ModelManagementError(
    'MANAGED_BY_HUB',
    'This Node-RED is an edge of a hub, so its own jobs rest.',
    'Start the job on the hub.',
  );

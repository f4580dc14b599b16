import { WRITE } from '../api';

export const mayTrain = (): boolean => RED.user.hasPermission(WRITE);

/** Scripts, image and variables are code that runs: to change them takes the right to change flows, too. */
export const mayWriteJobs = (): boolean => mayTrain() && RED.user.hasPermission('flows.write');

import { WRITE } from '../api';
import { mayWrite } from '../rights';

export const mayTrain = mayWrite;

/** Scripts, image and variables are code that runs: to change them takes the right to change flows, too. */
export const mayWriteJobs = (): boolean => mayTrain() && RED.user.hasPermission('flows.write');

/** Rows and sources are its own on an edge, too. */
export const mayWriteRows = (): boolean => RED.user.hasPermission(WRITE);

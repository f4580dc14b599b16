import { WRITE } from '../api';

/** A library is code that runs in Node-RED: to change or test one takes the right to change flows, too. */
export const mayWriteLibraries = (): boolean => RED.user.hasPermission(WRITE) && RED.user.hasPermission('flows.write');

import { mayWrite } from '../rights';

/** A library is code that runs in Node-RED: to change or test one takes the right to change flows, too. */
export const mayWriteLibraries = (): boolean => mayWrite() && RED.user.hasPermission('flows.write');

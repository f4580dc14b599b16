import { mayWrite } from '../rights';

export const mayTest = mayWrite;

/** What lets something leave, or changes flows. */
export const mayRun = (): boolean => mayTest() && mayChangeFlows();

/** A new flow is the editor's own to import; nothing of ours is written. */
export const mayChangeFlows = (): boolean => RED.user.hasPermission('flows.write');

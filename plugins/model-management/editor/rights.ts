import { WRITE } from './api';

let isManaged = false;

/** What this Node-RED is, as the server said: on an edge the hub says what runs. */
export function noteRole(role: 'hub' | 'edge'): void {
  isManaged = role === 'edge';
}

/** Whether this Node-RED is an edge. */
export const isEdge = (): boolean => isManaged;

/** Whether the user may change models, jobs and whatever else a hub decides for its edges. */
export const mayWrite = (): boolean => RED.user.hasPermission(WRITE) && !isManaged;

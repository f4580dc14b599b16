export { LOCAL_EDGE } from '../../names';

/** What an edge may be called: safe in a topic; compared without regard to case, kept as first written. */
export const EDGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** A name as it is compared. */
export const edgeKey = (name: string): string => name.toLowerCase();

/** Whether two names, in any case, are of one edge. */
export const isSameEdge = (one: string, other: string): boolean => edgeKey(one) === edgeKey(other);

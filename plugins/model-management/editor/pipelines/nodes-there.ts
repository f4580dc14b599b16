import { createContext } from 'preact';

/** Of a pipeline on an edge, by id what its nodes are called; undefined: it is here, and its nodes can be shown. */
export const NodesThere = createContext<ReadonlyMap<string, string> | undefined>(undefined);

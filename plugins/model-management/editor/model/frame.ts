import { createContext } from 'preact';
import { closeTray } from '../widgets/tray';

/** How a model's detail gets out of the way: it stands in a tray, or beside the list. Resolves when it is gone. */
export const Leave = createContext<() => Promise<void>>(closeTray);

import type { AssignmentDocument } from '../hub-documents';
import { type EdgeFacts, stateOf, toEdgeModel } from '../views';
import type { EdgeNow } from './plan-rollout';

/** Of the way to the edge, not of the version: the edge tries again by itself. */
const ON_THE_WAY: readonly string[] = ['TIMEOUT', 'ABORTED'];

/** What a rollout has to know of an edge. */
export function edgeNow(known: EdgeFacts, assignment: AssignmentDocument | undefined): EdgeNow {
  // What one without a key said before tells nothing of this version.
  const facts = known.edge.key ? known : { ...known, lastReport: null };
  const common = { createdAt: facts.edge.createdAt, isOnline: stateOf(facts).state === 'online' };
  if (!assignment) return { ...common, ref: null, reported: null, state: 'pending' };
  const { reported, state, progress, error } = toEdgeModel(facts, assignment);
  const isOnTheWay = state === 'failed' && error !== undefined && ON_THE_WAY.includes(error.code);
  return {
    ...common,
    ref: assignment.ref,
    reported,
    state: isOnTheWay ? 'pending' : state,
    ...(progress === undefined ? {} : { progress }),
    ...(error ? { error: error.message } : {}),
  };
}

import { type TrainingEdges, watchStates } from './edges';
import type { RunDocument } from './run/run-document';
import { isFinal } from './run/run-states';
import { waitsFor } from './training-place';

/**
 * Tells of runs that look different when an edge does: those under way on one that comes or goes, and those that wait for
 * any with a label, when what they wait for is another thing now.
 * @returns ends it
 */
export function watchRunEdges(
  edges: TrainingEdges,
  runs: () => readonly RunDocument[],
  tell: (run: RunDocument) => void,
): () => void {
  let waits = new Map<string, string | undefined>();
  const ends = [
    watchStates(edges, (edge) => {
      for (const run of runs()) if (run.edge === edge && !isFinal(run.state)) tell(run);
    }),
    edges.onChange(() => {
      const queued = runs().filter(({ state }) => state === 'queued');
      const now = new Map(queued.map((run) => [run._id, waitsFor(run.edge, run.fields.runner, edges)]));
      const changed = queued.filter(({ _id }) => now.get(_id) !== waits.get(_id));
      waits = now;
      for (const run of changed) tell(run);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

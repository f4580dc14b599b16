import { ModelManagementError } from '../errors';
import type { JobFields } from './job';
import type { Runner } from './runners/runner';

/** An edge, as far as jobs have to know it. */
export interface TrainingEdge {
  /** As it was first written. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly state: 'pending' | 'online' | 'offline' | 'conflict' | 'revoked';
  /** When it came to this state, epoch ms. */
  readonly sinceMs: number;
  /** Why it cannot run scripts so; undefined = it can, or has not told yet what it can. */
  refusal(runner: JobFields['runner']): string | undefined;
}

/** Where jobs can run beside this Node-RED. */
export interface TrainingEdges {
  /** All of them, in any state. */
  list(): readonly TrainingEdge[];
  /** Whatever the case of the name. */
  find(name: string): TrainingEdge | undefined;
  /** Runs scripts on an edge, which may be away. @throws {ModelManagementError} `RUNNER_UNAVAILABLE` */
  runnerOn(edge: string): Promise<Runner>;
  /** Told the name of an edge of which something changed. @returns ends it */
  onChange(listener: (edge: string) => void): () => void;
}

/** Of a Node-RED that has none. */
export const noEdges: TrainingEdges = {
  list: () => [],
  find: () => undefined,
  onChange: () => () => undefined,
  runnerOn: async (edge) => {
    throw new ModelManagementError(
      'RUNNER_UNAVAILABLE',
      `The run is of the edge ${edge}, and this Node-RED has no edges.`,
      'Set modelManagement.broker in settings.js, by which edges are reached, or let the job train here.',
    );
  },
};

/** Tells when an edge comes or goes, and nothing of all else that changes there. @returns ends it */
export function watchStates(edges: TrainingEdges, tell: (edge: string) => void): () => void {
  const states = new Map<string, string | undefined>();
  return edges.onChange((name) => {
    const edge = edges.find(name);
    const key = name.toLowerCase();
    if (states.get(key) === edge?.state) return;
    states.set(key, edge?.state);
    tell(edge?.name ?? name);
  });
}

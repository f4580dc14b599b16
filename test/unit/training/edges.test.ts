import assert from 'node:assert/strict';
import { noEdges, type TrainingEdge, watchStates } from '../../../lib/training/edges';

const edge = (state: TrainingEdge['state']): TrainingEdge => ({
  name: 'edge-2',
  labels: [],
  state,
  sinceMs: 0,
  refusal: () => undefined,
});

describe('the edges of jobs', () => {
  it('are told of when they come or go, and not for all else', () => {
    let tell = (_: string): void => undefined;
    let now: TrainingEdge | undefined = edge('online');
    const edges = {
      ...noEdges,
      find: () => now,
      onChange: (listener: (name: string) => void) => {
        tell = listener;
        return () => undefined;
      },
    };
    const told: string[] = [];
    watchStates(edges, (name) => void told.push(`${name} ${now?.state}`));
    for (const next of [now, now, edge('offline'), edge('offline'), undefined, undefined, edge('online')]) {
      now = next;
      tell('EDGE-2');
    }
    assert.deepEqual(told, ['edge-2 online', 'edge-2 offline', 'EDGE-2 undefined', 'edge-2 online']);
  });
});

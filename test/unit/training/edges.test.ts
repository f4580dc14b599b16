import assert from 'node:assert/strict';
import type { JobDocument } from '../../../lib/training';
import { noEdges, type TrainingEdge, watchStates } from '../../../lib/training/edges';
import { findProblems } from '../../../lib/training/problems';
import { someFields } from '../../support/training-builders';

const edge = (state: TrainingEdge['state'], refusal?: string): TrainingEdge => ({
  name: 'edge-2',
  state,
  sinceMs: 0,
  refusal: () => refusal,
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

  const problemsOf = (trainingEdge: string, known: TrainingEdge | undefined) =>
    findProblems(
      {
        name: 'job',
        fields: someFields({ trainingEdge, scripts: [] }),
        files: { scripts: [] },
      } as unknown as JobDocument,
      { hasModel: true, collections: [], edge: known },
    ).filter(({ field }) => field === 'trainingEdge');

  it('are a problem of a job where there is none of the name, and where one cannot, which may pass', () => {
    assert.deepEqual(problemsOf('local', undefined), []);
    assert.deepEqual(problemsOf('edge-2', edge('offline')), []);
    assert.deepEqual(problemsOf('edge-2', undefined), [
      { field: 'trainingEdge', message: 'There is no edge named edge-2.' },
    ]);
    assert.deepEqual(problemsOf('edge-2', edge('online', 'It has no Docker.')), [
      { field: 'trainingEdge', message: 'It has no Docker.', isPassing: true },
    ]);
  });
});

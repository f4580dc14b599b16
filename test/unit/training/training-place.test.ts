import assert from 'node:assert/strict';
import { noEdges, type TrainingEdge } from '../../../lib/training/edges';
import {
  labelOf,
  lastingProblem,
  placeText,
  readyPlaces,
  refusalAt,
  waitsFor,
} from '../../../lib/training/training-place';

const anEdge = (name: string, labels: readonly string[], more: Partial<TrainingEdge> = {}): TrainingEdge => ({
  name,
  labels,
  state: 'online',
  sinceMs: 0,
  refusal: () => undefined,
  ...more,
});
const known = [
  anEdge('gpu-2', ['gpu']),
  anEdge('gpu-1', ['gpu', 'line=1']),
  anEdge('gpu-3', ['gpu', 'far'], { state: 'offline' }),
  anEdge('gpu-4', ['gpu', 'old'], { refusal: () => 'no Docker' }),
  anEdge('box', []),
];
const edges = { ...noEdges, list: () => known, find: (name: string) => known.find((edge) => edge.name === name) };

describe('where a job trains', () => {
  const places: readonly (readonly [string, string | undefined, string])[] = [
    ['box', undefined, 'box'],
    ['label:gpu', 'gpu', 'an edge with the label gpu'],
    ['Label: line=1', 'line=1', 'an edge with the label line=1'],
    ['label:', undefined, 'label:'],
  ];
  for (const [place, label, words] of places) {
    it(`${place}: ${words}`, () => assert.deepEqual([labelOf(place), placeText(place)], [label, words]));
  }

  const facts: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['box', ['box'], undefined],
    ['nobody', [], 'There is no edge named nobody.'],
    ['label:gpu', ['gpu-1', 'gpu-2'], undefined],
    ['label:old', [], 'no Docker'],
    ['label:none', [], 'No edge has the label none.'],
  ];
  for (const [place, ready, refusal] of facts) {
    it(`${place}: now ${ready.join(', ') || 'nowhere'}${refusal ? `, because: ${refusal}` : ''}`, () => {
      assert.deepEqual(readyPlaces(place, 'docker', edges), ready);
      assert.equal(refusalAt(place, 'docker', edges), refusal);
    });
  }

  const waits: readonly (readonly [string, string | undefined])[] = [
    ['box', undefined],
    ['nobody', undefined],
    ['label:gpu', undefined],
    ['label:old', 'no Docker'],
    ['label:none', 'No edge has the label none.'],
    ['label:far', 'No edge that has the label far and can take the run is online.'],
  ];
  for (const [place, missing] of waits) {
    it(`${place}: a run waits for ${missing ?? 'its turn'}`, () => {
      assert.equal(waitsFor(place, 'docker', edges), missing);
    });
  }

  it('pauses a schedule where there is no such place, not where an edge lacks something that may come', () => {
    const ofEdge = { field: 'trainingEdge', message: 'no Docker' };
    const ofScript = { field: 'scripts', message: 'no script' };
    assert.equal(lastingProblem([ofEdge], 'gpu-4', edges), undefined);
    assert.equal(lastingProblem([ofEdge], 'label:old', edges), undefined);
    assert.equal(lastingProblem([ofEdge, ofScript], 'gpu-4', edges), ofScript);
    assert.equal(lastingProblem([ofEdge], 'nobody', edges), ofEdge);
    assert.equal(lastingProblem([ofEdge], 'label:none', edges), ofEdge);
  });
});

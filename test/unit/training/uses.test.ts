import assert from 'node:assert/strict';
import type { JobDocument } from '../../../lib/training';
import { findProblems } from '../../../lib/training/problems';
import { Uses } from '../../../lib/training/uses';
import { someFields } from '../../support/training-builders';

const job = (name: string, fields: Readonly<Record<string, unknown>>): JobDocument => ({
  _id: name,
  id: name,
  name,
  createdAt: 0,
  updatedAt: 0,
  fields: someFields({ scripts: ['train.py'], ...fields }),
  files: { requirements: null, scripts: [{ path: 'train.py', digest: '' as never, sizeBytes: 1 }], additional: [] },
  pauseReason: null,
  scheduleHandledAt: 0,
  failuresInRow: 0,
  lastNumber: 0,
  endedRun: 0,
});
const reading = (source?: string) => ({
  queries: [
    {
      query: 'SELECT * FROM iris',
      newDataOnly: true,
      newDataCollections: ['iris'],
      ...(source === undefined ? {} : { source }),
    },
  ],
});

describe('what jobs need', () => {
  const jobs = [
    job('plain', reading()),
    job('local', reading('local')),
    job('edge', reading('edge')),
    job('plant', reading('plant')),
    job('other', { baseModel: 'Roses' }),
  ];
  const uses = new Uses({ jobs: { all: () => jobs }, runs: { all: () => [] } } as never);
  const namesOf = (found: readonly { readonly name: string }[]): readonly string[] => found.map(({ name }) => name);

  it('is a collection of this Node-RED, also as the data of the edge that trains', () => {
    assert.deepEqual(namesOf(uses.ofCollection('iris')), ['plain', 'local', 'edge']);
    assert.deepEqual(namesOf(uses.ofCollection('roses')), []);
  });

  it('is another source', () => {
    assert.deepEqual(namesOf(uses.ofSource('plant')), ['plant']);
  });

  it('is a base model, whatever the case of its name', () => {
    assert.deepEqual(namesOf(uses.ofModel('roses')), ['other']);
  });

  for (const { name, fields } of jobs) {
    const isFound = ['plain', 'local', 'edge'].includes(name);
    it(`is ${isFound ? '' : 'not '}missed by the job ${name} when the collection is gone`, () => {
      const problems = findProblems(job(name, fields), { hasModel: true, collections: [], refusal: undefined });
      assert.deepEqual(
        problems.map(({ field }) => field),
        isFound ? ['queries.0'] : [],
      );
    });
  }
});

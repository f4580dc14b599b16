import assert from 'node:assert/strict';
import { Digest } from '../../../lib/ids';
import type { Version } from '../../../lib/registry';
import { baseVersionOf } from '../../../lib/training/run/base-version';
import type { RunDocument } from '../../../lib/training/run/run-document';
import { someFields, someRun } from '../../support/training-builders';

const digest = Digest.parse(`sha256:${'0'.repeat(64)}`);
const other = Digest.parse(`sha256:${'1'.repeat(64)}`);

/** Version 1 of each model is deployed. */
const versions: readonly Pick<Version, 'model' | 'version' | 'digest'>[] = [
  { model: 'iris', version: 1, digest },
  { model: 'iris', version: 2, digest },
  { model: 'iris', version: 3, digest },
  { model: 'iris-made', version: 1, digest },
  { model: 'roses', version: 1, digest },
] as never;
const registry = {
  findVersion: (name: string, ref: unknown) =>
    versions.find(({ model, version }) => model === name && version === (ref === 'deployed' ? 1 : ref)) as Version,
};
const made = (number: number, version: number, more: Partial<RunDocument> = {}, model = 'iris'): RunDocument =>
  someRun({ _id: `run-${number}`, number, version: { model, version, digest }, ...more });

describe('the version a run goes on from', () => {
  const cases: readonly {
    readonly name: string;
    readonly fields?: Record<string, unknown>;
    readonly runs: readonly RunDocument[];
    readonly expected: string;
  }[] = [
    { name: 'the deployed one when there was no run', runs: [], expected: 'iris 1' },
    { name: 'what the job made last', runs: [made(1, 2), made(2, 3)], expected: 'iris 3' },
    { name: 'the one before when the last is gone', runs: [made(1, 2), made(2, 9)], expected: 'iris 2' },
    {
      name: 'the one before when the last is another file by now',
      runs: [made(1, 2), made(2, 3, { version: { model: 'iris', version: 3, digest: other } })],
      expected: 'iris 2',
    },
    { name: 'none of another job', runs: [made(1, 3, { jobId: 'job-2' })], expected: 'iris 1' },
    {
      name: 'the deployed one of a base model that the job has got since',
      fields: { baseModel: 'roses' },
      runs: [made(1, 2)],
      expected: 'roses 1',
    },
    {
      name: 'what was made last of the base model that the job has again',
      runs: [made(1, 2), made(2, 1, { fields: someFields({ baseModel: 'roses' }) }, 'roses')],
      expected: 'iris 2',
    },
    { name: 'whatever the case of its name', fields: { baseModel: 'IRIS' }, runs: [made(1, 2)], expected: 'iris 2' },
    {
      name: 'a model of its own that it made of the base model',
      fields: { updateExistingModel: false, newModelName: 'iris-made' },
      runs: [made(1, 1, {}, 'iris-made')],
      expected: 'iris-made 1',
    },
    { name: 'the number that is asked for', fields: { baseVersion: 2 }, runs: [made(1, 3)], expected: 'iris 2' },
  ];
  for (const { name, fields, runs, expected } of cases) {
    it(`is ${name}`, () => {
      const run = someRun({ _id: 'now', fields: someFields(fields) });
      const documents = { runs: { all: () => [...runs, run] }, jobs: undefined } as never;
      const found = baseVersionOf(run, { registry: registry as never, documents });
      assert.equal(`${found?.model} ${found?.version}`, expected);
    });
  }
});

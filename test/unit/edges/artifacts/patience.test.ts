import assert from 'node:assert/strict';
import { ArtifactPatience } from '../../../../lib/edges/artifacts';
import { type ErrorCode, ModelManagementError } from '../../../../lib/errors';

const anError = (code: ErrorCode): Error => new ModelManagementError(code, 'It does not come.', 'Wait.');
const times = (count: number, code: ErrorCode): readonly ErrorCode[] => Array.from({ length: count }, () => code);

describe('an artifact that does not come', () => {
  const cases: readonly {
    readonly what: string;
    readonly tries: readonly ErrorCode[];
    readonly mayCome: boolean;
  }[] = [
    { what: 'may come while nobody answers, however long', tries: times(1_000, 'TIMEOUT'), mayCome: true },
    { what: 'may come without a connection, however long', tries: times(1_000, 'BROKER_UNAVAILABLE'), mayCome: true },
    { what: 'may come when who has it said once that it has none', tries: ['NOT_FOUND'], mayCome: true },
    { what: 'is gone when who has it says so again and again', tries: times(10, 'NOT_FOUND'), mayCome: false },
    {
      what: 'may come when it was away between two such answers',
      tries: [...times(9, 'NOT_FOUND'), 'TIMEOUT', ...times(9, 'NOT_FOUND')],
      mayCome: true,
    },
    { what: 'comes no more when the disk is full', tries: ['STORAGE_FULL'], mayCome: false },
  ];
  for (const { what, tries, mayCome } of cases) {
    it(what, () => {
      const patience = new ArtifactPatience();
      assert.equal(tries.map((code) => patience.mayComeLater(anError(code))).at(-1), mayCome);
    });
  }
});

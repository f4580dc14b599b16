import assert from 'node:assert/strict';
import fc from 'fast-check';
import { VersionNumber } from '../../../lib/ids';
import { type DeployedMove, rollbackTarget, undoStack } from '../../../lib/registry/undo-stack';

const v = (version: number): VersionNumber => VersionNumber.parse(version);
const deploy = (version: number): DeployedMove => ({ kind: 'deploy', version: v(version) });
const rollback = (version: number): DeployedMove => ({ kind: 'rollback', version: v(version) });
const stackOf = (moves: readonly DeployedMove[], deleted: readonly number[] = []): readonly number[] =>
  undoStack(moves, (version) => !deleted.includes(version));

describe('undo stack of deployed', () => {
  for (const { name, moves, deleted = [], stack } of [
    { name: 'is empty while nothing was deployed', moves: [], stack: [] },
    { name: 'grows with every deploy', moves: [deploy(1), deploy(2), deploy(3)], stack: [1, 2, 3] },
    { name: 'shrinks with a rollback', moves: [deploy(1), deploy(2), deploy(3), rollback(2)], stack: [1, 2] },
    { name: 'ends at the first deploy', moves: [deploy(1), deploy(2), rollback(1)], stack: [1] },
    { name: 'ignores a second deploy of the same', moves: [deploy(1), deploy(2), deploy(2)], stack: [1, 2] },
    {
      name: 'pushes on what is current after a rollback',
      moves: [deploy(1), deploy(2), deploy(3), rollback(2), deploy(4)],
      stack: [1, 2, 4],
    },
    { name: 'may hold a version twice', moves: [deploy(1), deploy(2), deploy(1)], stack: [1, 2, 1] },
    { name: 'jumps over deleted versions', moves: [deploy(1), deploy(2), deploy(3)], deleted: [2], stack: [1, 3] },
    {
      name: 'does not roll back from a version to itself over a deleted one',
      moves: [deploy(1), deploy(2), deploy(1), deploy(3)],
      deleted: [2],
      stack: [1, 3],
    },
    {
      name: 'pops the deleted versions between with a rollback over them',
      moves: [deploy(1), deploy(2), deploy(3), rollback(1), deploy(4)],
      deleted: [2],
      stack: [1, 4],
    },
  ]) {
    it(name, () => assert.deepEqual(stackOf(moves, deleted), stack));
  }

  it('gives back every deployment, once each, in reverse order, whatever was deployed', () => {
    const versions = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
    fc.assert(
      fc.property(versions, (deployed) => {
        const moves: DeployedMove[] = deployed.map(deploy);
        const expected = deployed.filter((version, index) => version !== deployed[index - 1]);
        for (const current of expected.toReversed()) {
          assert.equal(stackOf(moves).at(-1), current);
          const target = rollbackTarget(undoStack(moves, () => true));
          if (target === undefined) return;
          moves.push({ kind: 'rollback', version: target });
        }
        assert.fail('rolled back further than deployed');
      }),
    );
  });

  it('never holds a deleted version, nor one beside itself', () => {
    const moves = fc.array(
      fc.record({ kind: fc.constantFrom('deploy', 'rollback'), version: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(moves, fc.uniqueArray(fc.integer({ min: 1, max: 5 })), (made, deleted) => {
        const stack = stackOf(
          made.map(({ kind, version }) => ({ kind, version: v(version) }) as DeployedMove),
          deleted,
        );
        assert.ok(stack.every((version, index) => !deleted.includes(version) && version !== stack[index - 1]));
      }),
    );
  });
});

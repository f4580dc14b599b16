import assert from 'node:assert/strict';
import { LibraryRunner } from '../../../../lib/pipeline/library';
import type { Usage } from '../../../../lib/registry/types';
import { aContext, LibraryLab } from '../../../support/libraries';
import { withCode } from '../../../support/registry-lab';

const name = 'pipelib_own';
const follower: Usage = { kind: 'node', id: 'n1', name: 'a node' };
const stamp = (n: number): string => `module.exports = () => ${n};`;

/** What the library answers now, or the code of its error. */
async function answerOf(lab: LibraryLab): Promise<unknown> {
  const { link, release } = lab.libraries.follow(name, follower);
  const runner = new LibraryRunner(link, 1_000);
  try {
    return await new Promise((resolve) =>
      runner.submit({ input: 1, context: aContext(), answer: resolve, fail: ({ code }) => resolve(code) }),
    );
  } finally {
    await runner.close(0);
    release();
  }
}

describe('libraries', function () {
  this.timeout(20_000);
  let lab: LibraryLab;
  const save = (source: string) => lab.libraries.save(name, { source }, 'ann');

  beforeEach(async () => {
    lab = await LibraryLab.open();
  });
  afterEach(() => lab[Symbol.asyncDispose]());

  it('GIVEN_a_full_disk_WHEN_a_revision_is_saved_or_deleted_THEN_the_one_before_runs_on_and_nobody_hears_of_it', async () => {
    await save(stamp(1));
    assert.equal(await answerOf(lab), 1);
    const changes: unknown[] = [];
    lab.libraries.onChange((change) => changes.push(change));
    lab.failWrites = true;
    await assert.rejects(save(`setInterval(() => console.log('alive'), 1); ${stamp(2)}`), /disk/);
    await assert.rejects(lab.libraries.remove(name, {}, null), /disk/);
    assert.deepEqual([await answerOf(lab), lab.libraries.get(name).revision, changes], [1, 1, []]);
    lab.failWrites = false;
    const said = lab.log.length;
    assert.equal((await save(stamp(3))).revision, 2, 'what was not written takes no number');
    assert.equal(await answerOf(lab), 3);
    assert.ok(!lab.log.slice(said).some(({ text }) => text === 'alive'), 'the timers of the refused one are gone');
    assert.deepEqual(changes, [{ name, change: 'updated' }]);
  });

  it('tells who saved, and when each change was', async () => {
    await save(stamp(1));
    await lab.libraries.save(name, { source: stamp(2) }, 'ben');
    const { updatedBy, createdAt, updatedAt } = lab.libraries.get(name);
    const [second, first] = lab.libraries.revisions(name);
    assert.deepEqual([updatedBy, second?.user, first?.user], ['ben', 'ben', 'ann']);
    assert.deepEqual([createdAt, updatedAt], [first?.at, second?.at]);
  });

  it('is loaded by its first follower and by nobody else, so that a start without flows runs none', async () => {
    await save("console.log('loaded'); module.exports = () => 1;");
    await lab.reopen();
    lab.libraries.list();
    lab.libraries.get(name);
    const loads = (): number => lab.log.filter(({ text }) => text === 'loaded').length;
    assert.equal(loads(), 0);
    await answerOf(lab);
    await answerOf(lab);
    assert.equal(loads(), 1);
  });

  it('GIVEN_many_saves_at_once_WHEN_they_are_done_THEN_the_last_one_runs', async () => {
    await save(stamp(0));
    await answerOf(lab);
    await Promise.all([1, 2, 3, 4, 5].map((n) => save(stamp(n))));
    assert.deepEqual([await answerOf(lab), lab.libraries.get(name).revision], [5, 6]);
  });

  it('GIVEN_a_follower_comes_while_a_revision_is_saved_WHEN_it_is_done_THEN_it_gets_the_new_one', async () => {
    await save(stamp(1));
    const saved = save(stamp(2));
    assert.equal(await answerOf(lab), 1);
    await saved;
    assert.equal(await answerOf(lab), 2);
  });

  it('a listener that throws keeps nobody else from hearing', async () => {
    const heard: unknown[] = [];
    lab.libraries.onChange(() => {
      throw new Error('listener');
    });
    const stop = lab.libraries.onChange(({ change }) => heard.push(change));
    await save(stamp(1));
    await lab.libraries.remove(name, {}, null);
    stop();
    await save(stamp(1));
    assert.deepEqual(heard, ['created', 'deleted']);
  });

  it('answers LIBRARY_NOT_FOUND once it is deleted', async () => {
    await save(stamp(1));
    await answerOf(lab);
    await lab.libraries.remove(name, {}, null);
    assert.equal(await answerOf(lab), 'LIBRARY_NOT_FOUND');
    assert.throws(() => lab.libraries.get(name), withCode('LIBRARY_NOT_FOUND'));
  });
});

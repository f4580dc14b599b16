import assert from 'node:assert/strict';
import { ResultRing, resultLimits } from '../../../../lib/pipeline/pipelines/result-ring';

const ring = (limits: Partial<typeof resultLimits> = {}) => new ResultRing(() => ({ ...resultLimits, ...limits }));
const told = (results: ResultRing) => results.all.map(({ topic, text, state }) => [topic, text, state]);

describe('the results of a pipeline', () => {
  it('tell what was published from what was not', () => {
    const results = ring();
    for (const run of ['a', 'b', 'c']) results.received(run, 'out', 'own', { run }, 0);
    results.completed('a', 'out', { topic: 'sent', payload: '{"run":"a"}' }, true);
    results.completed('b', 'out', { topic: 'own', payload: '{}' }, false);
    results.expire(resultLimits.patienceMs - 1);
    assert.deepEqual(told(results), [
      ['sent', '{"run":"a"}', 'published'],
      ['own', '{"run":"b"}', 'not_published'],
      ['own', '{"run":"c"}', 'pending'],
    ]);
    results.expire(resultLimits.patienceMs);
    assert.equal(results.all.at(-1)?.state, 'not_published');
  });

  it('are the last ones, cut, and changed no more once they are told', () => {
    const results = ring({ count: 2, textLength: 3 });
    for (const [index, run] of ['a', 'b', 'c'].entries()) results.received(run, 'out', run, 'long text', index);
    assert.deepEqual(told(results), [
      ['b', 'lon', 'pending'],
      ['c', 'lon', 'pending'],
    ]);
    assert.ok(results.all.every(({ isCut }) => isCut));
    results.completed('a', 'out', { topic: '', payload: '' }, true);
    assert.equal(results.all[0]?.state, 'pending');
  });

  it('of a flood are not written out before they are sent, but told all the same', () => {
    const results = ring({ writtenPerSecond: 1 });
    results.received('a', 'out', 'x', { n: 1 }, 0);
    results.received('b', 'out', 'x', { n: 2 }, 1);
    assert.deepEqual(
      results.all.map(({ text }) => text),
      ['{"n":1}', null],
    );
    results.completed('b', 'out', { topic: 'x', payload: '{"n":2}' }, true);
    assert.equal(results.all[1]?.text, '{"n":2}');
  });

  it('keep no payload, or nothing at all, where that is asked for', () => {
    const results = ring({ textLength: 0 });
    results.received('a', 'out', 'x', 'secret', 0);
    results.completed('a', 'out', { topic: 'x', payload: 'secret' }, true);
    assert.deepEqual(told(results), [['x', null, 'published']]);
    const none = ring({ count: 0 });
    none.received('a', 'out', 'x', 'y', 0);
    assert.deepEqual(none.all, []);
  });

  it('of an earlier process stand before those of this one, and wait no more', () => {
    const results = ring();
    results.received('new', 'out', 'n', '1', 5);
    results.precede([
      { runId: 'old', node: 'out', receivedAt: 0, topic: 'o', text: '0', isCut: false, state: 'pending' },
    ]);
    assert.deepEqual(told(results), [
      ['o', '0', 'not_published'],
      ['n', '1', 'pending'],
    ]);
  });

  it('of an earlier process lose what may not be kept any more, and that is something new to store', () => {
    const stored = ['a', 'b'].map((runId) => ({
      ...{ runId, node: 'out', receivedAt: 0, topic: 'o', text: 'secret', isCut: false },
      state: 'published' as const,
    }));
    const same = ring();
    same.precede(stored);
    assert.equal(same.changes, 0);
    const none = ring({ textLength: 0 });
    none.precede(stored);
    assert.deepEqual([none.all.map(({ text }) => text), none.changes > 0], [[null, null], true]);
    const fewer = ring({ count: 1, textLength: 3 });
    fewer.precede(stored);
    assert.deepEqual(
      [fewer.all.map(({ runId, text, isCut }) => [runId, text, isCut]), fewer.changes > 0],
      [[['b', 'sec', true]], true],
    );
  });

  it('are written out no more often where they leave as objects', () => {
    const results = ring({ writtenPerSecond: 1 });
    let written = 0;
    const payload = () => ({
      get n() {
        written += 1;
        return 1;
      },
    });
    for (const run of ['a', 'b', 'c']) {
      const sent = payload();
      results.received(run, 'out', 'x', sent, 0);
      results.completed(run, 'out', { topic: '', payload: sent }, true);
    }
    assert.ok(written <= 2, `${written} looks`);
    assert.deepEqual(
      results.all.map(({ text, state }) => [text, state]),
      [
        ['{"n":1}', 'published'],
        [null, 'published'],
        [null, 'published'],
      ],
    );
  });
});

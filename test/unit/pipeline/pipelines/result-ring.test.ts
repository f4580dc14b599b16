import assert from 'node:assert/strict';
import fc from 'fast-check';
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

  it('that the broker takes late were published, each as it went out', () => {
    const results = ring({ patienceMs: 10, count: 3 });
    for (const run of ['late', 'refused', 'new']) results.received(run, 'out', 'own', run, 0);
    results.completed('refused', 'out', { topic: '', payload: 'refused' }, false);
    results.expire(10);
    assert.deepEqual(
      results.all.map(({ state }) => state),
      ['not_published', 'not_published', 'not_published'],
    );
    const before = results.changes;
    for (const run of ['late', 'refused']) results.completed(run, 'out', { topic: 'sent', payload: run }, true);
    assert.notEqual(results.changes, before);
    assert.deepEqual(told(results), [
      ['sent', 'late', 'published'],
      ['own', 'refused', 'not_published'],
      ['own', 'new', 'not_published'],
    ]);
    results.received('other', 'out', 'own', 'other', 20);
    results.received('other', 'out', 'own', 'other', 20);
    results.received('other', 'out', 'own', 'other', 20);
    results.completed('new', 'out', { topic: 'sent', payload: 'new' }, true);
    assert.deepEqual(
      results.all.map(({ state }) => state),
      ['pending', 'pending', 'pending'],
    );
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

  it('do not change in the hands of whoever read them', () => {
    const results = ring();
    results.received('a', 'out', 'x', 'text', 0);
    const [read] = results.all;
    results.completed('a', 'out', { topic: 'y', payload: 'sent' }, true);
    assert.deepEqual([read?.state, read?.topic, read?.text], ['pending', 'x', 'text']);
  });

  it('are those of a list that loses its first, whatever comes, and however many are kept meanwhile', () => {
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('received'), run: fc.nat({ max: 3 }), node: fc.nat({ max: 1 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom('published', 'failed'),
          run: fc.nat({ max: 3 }),
          node: fc.nat({ max: 1 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('keep'), run: fc.nat({ max: 6 }), node: fc.constant(0) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        let limits = { ...resultLimits, count: 3 };
        const results = new ResultRing(() => limits);
        let expected: { key: string; text: string; state: string }[] = [];
        for (const [index, { kind, run, node }] of events.entries()) {
          const key = `${run} ${node}`;
          const pending = expected.find((one) => one.key === key && one.state === 'pending');
          if (kind === 'keep') {
            limits = { ...limits, count: run };
            results.precede([]);
          } else if (kind === 'received') {
            results.received(`${run}`, `${node}`, 'x', `${index}`, index);
            expected.push({ key, text: `${index}`, state: 'pending' });
          } else {
            const isPublished = kind === 'published';
            results.completed(`${run}`, `${node}`, { topic: 'x', payload: `sent ${index}` }, isPublished);
            if (pending) pending.state = isPublished ? 'published' : 'not_published';
            if (pending && isPublished) pending.text = `sent ${index}`;
          }
          expected = limits.count === 0 ? [] : expected.slice(-limits.count);
          assert.deepEqual(
            results.all.map((one) => ({ key: `${one.runId} ${one.node}`, text: one.text, state: one.state })),
            expected,
          );
        }
      }),
    );
  });
});

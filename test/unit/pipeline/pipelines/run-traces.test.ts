import assert from 'node:assert/strict';
import { RunTraces } from '../../../../lib/pipeline/pipelines/run-traces';
import { FakeClock } from '../../../support/fake-clock';

describe('a run node by node', () => {
  let clock: FakeClock;
  let nowMs: number;
  let traces: RunTraces;
  beforeEach(() => {
    clock = new FakeClock();
    nowMs = 0;
    traces = new RunTraces(clock, () => nowMs);
  });
  const shown = (runId: string) =>
    traces.steps(runId)?.map(({ node, durationMs, text, error }) => [node, durationMs, text, error]);

  it('is what came to each node, how long it took, and its error', () => {
    traces.sample('r', 100);
    traces.received('r', 'a', { x: 1 });
    nowMs += 1.25;
    traces.received('r', 'b', 'text');
    traces.done('r', 'a', null);
    nowMs += 2.5;
    traces.done('r', 'b', 'no number');
    traces.received('r', 'c', 3);
    traces.done('r', 'unknown', null);
    assert.deepEqual(shown('r'), [
      ['a', 1.25, '{"x":1}', null],
      ['b', 2.5, '"text"', 'no number'],
      ['c', null, '3', null],
    ]);
  });

  it('is kept apart where a node has two messages of it: the first to come is the first to be done', () => {
    traces.begin('r', false);
    traces.received('r', 'a', 1);
    nowMs = 10;
    traces.received('r', 'a', 2);
    nowMs = 15;
    traces.done('r', 'a', null);
    traces.done('r', 'a', 'no');
    assert.deepEqual(shown('r'), [
      ['a', 15, '1', null],
      ['a', 5, '2', 'no'],
    ]);
  });

  it('is not there of others', () => {
    traces.received('other', 'a', 1);
    traces.done('other', 'a', null);
    assert.equal(traces.steps('other'), undefined);
  });

  it('holds no payload where none may be kept', () => {
    traces.sample('r', 0);
    traces.received('r', 'a', 'secret');
    const [step] = traces.steps('r') ?? [];
    assert.deepEqual([step?.text, step?.isCut], ['', true]);
  });

  it('is kept of the last sixty, of each so much, and never at the cost of tests', () => {
    traces.begin('test', true);
    for (let index = 0; index < 61; index += 1) traces.sample(`r${index}`, 10_000);
    assert.deepEqual(
      ['test', 'r0', 'r1', 'r60'].map((id) => traces.steps(id)?.length),
      [0, undefined, 0, 0],
    );
    for (let index = 0; index < 60; index += 1) traces.received('r60', 'a', 'x'.repeat(1_000));
    const steps = traces.steps('r60') ?? [];
    assert.deepEqual([steps.length, steps[0]?.text.length, steps[0]?.isCut], [50, 500, true]);
    traces.sample('test', 0);
    traces.received('test', 'a', 'still a test');
    assert.deepEqual(shown('test'), [['a', null, '"still a test"', null]]);
    for (let index = 0; index < 50; index += 1) traces.begin(`test${index}`, false);
    assert.equal(traces.steps('test'), undefined, 'the fifty last tests');
    assert.equal(traces.isDry('test'), true, 'nothing of it leaves all the same');
  });

  it('is noted for a minute after it began; after a test, for ten', () => {
    assert.equal(traces.until, 0);
    traces.sample('r', 0);
    assert.equal(traces.until, clock.now() + 60_000);
    traces.begin('test', false);
    assert.equal(traces.until, clock.now() + 600_000);
    traces.sample('s', 0);
    assert.equal(traces.until, clock.now() + 600_000);
  });
});

import assert from 'node:assert/strict';
import type { EdgeHub } from '../../../lib/edges/hub/edge-hub';
import { EdgeTriggers, MAX_OPEN_REQUESTS } from '../../../lib/edges/hub/runs/edge-triggers';
import type { RunNewsCommand, RunRequestEvent } from '../../../lib/edges/protocol/run-requests';
import { silentLog } from '../../../lib/log';
import type { Training } from '../../../lib/training/training';
import { FakeClock } from '../../support/fake-clock';
import { someFields } from '../../support/training-builders';
import { waitFor } from '../../support/wait-for';

const started = { id: 'run', number: 1, job: 'job', state: 'queued', phases: [], durationMs: null };

/** A hub with a job that edges may start, as slow as told. */
function aHub(begun: Promise<void> = Promise.resolve()) {
  const asked: unknown[] = [];
  const news: RunNewsCommand[] = [];
  let hear: (edge: string, event: RunRequestEvent) => void = () => undefined;
  const hub = {
    onEvent: (listener: typeof hear) => {
      hear = listener;
      return () => undefined;
    },
    onChange: () => () => undefined,
    standing: () => ({ state: 'online', labels: [] }),
    command: async (_edge: string, command: RunNewsCommand) => void news.push(command),
  } as unknown as EdgeHub;
  const training = {
    onChange: () => () => undefined,
    job: async () => ({ name: 'job', ...someFields({ triggerEdges: ['edge-2', 'edge-3'] }) }),
    startRun: async (_job: string, input: unknown) => {
      asked.push(input);
      await begun;
      return started;
    },
  } as unknown as Training;
  const triggers = new EdgeTriggers({ hub, training, clock: new FakeClock(), log: silentLog });
  const ask = (id: string, overrides?: Record<string, unknown>, edge = 'edge-2'): void =>
    hear(edge, { type: 'request-run', at: 0, id, job: 'job', node: 'node', ...(overrides ? { overrides } : {}) });
  const answerTo = (id: string): Promise<RunNewsCommand> =>
    waitFor(() => news.find(({ request }) => request === id), { what: `the answer to ${id}` });
  return { ask, answerTo, asked, triggers };
}

describe('a run that an edge asks for', () => {
  const { limits } = someFields();
  const cases: readonly (readonly [
    what: string,
    overrides: Record<string, unknown> | undefined,
    code: string | undefined,
  ])[] = [
    ['nothing told', undefined, undefined],
    ['all rows', { data: 'all' }, undefined],
    ['the limits of the job', { limits: { ...limits } }, undefined],
    ['lower limits', { limits: { memoryBytes: limits.memoryBytes / 2, timeoutMs: 1_000 } }, undefined],
    ['more memory', { limits: { memoryBytes: limits.memoryBytes + 1 } }, 'FORBIDDEN'],
    ['more time beside fewer processes', { limits: { pids: 8, timeoutMs: limits.timeoutMs * 2 } }, 'FORBIDDEN'],
    ['more room', { limits: { outputBytes: limits.outputBytes * 2 } }, 'FORBIDDEN'],
    ['more processors', { limits: { cpus: limits.cpus + 0.5 } }, 'FORBIDDEN'],
    ['variables', { env: {} }, 'FORBIDDEN'],
  ];
  for (const [what, overrides, code] of cases) {
    it(`with ${what}: ${code ?? 'started'}`, async () => {
      const { ask, answerTo, asked } = aHub();
      ask('one', overrides);
      const answer = await answerTo('one');
      assert.equal(answer.error?.code, code);
      assert.deepEqual(asked, code ? [] : [overrides ? { overrides } : {}]);
    });
  }

  it('is refused while the hub has many of that edge to answer, and others are not', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { ask, answerTo, asked } = aHub(promise);
    for (let n = 0; n < MAX_OPEN_REQUESTS; n += 1) ask(`request-${n}`);
    ask('request-0');
    ask('beyond');
    ask('of another', undefined, 'edge-3');
    assert.equal((await answerTo('beyond')).error?.code, 'QUEUE_FULL');
    await waitFor(() => asked.length === MAX_OPEN_REQUESTS + 1, { what: 'the others to be asked for' });
    resolve();
    assert.equal((await answerTo('of another')).run?.id, 'run');
    assert.equal((await answerTo('request-0')).run?.id, 'run');
    await answerTo(`request-${MAX_OPEN_REQUESTS - 1}`);
    ask('later');
    assert.equal((await answerTo('later')).run?.id, 'run');
  });

  it('is started once, however often it is asked for', async () => {
    const { ask, answerTo, asked } = aHub();
    for (let n = 0; n < 3; n += 1) ask('same');
    await answerTo('same');
    assert.equal(asked.length, 1);
  });
});

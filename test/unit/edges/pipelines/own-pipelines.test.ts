import assert from 'node:assert/strict';
import { ownPipelines } from '../../../../lib/edges/agent/pipelines/own-pipelines';
import { newPipeline } from '../../../../lib/edges/agent/pipelines/pipeline-state';
import type { PipelineSituation } from '../../../../lib/edges/agent/pipelines/plan-pipelines';
import type { PipelineStatus } from '../../../../lib/edges/protocol/pipeline-documents';
import { aPipeline, applied, failed, has, situation, stuck } from '../../../support/pipeline-builders';

const a1 = aPipeline('a', 1);
const a2 = aPipeline('a', 2);
const b1 = aPipeline('b', 1);
const withIris = aPipeline('a', 1, { models: ['iris'] });

describe('the pipelines of an edge as it shows them itself', () => {
  const status: PipelineStatus = {
    state: 'listening',
    since: '2026-01-01T00:00:00.000Z',
    counters: { runs: 0, failed: 0, noOutput: 0, dropped: 0 },
    lastRunAt: null,
  };
  const base = { id: 'a', name: 'Pipeline a', desired: 1, running: true };
  const gone = { ...base, desired: null };
  const cases: readonly (readonly [string, PipelineSituation, object])[] = [
    ['that comes', situation([a1]), { ...base, reported: { state: 'downloading', revision: null } }],
    [
      'that waits',
      situation([withIris], { ...has(a1), isModelReady: () => false }),
      { ...base, reported: { state: 'pending', revision: null, waitingFor: 'the model iris' } },
    ],
    [
      'that stands',
      situation([a1], { states: [applied(a1)] }),
      { ...base, reported: { state: 'deployed', revision: 1, status } },
    ],
    [
      'that failed in a later revision',
      situation([a2], { states: [failed(a2, applied(a1))] }),
      {
        ...base,
        desired: 2,
        reported: { state: 'failed', revision: 1, error: { code: 'MISSING_NODE_TYPES', message: 'x' }, status },
      },
    ],
    [
      'that is wanted no more',
      situation([], { states: [applied(a1)] }),
      { ...gone, reported: { state: 'pending', revision: 1, status } },
    ],
    [
      'that could not be removed',
      situation([], { states: [stuck(a1)] }),
      {
        ...gone,
        reported: { state: 'failed', revision: 1, error: { code: 'FLOWS_NOT_RUNNING', message: 'x' }, status },
      },
    ],
    [
      'that stands, of a hub that has said nothing',
      situation(null, { states: [applied(a1)] }),
      { ...gone, reported: { state: 'deployed', revision: 1, status } },
    ],
  ];
  for (const [what, now, expected] of cases) {
    it(what, () =>
      assert.deepEqual(
        ownPipelines(now, () => status),
        [expected],
      ),
    );
  }

  it('are in the order of their names, without what never came to stand and is wanted no more', () => {
    const now = situation([b1, a1], { states: [newPipeline('c', 'hub-1')] });
    assert.deepEqual(
      ownPipelines(now, () => status).map(({ id }) => id),
      ['a', 'b'],
    );
  });
});

import assert from 'node:assert/strict';
import { newPipeline, PipelineState, reducePipeline } from '../../../../lib/edges/agent/pipelines/pipeline-state';
import {
  nextPipelinePlanAt,
  type PipelineSituation,
  type PipelineStep,
  planPipelines,
  reportPipeline,
} from '../../../../lib/edges/agent/pipelines/plan-pipelines';
import type { DesiredLibrary, DesiredPipeline } from '../../../../lib/edges/protocol/pipeline-documents';
import { aLibrary, aPipeline, applied, failed, has, NOW, situation, stuck } from '../../../support/pipeline-builders';

const a1 = aPipeline('a', 1);
const a2 = aPipeline('a', 2);
const b1 = aPipeline('b', 1);
const scale1 = aLibrary('pipelib_scale', 1);
const scale2 = aLibrary('pipelib_scale', 2);
const withIris = aPipeline('a', 1, { models: ['iris'] });
const stopped = aPipeline('a', 1, { models: ['iris'], running: false });
const noModel = { isModelReady: () => false, isModelServed: () => false };
const withScale = aPipeline('a', 1, { libraries: ['pipelib_scale'] });

const provides = (...libraries: DesiredLibrary[]) => ({
  provided: new Map(libraries.map(({ name, digest }) => [name as string, digest])),
});
const told = (step: PipelineStep | undefined): string => {
  switch (step?.kind) {
    case undefined:
      return 'nothing';
    case 'fetch':
      return `fetch ${step.file.kind} of ${step.target.id}`;
    case 'provide':
      return `provide ${step.library.name} ${step.library === scale2 ? 2 : 1}`;
    case 'place':
      return [`place ${step.target.id} ${step.target.revision}`, ...step.libraries.map(({ name }) => name)].join(
        ' with ',
      );
    case 'remove':
      return `remove ${step.id}`;
    case 'recall':
      return `recall ${step.library.name}`;
    case 'withdraw':
      return `withdraw ${step.library}`;
  }
};

describe('the plan for the pipelines of an edge', () => {
  const cases: readonly (readonly [string, PipelineSituation, string])[] = [
    ['before the hub has said anything', situation(null, { states: [applied(a1)], ...provides(scale1) }), 'nothing'],
    ['before that, of a library that answered', situation(null, { stored: [scale1] }), 'recall pipelib_scale'],
    ['of a library that answered and is wanted no more', situation([], { stored: [scale1] }), 'withdraw pipelib_scale'],
    ['of two, of which one has to be fetched', situation([a1, b1], has(b1)), 'place b 1'],
    ['of one to go, while another is fetched', situation([b1], { states: [applied(a1)] }), 'remove a'],
    ['of one whose removal failed', situation([b1], { states: [stuck(a1)] }), 'fetch pipeline of b'],
    [
      'of a clock that was set back',
      situation([a1], {
        ...has(a1),
        states: [
          reducePipeline(applied(a2), { kind: 'failed', target: a1, code: 'X', message: 'x', jitter: 0 }, NOW + 1e9),
        ],
      }),
      'place a 1',
    ],
    ['of a new one', situation([a1]), 'fetch pipeline of a'],
    ['of one whose bundle is there', situation([a1], has(a1)), 'place a 1'],
    ['of one that stands', situation([a1], { ...has(a1), states: [applied(a1)] }), 'nothing'],
    ['of one that stands, and whose bundle is gone', situation([a1], { states: [applied(a1)] }), 'nothing'],
    ['of a later revision', situation([a2], { ...has(a1), states: [applied(a1)] }), 'fetch pipeline of a'],
    ['of an earlier revision', situation([a1], { ...has(a1, a2), states: [applied(a2)] }), 'place a 1'],
    [
      'of one to be stopped',
      situation([aPipeline('a', 1, { running: false })], { ...has(a1), states: [applied(a1)] }),
      'place a 1',
    ],
    [
      'of another broker',
      situation([aPipeline('a', 1, { brokerId: 'b' })], { ...has(a1), states: [applied(a1)] }),
      'place a 1',
    ],
    [
      'of another attempt',
      situation([aPipeline('a', 1, { attempt: 1 })], { ...has(a1), states: [applied(a1)] }),
      'place a 1',
    ],
    [
      'of an edge whose broker is another one now',
      situation([a1], { ...has(a1), states: [applied(a1)], surroundings: 't' }),
      'place a 1',
    ],
    [
      'of one that was changed on the edge',
      situation([a1], { ...has(a1), states: [applied(a1)], isChanged: () => true }),
      'nothing',
    ],
    ['of one that is wanted no more', situation([b1], { ...has(a1), states: [applied(a1)] }), 'remove a'],
    [
      'of one that is wanted no more and never stood',
      situation([], { states: [newPipeline('a', 'hub-1')] }),
      'remove a',
    ],
    ['while no flows run', situation([b1], { ...has(b1), states: [applied(a1)], areFlowsReady: false }), 'nothing'],
    ['while no flows run, of what need not', situation([b1], { areFlowsReady: false }), 'fetch pipeline of b'],
    [
      'of one whose model is not ready',
      situation([aPipeline('a', 1, { models: ['iris'] })], { ...has(a1), isModelReady: () => false }),
      'nothing',
    ],
    [
      'of one to stand still whose model is not ready',
      situation([aPipeline('a', 1, { models: ['iris'], running: false })], { ...has(a1), isModelReady: () => false }),
      'place a 1',
    ],
    [
      'of one to be started again whose model is served, and comes in a later version',
      situation([withIris], { ...has(a1), states: [applied(withIris, stopped)], isModelReady: () => false }),
      'place a 1',
    ],
    [
      'of one to be started again whose model is not served',
      situation([withIris], { ...has(a1), states: [applied(withIris, stopped)], ...noModel }),
      'nothing',
    ],
    [
      'of one to be started for the first time whose model is served in an earlier version',
      situation([withIris], { ...has(a1), states: [applied(stopped)], isModelReady: () => false }),
      'nothing',
    ],
    [
      'of a later revision to be started whose model is served in an earlier version',
      situation([aPipeline('a', 2, { models: ['iris'] })], {
        ...has(a1, a2),
        states: [applied(withIris, aPipeline('a', 2, { models: ['iris'], running: false }))],
        isModelReady: () => false,
      }),
      'nothing',
    ],
    [
      'of one that ran, was stopped in an older form of what is kept, and is to be started',
      situation([withIris], {
        ...has(a1),
        states: [
          reducePipeline(
            PipelineState.parse({ ...applied(withIris), ran: undefined }),
            { kind: 'applied', target: stopped, surroundings: 's' },
            NOW,
          ),
        ],
        isModelReady: () => false,
      }),
      'place a 1',
    ],
    [
      'of one that runs, was changed and is restored, whose model comes in a later version',
      situation([aPipeline('a', 1, { models: ['iris'], attempt: 1 })], {
        ...has(a1),
        states: [applied(withIris)],
        isModelReady: () => false,
      }),
      'place a 1',
    ],
    ['of two', situation([b1, a1], has(a1, b1)), 'place a 1'],
    ['of one behind one that waits', situation([a1, b1], { ...has(a1, b1), states: [failed(a1)] }), 'place b 1'],
    [
      'of one that failed in another attempt',
      situation([aPipeline('a', 1, { attempt: 1 })], { ...has(a1), states: [failed(a1)] }),
      'place a 1',
    ],
    [
      'of a library that is not there',
      situation([withScale], { ...has(withScale), libraries: [scale1] }),
      'fetch library of a',
    ],
    [
      'of a library that is there',
      situation([withScale], { ...has(withScale, scale1), libraries: [scale1] }),
      'place a 1 with pipelib_scale',
    ],
    [
      'of a library that answers already',
      situation([withScale], { ...has(withScale, scale1), libraries: [scale1], ...provides(scale1) }),
      'place a 1',
    ],
    [
      'of a library that another pipeline renewed',
      situation([withScale], {
        ...has(withScale, scale2),
        libraries: [scale2],
        states: [applied(withScale)],
        ...provides(scale1),
      }),
      'provide pipelib_scale 2',
    ],
    [
      'of a library that nothing calls any more',
      situation([a1], { ...has(a1), states: [applied(a1)], ...provides(scale1) }),
      'withdraw pipelib_scale',
    ],
    [
      'of a library that what stands may still call, beside one to go',
      situation([a2], {
        ...has(a2),
        states: [applied(withScale), failed(b1)],
        isModelReady: () => false,
        ...provides(scale1),
      }),
      'place a 2',
    ],
    [
      'of a library that the revision before calls, whose successor waits',
      situation([aPipeline('a', 2, { models: ['iris'] })], {
        ...has(a2),
        states: [applied(withScale)],
        isModelReady: () => false,
        ...provides(scale1),
      }),
      'nothing',
    ],
  ];
  for (const [what, now, step] of cases) {
    it(`${what}: ${step}`, () => assert.equal(told(planPipelines(now, NOW)), step));
  }

  it('tries what failed again when its time has come, which is later each time', () => {
    let state = failed(a1);
    const delays: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      const at = nextPipelinePlanAt([state], NOW) ?? 0;
      delays.push(at - NOW);
      assert.equal(told(planPipelines(situation([a1], { ...has(a1), states: [state] }), at - 1)), 'nothing');
      assert.equal(told(planPipelines(situation([a1], { ...has(a1), states: [state] }), at)), 'place a 1');
      state = failed(a1, state);
    }
    assert.deepEqual(delays, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000, 300_000]);
    assert.equal(nextPipelinePlanAt([reducePipeline(state, { kind: 'retry' }, NOW)], NOW), undefined);
  });

  it('has nothing to tell of a failure that is over', () => {
    const recovered = reducePipeline(
      failed(withScale, applied(withScale)),
      { kind: 'recovered', target: withScale },
      NOW,
    );
    assert.equal(recovered.failure, null);
    assert.equal(
      reducePipeline(failed(a2), { kind: 'recovered', target: a1 }, NOW).failure?.code,
      'MISSING_NODE_TYPES',
    );
  });

  it('comes to an end from any beginning, with what is wanted and nothing else', () => {
    const targets = [withScale, a2, aPipeline('a', 2, { running: false }), b1];
    for (const first of [undefined, ...targets]) {
      for (const last of [...targets, undefined]) {
        const states = new Map(first ? [[first.id, applied(first)]] : []);
        const provided = new Map(first?.libraries.length ? [[scale1.name as string, scale1.digest]] : []);
        const present = new Set<string>();
        const desired = { pipelines: last ? [last] : [], libraries: last?.libraries.length ? [scale2] : [] };
        const now = (): PipelineSituation => ({
          ...situation([]),
          desired,
          states,
          provided,
          present: present as never,
        });
        for (let count = 0; ; count += 1) {
          assert.ok(count < 10, 'it goes on for ever');
          const step = planPipelines(now(), NOW);
          if (!step) break;
          if (step.kind === 'fetch') present.add(step.file.digest);
          else if (step.kind === 'provide') provided.set(step.library.name, step.library.digest);
          else if (step.kind === 'remove') states.delete(step.id);
          else if (step.kind === 'withdraw') provided.delete(step.library);
          else if (step.kind === 'place') {
            for (const { name, digest } of step.libraries) provided.set(name, digest);
            states.set(step.target.id, applied(step.target));
          }
        }
        assert.deepEqual(
          [...states.values()].map((state) => state.applied),
          last ? [last] : [],
        );
        assert.deepEqual(
          [...provided.values()],
          desired.libraries.map(({ digest }) => digest),
        );
      }
    }
  });
});

describe('what an edge says of a pipeline', () => {
  const cases: readonly (readonly [string, DesiredPipeline, PipelineSituation, object])[] = [
    ['that comes', a1, situation([a1]), { state: 'downloading', revision: null }],
    ['that is about to be placed', a1, situation([a1], has(a1)), { state: 'pending', revision: null }],
    [
      'that waits for a model',
      aPipeline('a', 1, { models: ['iris'] }),
      situation([], { ...has(a1), isModelReady: () => false }),
      { state: 'pending', revision: null, waitingFor: 'the model iris' },
    ],
    [
      'that waits for the flows',
      a1,
      situation([], { ...has(a1), areFlowsReady: false }),
      { state: 'pending', revision: null, waitingFor: 'the flows of this Node-RED, which do not run' },
    ],
    ['that stands', a1, situation([], { states: [applied(a1)] }), { state: 'deployed', revision: 1 }],
    [
      'that was changed there',
      a1,
      situation([], { states: [applied(a1)], isChanged: () => true }),
      { state: 'deployed', revision: 1, changed: true },
    ],
    [
      'of which a later revision comes',
      a2,
      situation([], { states: [applied(a1)] }),
      { state: 'downloading', revision: 1 },
    ],
    [
      'of which a later revision failed',
      a2,
      situation([], { states: [failed(a2, applied(a1))] }),
      { state: 'failed', revision: 1, error: { code: 'MISSING_NODE_TYPES', message: 'x' }, retryAt: NOW + 5_000 },
    ],
  ];
  for (const [what, target, now, expected] of cases) {
    it(what, () => assert.deepEqual(reportPipeline(target, now), { id: 'a', ...expected }));
  }
});

import assert from 'node:assert/strict';
import { HEALTH_WINDOW_MS } from '../../../lib/edges/agent/health';
import { emptyState, filesOf, type ModelState, targetKey, versionKey } from '../../../lib/edges/agent/model-state';
import { type EdgeStep, type Facts, nextPlanAt, planEdge } from '../../../lib/edges/agent/planner';
import type { DesiredModel } from '../../../lib/edges/protocol/documents';
import type { Digest } from '../../../lib/ids';
import { anAcceptedDesired, aTarget } from '../../support/edge-builders';

const NOW = 1_000_000;
const v1 = aTarget('iris', 1);
const v2 = aTarget('iris', 2);
const [file1, shared] = filesOf(v1) as [ReturnType<typeof filesOf>[0], ReturnType<typeof filesOf>[0]];
const [file2] = filesOf(v2) as [ReturnType<typeof filesOf>[0]];

const facts = (fields: Partial<Facts> = {}): Facts => ({
  present: new Map(),
  verified: new Set(),
  tested: new Set(),
  warm: new Map(),
  active: new Map(),
  served: new Map(),
  freeBytes: 1e9,
  neededElsewhere: new Set(),
  isReported: true,
  ...fields,
});
const state = (fields: Partial<ModelState> = {}): ModelState => ({ ...emptyState('iris'), ...fields });
const present = (...targets: DesiredModel[]): Map<Digest, number> =>
  new Map(targets.flatMap((target) => filesOf(target).map(({ digest, sizeBytes }) => [digest, sizeBytes] as const)));
const ready = (...targets: DesiredModel[]): Partial<Facts> => ({
  present: present(...targets),
  verified: new Set(present(...targets).keys()),
  tested: new Set(targets.flatMap(({ versions }) => versions.map(versionKey))),
});
const told = (step: EdgeStep): string => {
  switch (step.kind) {
    case 'download':
    case 'verify':
      return `${step.kind} ${step.file.digest}`;
    case 'collect':
      return `collect ${step.digests.join(' ')}`;
    case 'start':
    case 'lose':
    case 'warm':
    case 'switch':
    case 'return':
      return `${step.kind} ${step.target.deployed}`;
    default:
      return step.kind;
  }
};
const running1 = { active: new Map([['iris', targetKey(v1)]]) };
const failureOf = (target: DesiredModel, retryAt: number, step = 'test-load') => ({
  targetKey: targetKey(target),
  attempt: target.attempt,
  step,
  code: 'X',
  message: 'x',
  count: 1,
  retryAt,
});

describe('the plan of an edge', () => {
  for (const { name, desired, model, given, steps } of [
    { name: 'nothing is wanted and nothing is there', desired: [], steps: [] },
    {
      name: 'nobody has said what is wanted: what ran is started, nothing is collected',
      desired: null,
      model: state({ running: v1 }),
      given: { ...ready(v1), present: present(v1, v2) },
      steps: ['start 1'],
    },
    { name: 'a file is missing', desired: [v1], steps: [`download ${file1.digest}`] },
    {
      name: 'another one is missing',
      desired: [v1],
      given: { present: new Map([[file1.digest, 100]]) },
      steps: [`download ${shared.digest}`],
    },
    {
      name: 'a file is not verified',
      desired: [v1],
      given: { present: present(v1) },
      steps: [`verify ${file1.digest}`],
    },
    {
      name: 'all are verified',
      desired: [v1],
      given: { present: present(v1), verified: new Set(present(v1).keys()) },
      steps: ['test-load'],
    },
    { name: 'it was test-loaded', desired: [v1], given: ready(v1), steps: ['warm 1'] },
    {
      name: 'it is warm',
      desired: [v1],
      given: { ...ready(v1), warm: new Map([['iris', targetKey(v1)]]) },
      steps: ['switch 1'],
    },
    {
      name: 'another one is warm',
      desired: [v2],
      given: { ...ready(v2), warm: new Map([['iris', targetKey(v1)]]) },
      steps: ['warm 2'],
    },
    { name: 'it runs', desired: [v1], model: state({ running: v1 }), given: { ...ready(v1), ...running1 }, steps: [] },
    {
      name: 'it runs, and the user tried again',
      desired: [aTarget('iris', 1, { attempt: 7 })],
      model: state({ running: v1 }),
      given: { ...ready(v1), ...running1 },
      steps: [],
    },
    {
      name: 'it ran before the power was cut, and what lies on the disk is compared first',
      desired: [v1],
      model: state({ running: v1 }),
      given: { present: present(v1) },
      steps: [`verify ${file1.digest}`],
    },
    {
      name: 'it ran before the power was cut, and is whole',
      desired: [v1],
      model: state({ running: v1 }),
      given: ready(v1),
      steps: ['start 1'],
    },
    {
      name: 'a file of what ran is gone, and it is wanted: it is fetched',
      desired: [v1],
      model: state({ running: v1 }),
      given: { present: new Map([[shared.digest, 10]]) },
      steps: [`download ${file1.digest}`],
    },
    {
      name: 'a file of what ran is gone, and the fetch failed and waits',
      desired: [v1],
      model: state({ running: v1, failure: failureOf(v1, NOW + 1, 'download') }),
      steps: [],
    },
    {
      name: 'a file of what ran is gone, and another is wanted: that is fetched',
      desired: [v2],
      model: state({ running: v1 }),
      given: { present: new Map([[shared.digest, 10]]) },
      steps: [`download ${file2.digest}`],
    },
    {
      name: 'a file of what ran is gone: it gives way to what ran well',
      desired: [v2],
      model: state({ running: v2, lastGood: v1 }),
      given: ready(v1),
      steps: ['lose 2'],
    },
    {
      name: 'a file of what ran is gone, and nobody has said what is wanted: that is told',
      desired: null,
      model: state({ running: v1 }),
      steps: ['lose 1'],
    },
    {
      name: 'a file of what runs is gone, and it is wanted: it is fetched',
      desired: [v1],
      model: state({ running: v1 }),
      given: { ...running1, present: new Map([[shared.digest, 10]]) },
      steps: [`download ${file1.digest}`],
    },
    {
      name: 'a start failed and waits',
      desired: [v1],
      model: state({ running: v1, failure: failureOf(v1, NOW + 1, 'start') }),
      given: ready(v1),
      steps: [],
    },
    {
      name: 'a start failed and its time has come',
      desired: [v1],
      model: state({ running: v1, failure: failureOf(v1, NOW, 'start') }),
      given: ready(v1),
      steps: ['start 1'],
    },
    {
      name: 'the one before is started while the other waits',
      desired: [v2],
      model: state({ running: v1, failure: failureOf(v2, NOW + 1, 'start') }),
      given: ready(v1, v2),
      steps: ['start 1'],
    },
    {
      name: 'a target failed and waits',
      desired: [v2],
      model: state({ running: v1, failure: failureOf(v2, NOW + 1) }),
      given: { ...ready(v1), ...running1 },
      steps: [],
    },
    {
      name: 'a newer target does not wait for the older',
      desired: [v2],
      model: state({ failure: failureOf(v1, NOW + 1) }),
      steps: [`download ${file2.digest}`],
    },
    {
      name: 'a target was given up',
      desired: [v2],
      model: state({ running: v1, rejected: failureOf(v2, 0) }),
      given: { ...ready(v1), ...running1 },
      steps: [],
    },
    {
      name: 'the user tries again what was given up',
      desired: [aTarget('iris', 2, { attempt: 1 })],
      model: state({ running: v1, rejected: failureOf(v2, 0) }),
      given: { ...ready(v1, v2), ...running1 },
      steps: ['warm 2'],
    },
    {
      name: 'it is wanted no more',
      desired: [],
      model: state({ running: v1 }),
      given: { ...ready(v1), ...running1 },
      steps: ['remove'],
    },
    {
      name: 'something is left on the disk',
      desired: [v2],
      model: state({ running: v2 }),
      given: { ...ready(v1, v2), active: new Map([['iris', targetKey(v2)]]) },
      steps: [`collect ${file1.digest}`],
    },
    {
      name: 'what ran well before is kept',
      desired: [v2],
      model: state({ running: v2, lastGood: v1 }),
      given: { ...ready(v1, v2), active: new Map([['iris', targetKey(v2)]]) },
      steps: [],
    },
    {
      name: 'the disk is full of what is needed',
      desired: [v2],
      model: state({ running: v1 }),
      given: { ...ready(v1), ...running1, freeBytes: 99 },
      steps: ['refuse'],
    },
    {
      name: 'the disk is full of what is not',
      desired: [v2],
      given: { present: new Map([[file1.digest, 100]]), freeBytes: 99 },
      steps: [`collect ${file1.digest}`],
    },
    { name: 'a report is due', desired: [], given: { isReported: false }, steps: ['report'] },
  ] as readonly {
    name: string;
    desired: DesiredModel[] | null;
    model?: ModelState;
    given?: Partial<Facts>;
    steps: string[];
  }[]) {
    it(name, () => {
      const models = new Map(model ? [['iris', model]] : []);
      const situation = { desired: desired && anAcceptedDesired(desired), models, facts: facts(given) };
      assert.deepEqual(planEdge(situation, NOW).map(told), steps);
    });
  }

  it('keeps what runs of a model of which the hub has lost the version, and starts it again', () => {
    const desired = anAcceptedDesired([], { keep: ['Iris'] });
    const models = new Map([['iris', state({ running: v1 })]]);
    const steps = (given: Partial<Facts>) => planEdge({ desired, models, facts: facts(given) }, NOW).map(told);
    assert.deepEqual(steps({ ...ready(v1), active: new Map([['iris', targetKey(v1)]]) }), []);
    assert.deepEqual(steps(ready(v1)), ['start 1']);
  });

  it('fetches a file of two models once', () => {
    const desired = anAcceptedDesired([v1, { ...aTarget('other', 1), versions: v1.versions }]);
    const steps = planEdge({ desired, models: new Map(), facts: facts() }, NOW);
    assert.deepEqual(steps.map(told), [`download ${file1.digest}`]);
  });
});

describe('the health of a version', () => {
  const switched = state({ running: v2, lastGood: v1, health: { since: NOW, errorRatio: 0 } });
  const active = new Map([['iris', targetKey(v2)]]);
  const planAt = (
    atMs: number,
    model: ModelState,
    served: { requests: number; errors: number; isFailed?: boolean },
    given: Partial<Facts> = {},
  ) => {
    const counted = new Map([['iris', { isFailed: false, ...served }]]);
    const situation = { desired: anAcceptedDesired([v2]), models: new Map([['iris', model]]) };
    return planEdge(
      {
        ...situation,
        facts: facts({ ...ready(v2, ...(model.lastGood ? [v1] : [])), active, served: counted, ...given }),
      },
      atMs,
    ).map(told);
  };

  for (const { name, atMs, model = switched, served, given, steps } of [
    { name: 'too few requests say nothing', atMs: NOW + 1, served: { requests: 19, errors: 19 }, steps: [] },
    {
      name: 'half of enough requests failed',
      atMs: NOW + 1,
      served: { requests: 20, errors: 10 },
      steps: ['return 1'],
    },
    { name: 'less than half failed', atMs: NOW + 1, served: { requests: 20, errors: 9 }, steps: [] },
    {
      name: 'as many failed before the switch',
      atMs: NOW + 1,
      model: { ...switched, health: { since: NOW, errorRatio: 0.9 } },
      served: { requests: 100, errors: 100 },
      steps: [],
    },
    {
      name: 'it crashed too often',
      atMs: NOW + 1,
      served: { requests: 0, errors: 0, isFailed: true },
      steps: ['return 1'],
    },
    {
      name: 'there is nothing to go back to',
      atMs: NOW + 1,
      model: { ...switched, lastGood: null },
      served: { requests: 20, errors: 20 },
      steps: [],
    },
    { name: 'the window is over', atMs: NOW + HEALTH_WINDOW_MS, served: { requests: 1, errors: 0 }, steps: ['settle'] },
    { name: 'the clock was set back', atMs: NOW - 1, served: { requests: 0, errors: 0 }, steps: ['settle'] },
    {
      name: 'it turned bad after the window',
      atMs: NOW + 1,
      model: { ...switched, health: null },
      served: { requests: 99, errors: 99 },
      steps: [],
    },
    {
      name: 'what there was to go back to is not compared yet',
      atMs: NOW + 1,
      served: { requests: 20, errors: 20 },
      given: { verified: new Set(present(v2).keys()) },
      steps: [`verify ${file1.digest}`],
    },
    {
      name: 'what there was to go back to is gone',
      atMs: NOW + 1,
      served: { requests: 20, errors: 20 },
      given: { present: present(v2) },
      steps: [],
    },
    {
      name: 'a return that failed waits',
      atMs: NOW + 1,
      model: { ...switched, failure: failureOf(v1, NOW + 2, 'return') },
      served: { requests: 20, errors: 20 },
      steps: [],
    },
  ]) {
    it(`${name}: ${steps.join() || 'nothing'}`, () => assert.deepEqual(planAt(atMs, model, served, given), steps));
  }

  it('is asked again when the window ends, and when a failure has waited', () => {
    assert.equal(nextPlanAt([switched], NOW), NOW + HEALTH_WINDOW_MS);
    assert.equal(nextPlanAt([switched, state({ failure: failureOf(v1, NOW + 5) })], NOW), NOW + 5);
    assert.equal(nextPlanAt([state()], NOW), undefined);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Join } from '../../../../lib/pipeline/join/join';
import type { JoinEffects, JoinedPolicy, JoinLimits, JoinParent } from '../../../../lib/pipeline/join/join-types';

/** One result as a parent gives it: the `ordinal`-th of its parent for its run. */
interface Result {
  readonly id: number;
  readonly run: string;
  readonly parent: string;
  readonly ordinal: number;
}

type Step =
  | { readonly kind: 'offer'; readonly run: number; readonly parent: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'reset' }
  /** A deploy leaves those parents whose bit is set, and the first one. */
  | { readonly kind: 'parents'; readonly mask: number };

const TIMEOUT_MS = 100;
const policies: readonly JoinedPolicy[] = ['each', 'latest', 'next', 'optional'];

const parentList = fc
  .array(fc.record({ policy: fc.constantFrom(...policies), hasInitial: fc.boolean() }), { maxLength: 4 })
  .map((rest): JoinParent<Result>[] =>
    [{ policy: 'each' as const, hasInitial: false }, ...rest].map(({ policy, hasInitial }, index) => ({
      id: `p${index}`,
      policy,
      ...(hasInitial && policy === 'latest'
        ? { initial: { id: -1 - index, run: '', parent: `p${index}`, ordinal: -1 } }
        : {}),
    })),
  );

const offerStep = fc.record({ kind: fc.constant('offer' as const), run: fc.nat(3), parent: fc.nat(4) });
const passStep = (maxMs: number) =>
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: maxMs }) });
const resetStep = fc.constant({ kind: 'reset' as const });
const parentsStep = fc.record({ kind: fc.constant('parents' as const), mask: fc.nat(31) });

interface Scenario {
  readonly parents: readonly JoinParent<Result>[];
  readonly steps: readonly Step[];
  readonly limits: JoinLimits;
}

/** Loss, duplication and any order of arrival are in the random choice of run and parent. */
function scenarios(runs: JoinLimits['runs'], maxPassMs: number, deployWeight = 0): fc.Arbitrary<Scenario> {
  return fc.record({
    parents: parentList,
    steps: fc.array(
      fc.oneof(
        { weight: 30, arbitrary: offerStep },
        { weight: 3, arbitrary: passStep(maxPassMs) },
        { weight: 1, arbitrary: resetStep },
        { weight: deployWeight, arbitrary: parentsStep },
      ),
      { maxLength: 80 },
    ),
    limits: fc.record({
      timeoutMs: fc.constant(TIMEOUT_MS),
      optionalWaitMs: fc.constantFrom(0, 7, 1_000),
      maxWaiting: fc.constantFrom(0, 1, 3, 1_000),
      runs: fc.constant(runs),
    }),
  });
}

interface Played {
  readonly offered: readonly Result[];
  /** Results of `latest` and `next` parents as they were offered, with the time in steps. */
  readonly effects: readonly { readonly at: number; readonly effect: JoinEffects<Result> }[];
  readonly offeredAt: ReadonlyMap<number, number>;
  readonly join: Join<Result>;
  readonly nowMs: number;
}

function play({ parents, steps, limits }: Scenario): Played {
  const join = new Join<Result>(limits);
  join.setParents(parents, 0);
  const ordinals = new Map<string, number>();
  const offered: Result[] = [];
  const offeredAt = new Map<number, number>();
  const effects: { at: number; effect: JoinEffects<Result> }[] = [];
  let nowMs = 0;
  let present = parents;
  for (const [at, step] of steps.entries()) {
    if (step.kind === 'pass') {
      nowMs += step.ms;
      effects.push({ at, effect: join.expire(nowMs) });
    } else if (step.kind === 'reset') effects.push({ at, effect: join.reset(nowMs) });
    else if (step.kind === 'parents') {
      present = parents.filter((_, index) => index === 0 || (step.mask >> index) % 2 === 1);
      effects.push({ at, effect: join.setParents(present, nowMs) });
    } else {
      const parent = present[step.parent % present.length] as JoinParent<Result>;
      const run = `r${step.run}`;
      const key = `${run}/${parent.id}`;
      const ordinal = ordinals.get(key) ?? 0;
      ordinals.set(key, ordinal + 1);
      const result = { id: offered.length, run, parent: parent.id, ordinal };
      offered.push(result);
      offeredAt.set(result.id, at);
      effects.push({ at, effect: join.offer(run, parent.id, result, nowMs) });
    }
  }
  return { offered, effects, offeredAt, join, nowMs };
}

function consumedBy(parents: readonly JoinParent<Result>[]): ReadonlySet<string> {
  return new Set(parents.filter(({ policy }) => policy === 'each' || policy === 'optional').map(({ id }) => id));
}

/** Every result is released, dropped, settled or still waits: exactly one of them, once. */
function checkAccounts({ parents }: Scenario, { offered, effects, join, nowMs }: Played): void {
  const consumed = consumedBy(parents);
  const ends = new Map<number, number>();
  const end = ({ id }: Result): void => void ends.set(id, (ends.get(id) ?? 0) + 1);
  const note = ({ released, dropped, settled }: JoinEffects<Result>): void => {
    for (const { results } of released)
      for (const result of results.values()) if (consumed.has(result.parent)) end(result);
    for (const { results } of dropped) for (const result of results.values()) end(result);
    for (const { result } of settled) end(result);
  };
  for (const { effect } of effects) note(effect);
  for (let at = join.nextDeadlineMs; Number.isFinite(at); at = join.nextDeadlineMs)
    note(join.expire(Math.max(at, nowMs)));
  for (const { id } of offered) assert.equal(ends.get(id), 1, `result ${id} ended ${ends.get(id) ?? 0} times`);
  assert.equal(join.heldCount, 0, 'something is left');
}

function checkRounds({ parents, limits }: Scenario, { effects, offered, offeredAt }: Played): void {
  const consumed = consumedBy(parents);
  const resets = effects.filter(({ effect }) => effect.dropped.some(({ reason }) => reason === 'reset'));
  assert.ok(resets.every(({ effect }) => effect.released.length === 0));
  for (const { at, effect } of effects) {
    for (const { run, results } of effect.released) {
      const own = [...results.values()].filter(({ parent }) => consumed.has(parent));
      if (limits.runs !== 'none')
        assert.ok(
          own.every((result) => result.run === run),
          'two runs are mixed',
        );
      for (const { id, policy } of parents) if (policy !== 'optional') assert.ok(results.has(id), `${id} is missing`);
      for (const [parent, result] of results) assert.equal(result.parent, parent);
      for (const { id, policy } of parents) {
        if (policy !== 'latest') continue;
        const sent = offered.filter(({ id: result, parent }) => parent === id && (offeredAt.get(result) ?? 0) <= at);
        const value = results.get(id);
        assert.ok(value && (value.id < 0 || value.id === sent.at(-1)?.id), 'not the latest value');
      }
    }
  }
}

/** Where run keys are unique, or nothing was lost, a round holds the n-th results of its run only. */
function checkPairing({ parents }: Scenario, { effects }: Played): void {
  const consumed = consumedBy(parents);
  for (const { effect } of effects) {
    for (const { results } of effect.released) {
      const ordinals = [...results.values()].flatMap(({ parent, ordinal }) => (consumed.has(parent) ? [ordinal] : []));
      assert.equal(new Set(ordinals).size, 1, `a round of ordinals ${ordinals.join(', ')}`);
    }
  }
}

describe('join, whatever comes in whatever order', () => {
  for (const runs of ['unique', 'recurring', 'none'] as const) {
    it(`${runs} runs: none mixed, every result accounted for, nothing left`, () => {
      fc.assert(
        fc.property(scenarios(runs, 60), (scenario) => {
          const played = play(scenario);
          checkRounds(scenario, played);
          checkAccounts(scenario, played);
        }),
        { numRuns: 1_000 },
      );
    });
  }

  for (const runs of ['unique', 'recurring', 'none'] as const) {
    it(`${runs} runs: every result accounted for, also when parents come and go`, () => {
      fc.assert(
        fc.property(scenarios(runs, 60, 4), (scenario) => checkAccounts(scenario, play(scenario))),
        { numRuns: 1_000 },
      );
    });
  }

  it('unique runs: the n-th results of a run meet each other only, also after losses, time-outs and resets', () => {
    fc.assert(
      // Time enough for rounds to be dropped, not enough for that to be forgotten.
      fc.property(scenarios('unique', 4), (scenario) => {
        fc.pre(scenario.steps.reduce((ms, step) => ms + (step.kind === 'pass' ? step.ms : 0), 0) < 2 * TIMEOUT_MS);
        checkPairing(scenario, play(scenario));
      }),
      { numRuns: 1_000 },
    );
  });

  it('other runs: the n-th results meet as long as nothing is dropped', () => {
    fc.assert(
      fc.property(scenarios('recurring', 4), (scenario) => {
        const played = play(scenario);
        const isWhole = played.effects.every(
          ({ effect }) => effect.dropped.length === 0 && effect.settled.every(({ as }) => as !== 'late'),
        );
        fc.pre(isWhole && scenario.parents.every(({ policy }) => policy !== 'optional'));
        checkPairing(scenario, played);
      }),
      { numRuns: 300 },
    );
  });
});

import assert from 'node:assert/strict';
import { Join } from '../../../../lib/pipeline/join/join';
import type { JoinEffects, JoinLimits, JoinParent } from '../../../../lib/pipeline/join/join-types';

const limits: JoinLimits = { timeoutMs: 30_000, optionalWaitMs: 1_000, maxWaiting: 1_000, runs: 'unique' };

/** `a` = each, `a?` = optional, `a~` = latest, `a~0` = latest with the initial value 0, `a!` = next. */
function parentsOf(text: string): JoinParent<string>[] {
  return text.split(' ').map((word) => {
    const [, id = '', sign = '', initial = ''] = /^(\w)([?~!]?)(\w?)$/.exec(word) ?? [];
    const policy = ({ '': 'each', '?': 'optional', '~': 'latest', '!': 'next' } as const)[sign] ?? 'each';
    return { id, policy, ...(initial ? { initial: `${id}${initial}` } : {}) };
  });
}

/** `r:a1` = result a1 of parent a in run r; `+500` = time passes; `reset`. */
function play(
  parents: string,
  steps: string,
  options: Partial<JoinLimits> = {},
): { log: string[]; join: Join<string> } {
  const join = new Join<string>({ ...limits, ...options });
  const log: string[] = [];
  let nowMs = 0;
  const note = ({ released, dropped, settled }: JoinEffects<string>): void => {
    for (const { run, results } of released) log.push(`${run}=${[...results.values()].join('+')}`);
    for (const { run, reason, missing, results } of dropped) {
      log.push(`${run} ${reason} ${[...results.values()].join('+')} without ${missing.join(',')}`);
    }
    for (const { result, as } of settled) if (as !== 'kept') log.push(`${result} ${as}`);
  };
  join.setParents(parentsOf(parents), nowMs);
  for (const step of steps.split(' ')) {
    const [run = '', result = ''] = step.split(':');
    if (step.startsWith('+')) {
      nowMs += Number(step);
      note(join.expire(nowMs));
    } else if (step === 'reset') note(join.reset(nowMs));
    else if (step.startsWith('=')) note(join.setParents(parentsOf(step.slice(1).replaceAll(',', ' ')), nowMs));
    else note(join.offer(run, result.charAt(0), result, nowMs));
  }
  return { log, join };
}

interface Case {
  readonly name: string;
  readonly parents: string;
  readonly steps: string;
  readonly gives: readonly string[];
  readonly options?: Partial<JoinLimits>;
  /** Rounds left waiting at the end; default 0. */
  readonly waiting?: number;
}

const cases: Record<string, readonly Case[]> = {
  each: [
    { name: 'waits while a parent is missing', parents: 'a b', steps: 'r:a1', gives: [], waiting: 1 },
    {
      name: 'joins in the order of the list, whoever comes first',
      parents: 'a b',
      steps: 'r:b1 r:a1',
      gives: ['r=a1+b1'],
    },
    { name: 'never mixes two runs', parents: 'a b', steps: 'r:a1 s:b2 s:a2 r:b1', gives: ['s=a2+b2', 'r=a1+b1'] },
    {
      name: 'keeps a second result of one parent for the next round',
      parents: 'a b',
      steps: 'r:a1 r:a3 r:b2 r:b4',
      gives: ['r=a1+b2', 'r=a3+b4'],
    },
    { name: 'releases each round once', parents: 'a b', steps: 'r:a1 r:b1 r:b2', gives: ['r=a1+b1'], waiting: 1 },
    { name: 'joins one parent at once', parents: 'a', steps: 'r:a1 r:a2', gives: ['r=a1', 'r=a2'] },
    { name: 'joins five', parents: 'a b c d e', steps: 'r:e1 r:a1 r:c1 r:b1 r:d1', gives: ['r=a1+b1+c1+d1+e1'] },
  ],
  limits: [
    {
      name: 'drops a round at its time limit, naming what was missing',
      parents: 'a b c',
      steps: 'r:a1 r:c1 +29999 +1',
      gives: ['r timeout a1+c1 without b'],
    },
    {
      name: 'counts the time from the first result',
      parents: 'a b',
      steps: 'r:a1 +20000 r:a2 +10000',
      gives: ['r timeout a1 without b'],
      waiting: 1,
    },
    {
      name: 'a result that comes at the limit comes too late',
      parents: 'a b',
      steps: 'r:a1 +30000 r:b1 r:b2 r:a2',
      gives: ['r timeout a1 without b', 'b1 late', 'r=a2+b2'],
    },
    {
      name: 'what a dropped round lacked is forgotten in time',
      parents: 'a b',
      steps: 'r:a1 +30000 +30000 r:b1',
      gives: ['r timeout a1 without b'],
      waiting: 1,
    },
    {
      name: 'waits for ever without a limit',
      parents: 'a b',
      steps: 'r:a1 +999999999 r:b1',
      gives: ['r=a1+b1'],
      options: { timeoutMs: 0 },
    },
    {
      name: 'drops what would be one round too many, and what belongs to it',
      parents: 'a b',
      steps: 'r:a1 s:a2 t:a3 r:b1 t:b3 s:b2',
      gives: ['t full a3 without b', 'r=a1+b1', 'b3 late', 's=a2+b2'],
      options: { maxWaiting: 2 },
    },
    {
      name: 'takes what is whole at once even when too many wait',
      parents: 'a b?',
      steps: 'r:b1 s:a1',
      gives: ['s=a1'],
      options: { maxWaiting: 1, optionalWaitMs: 0 },
      waiting: 1,
    },
    {
      name: 'has no cap with 0',
      parents: 'a b',
      steps: 'r:a1 s:a2 t:a3 r:b1',
      gives: ['r=a1+b1'],
      options: { maxWaiting: 0 },
      waiting: 2,
    },
    {
      name: 'is emptied by a reset',
      parents: 'a b',
      steps: 'r:a1 s:b2 reset r:b1',
      gives: ['r reset a1 without b', 's reset b2 without a', 'b1 late'],
    },
  ],
  unkeyed: [
    {
      name: 'pairs first with first, whatever the runs',
      parents: 'a b',
      steps: 'r:a1 s:a2 t:b1 u:b2',
      gives: ['=a1+b1', '=a2+b2'],
      options: { runs: 'none' },
    },
    {
      name: 'is emptied as a whole when too many wait',
      parents: 'a b',
      steps: 'r:a1 s:a2 t:a3 u:b4 v:a4',
      gives: [' full a1 without b', ' full a2 without b', ' full a3 without b', '=a4+b4'],
      options: { runs: 'none', maxWaiting: 2 },
    },
    {
      name: 'is emptied as a whole by a time-out, so that pairing starts afresh',
      parents: 'a b',
      steps: 'r:a1 +20000 r:a2 +10000 r:b3 r:a3',
      gives: [' timeout a1 without b', ' timeout a2 without b', '=a3+b3'],
      options: { runs: 'none' },
    },
  ],
  latest: [
    { name: 'starts nothing', parents: 'a b~', steps: 'r:b1 s:b2', gives: [] },
    {
      name: 'is read when a round is released',
      parents: 'a c b~',
      steps: 'x:b1 r:a1 y:b2 r:c1',
      gives: ['r=a1+c1+b2'],
    },
    {
      name: 'is used again and again',
      parents: 'a b~',
      steps: 'x:b1 r:a1 s:a2 y:b2 t:a3',
      gives: ['r=a1+b1', 's=a2+b1', 't=a3+b2'],
    },
    {
      name: 'is waited for when it never sent anything',
      parents: 'a b~',
      steps: 'r:a1 s:a2 x:b1',
      gives: ['r=a1+b1', 's=a2+b1'],
    },
    {
      name: 'that never comes ends in the time-out',
      parents: 'a b~',
      steps: 'r:a1 +30000',
      gives: ['r timeout a1 without b'],
    },
    { name: 'starts from its initial value', parents: 'a b~0', steps: 'r:a1 x:b1 s:a2', gives: ['r=a1+b0', 's=a2+b1'] },
    {
      name: 'is back at its initial value after a reset',
      parents: 'a b~0',
      steps: 'x:b1 reset r:a1',
      gives: ['r=a1+b0'],
    },
  ],
  next: [
    {
      name: 'does not count before the round waits for it',
      parents: 'a b!',
      steps: 'x:b1 r:a1',
      gives: ['b1 unused'],
      waiting: 1,
    },
    { name: 'releases a round that waits', parents: 'a b!', steps: 'r:a1 x:b1', gives: ['r=a1+b1'] },
    {
      name: 'releases all that wait, in their order',
      parents: 'a b!',
      steps: 'r:a1 s:a2 x:b1 t:a3',
      gives: ['r=a1+b1', 's=a2+b1'],
      waiting: 1,
    },
    {
      name: 'is waited for only when the others are in',
      parents: 'a c b!',
      steps: 'r:a1 x:b1 r:c1 y:b2',
      gives: ['b1 unused', 'r=a1+c1+b2'],
    },
    {
      name: 'counts twice for two such parents',
      parents: 'a b! c!',
      steps: 'r:a1 x:b1 y:b2 z:c1',
      gives: ['b2 unused', 'r=a1+b1+c1'],
    },
    {
      name: 'is waited for only when a latest is there',
      parents: 'a b~ c!',
      steps: 'r:a1 x:c1 y:b1 z:c2',
      gives: ['c1 unused', 'r=a1+b1+c2'],
    },
    {
      name: 'that never comes ends in the time-out',
      parents: 'a b!',
      steps: 'r:a1 +30000',
      gives: ['r timeout a1 without b'],
    },
  ],
  optional: [
    { name: 'is joined when it comes first', parents: 'a b?', steps: 'r:b1 r:a1', gives: ['r=a1+b1'] },
    {
      name: 'is waited for after the last required result',
      parents: 'a b?',
      steps: 'r:a1 +999 r:b1',
      gives: ['r=a1+b1'],
    },
    { name: 'is left out when its wait is over', parents: 'a b?', steps: 'r:a1 +1000', gives: ['r=a1'] },
    {
      name: 'that comes later is dropped and counted',
      parents: 'a b?',
      steps: 'r:a1 +1000 r:b1',
      gives: ['r=a1', 'b1 late'],
    },
    {
      name: 'is late once only',
      parents: 'a b?',
      steps: 'r:a1 +1000 r:b1 r:b2 r:a2',
      gives: ['r=a1', 'b1 late', 'r=a2+b2'],
    },
    {
      name: 'of a run that goes on is late all the same',
      parents: 'a b?',
      steps: 'r:a1 +1000 r:a2 r:b1 r:b2',
      gives: ['r=a1', 'b1 late', 'r=a2+b2'],
    },
    {
      name: 'is not waited for with 0',
      parents: 'a b?',
      steps: 'r:a1',
      gives: ['r=a1'],
      options: { optionalWaitMs: 0 },
    },
    {
      name: 'does not keep its round past the time limit',
      parents: 'a b?',
      steps: 'r:a1 +500',
      gives: ['r=a1'],
      options: { timeoutMs: 500 },
    },
    {
      name: 'alone is a round that is not whole',
      parents: 'a b?',
      steps: 'r:b1 +30000',
      gives: ['r timeout b1 without a'],
    },
    {
      name: 'of another run is left to that run',
      parents: 'a b?',
      steps: 'r:a1 s:b2 +1000',
      gives: ['r=a1'],
      waiting: 1,
    },
    {
      name: 'is waited for after a next',
      parents: 'a b? c!',
      steps: 'r:a1 +5000 x:c1 +999 r:b1',
      gives: ['r=a1+b1+c1'],
    },
  ],
  'recurring keys': [
    {
      name: 'a round that was dropped says nothing about the next run of that key',
      parents: 'a b',
      steps: 'r:a1 +30000 r:b2 r:a2',
      gives: ['r timeout a1 without b', 'r=a2+b2'],
    },
    {
      name: 'a late optional result is late for as long as it was waited for',
      parents: 'a b?',
      steps: 'r:a1 +1000 +999 r:b1',
      gives: ['r=a1', 'b1 late'],
    },
    {
      name: 'and then belongs to the next run',
      parents: 'a b?',
      steps: 'r:a1 +1000 +1000 r:b2 r:a2',
      gives: ['r=a1', 'r=a2+b2'],
    },
    {
      name: 'once the next run has begun, an optional result is for that',
      parents: 'a b?',
      steps: 'r:a1 +1000 r:a2 r:b2',
      gives: ['r=a1', 'r=a2+b2'],
    },
  ].map((one) => ({ ...one, options: { runs: 'recurring' } })),
  'parents that change': [
    { name: 'a wait for a parent that is gone ends', parents: 'a b', steps: 'r:a1 =a', gives: ['r=a1'] },
    {
      name: 'results of a parent that is gone leave their rounds',
      parents: 'a b',
      steps: 'r:b1 =a r:a1',
      gives: ['b1 removed', 'r=a1'],
    },
    { name: 'a new parent is waited for', parents: 'a b', steps: 'r:a1 =a,b,c r:b1 r:c1', gives: ['r=a1+b1+c1'] },
    {
      name: 'another policy is another parent',
      parents: 'a b',
      steps: 'r:b1 =a,b~ r:a1 x:b2',
      gives: ['b1 removed', 'r=a1+b2'],
    },
    { name: 'the same parents change nothing', parents: 'a b?', steps: 'r:a1 =a,b? r:b1', gives: ['r=a1+b1'] },
  ],
};

describe('join', () => {
  for (const [policy, list] of Object.entries(cases)) {
    for (const { name, parents, steps, gives, options, waiting = 0 } of list) {
      it(`${policy}: ${name}`, () => {
        const { log, join } = play(parents, steps, options);
        assert.deepEqual(log, gives);
        assert.equal(join.waitingCount, waiting);
      });
    }
  }

  it('tells when it wants to be asked again, and holds nothing after that', () => {
    const { join } = play('a b?', 'r:a1 +1000 +1 s:b1');
    assert.equal(join.heldCount, 2);
    let count = 0;
    for (let at = join.nextDeadlineMs; Number.isFinite(at); at = join.nextDeadlineMs) {
      join.expire(at);
      count += 1;
    }
    // What r lacked is forgotten, s is dropped, what s lacked is forgotten.
    assert.equal(count, 3);
    assert.equal(join.heldCount, 0);
  });

  it('says what the oldest round waits for', () => {
    assert.deepEqual(play('a b c!', 'r:a1').join.oldestMissing, ['b', 'c']);
    assert.equal(play('a b', 'r:a1 r:b1').join.oldestMissing, undefined);
  });
});

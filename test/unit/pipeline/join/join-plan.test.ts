import assert from 'node:assert/strict';
import type { Parent, ParentCycle } from '../../../../lib/pipeline/flow-graph';
import { planJoin } from '../../../../lib/pipeline/join/join-plan';
import { JoinSchema } from '../../../../lib/pipeline/join-config';

const a: Parent = { id: 'a', name: 'alpha', type: 'function' };
const b: Parent = { id: 'b', name: '', type: 'change' };
const button: Parent = { id: 'i', name: 'try', type: 'inject' };

interface Row {
  readonly name: string;
  readonly wired: readonly Parent[];
  readonly stored?: { readonly ids: readonly string[]; readonly join?: Record<string, unknown> };
  readonly cycles?: readonly ParentCycle[];
  /** `key policy` of each parent that is joined. */
  readonly joined: readonly string[];
  readonly fault?: RegExp;
}

const each = { policy: 'each' };
const latest = { policy: 'latest' };

const rows: readonly Row[] = [
  { name: 'joins nothing without parents', wired: [], joined: [] },
  { name: 'lets one parent through', wired: [a], joined: [] },
  { name: 'joins two', wired: [a, b], joined: ['a each', 'b each'] },
  { name: 'lets an inject run the node alone', wired: [a, button], joined: [] },
  { name: 'joins two beside an inject', wired: [a, b, button], joined: ['a each', 'b each'] },
  ...['inject', 'catch', 'status', 'complete'].map((type) => ({
    name: `takes messages of a ${type} node alone`,
    wired: [a, b, { id: 'x', name: '', type }],
    joined: ['a each', 'b each'],
  })),
  {
    name: 'joins an inject that is to be joined',
    wired: [a, button],
    stored: { ids: ['i'], join: { parents: [each] } },
    joined: ['i each', 'a each'],
  },
  {
    name: 'keeps the order of the node’s list',
    wired: [a, b],
    stored: { ids: ['b', 'a'] },
    joined: ['b each', 'a each'],
  },
  {
    name: 'puts what is not listed last',
    wired: [a, b, { ...a, id: 'c' }],
    stored: { ids: ['c'] },
    joined: ['c each', 'a each', 'b each'],
  },
  {
    name: 'passes over parents that are not wired',
    wired: [a],
    stored: { ids: ['gone', 'a'], join: { parents: [latest, each] } },
    joined: [],
  },
  { name: 'joins nothing with the mode any', wired: [a, b], stored: { ids: [], join: { mode: 'any' } }, joined: [] },
  {
    name: 'calls results by name',
    wired: [a, b],
    stored: { ids: [], join: { parentKeys: 'name' } },
    joined: ['alpha each', 'b each'],
  },
  {
    name: 'calls results by their own keys first',
    wired: [a, b],
    stored: { ids: ['a', 'b'], join: { parentKeys: 'name', parents: [{ key: 'x' }, { key: '__proto__' }] } },
    joined: ['x each', '__proto__ each'],
  },
  {
    name: 'refuses two results of one name',
    wired: [a, { ...a, id: 'c' }],
    stored: { ids: [], join: { parentKeys: 'name' } },
    joined: ['alpha each', 'alpha each'],
    fault: /both be called "alpha"/,
  },
  {
    name: 'refuses a join that nothing starts',
    wired: [a, b],
    stored: { ids: ['a', 'b'], join: { parents: [latest, { policy: 'next' }] } },
    joined: ['a latest', 'b next'],
    fault: /"alpha" is latest, "change" is next/,
  },
  {
    name: 'refuses a lone parent that starts nothing',
    wired: [a],
    stored: { ids: ['a'], join: { parents: [latest] } },
    joined: ['a latest'],
    fault: /No parent starts/,
  },
  {
    name: 'refuses a cycle, naming it',
    wired: [a, b],
    cycles: [{ parentId: 'b', path: ['join', 'change', 'join'] }],
    joined: ['a each', 'b each'],
    fault: /"join" → "change" → "join"/,
  },
  {
    name: 'refuses a cycle through a latest without a beginning',
    wired: [a, b],
    stored: { ids: ['b'], join: { parents: [latest] } },
    cycles: [{ parentId: 'b', path: ['j', 'b', 'j'] }],
    joined: ['b latest', 'a each'],
    fault: /only it can bring about/,
  },
  {
    name: 'takes a cycle through a latest with an initial value',
    wired: [a, b],
    stored: { ids: ['b'], join: { parents: [{ policy: 'latest', initial: null }] } },
    cycles: [{ parentId: 'b', path: ['j', 'b', 'j'] }],
    joined: ['b latest', 'a each'],
  },
  {
    name: 'takes a cycle of messages that run alone',
    wired: [a, b, { ...a, id: 'c' }],
    stored: { ids: ['c'], join: { parents: [{ policy: 'alone' }] } },
    cycles: [{ parentId: 'c', path: ['j', 'c', 'j'] }],
    joined: ['a each', 'b each'],
  },
  {
    name: 'takes a cycle where nothing is joined',
    wired: [a],
    cycles: [{ parentId: 'a', path: ['j', 'a', 'j'] }],
    joined: [],
  },
];

describe('the plan of a join', () => {
  for (const { name, wired, stored, cycles = [], joined, fault } of rows) {
    it(name, () => {
      const plan = planJoin(wired, cycles, stored?.ids ?? [], JoinSchema.parse(stored?.join));
      assert.deepEqual(
        plan.joined.map(({ key, policy }) => `${key} ${policy}`),
        joined,
      );
      if (fault) assert.match(plan.fault?.message ?? '', fault);
      else assert.equal(plan.fault, undefined);
    });
  }
});

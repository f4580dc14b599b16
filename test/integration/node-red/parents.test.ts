import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FlowEntry } from '../../../lib/pipeline/flow-entry';
import { aJunction, aLinkCall, aLinkIn, aNode, aReturn, aTab } from '../../support/flow-entries';
import { FlowProbe, type Observation } from '../../support/flow-probe';
import { FlowWalker } from '../../support/flow-walker';
import { type FlowNode, nodeRedMajor } from '../../support/node-red';
import { parentCases } from '../../support/parent-cases';
import { anyFlow } from '../../support/random-flows';
import { waitFor } from '../../support/wait-for';

/** The origins a node got messages of, apart from those nobody sent. */
const originsOf = ({ received }: Observation, id: string): Set<string> =>
  new Set((received[id] ?? []).flatMap(({ origin }) => origin ?? []));
/** The parents those stand for. */
const observedParents = ({ received }: Observation, id: string): string =>
  [...new Set((received[id] ?? []).flatMap(({ origin, parent }) => (origin === undefined ? [] : String(parent))))]
    .sort()
    .join(' ');

/** Sends `{payload: <its id>}` every 5 ms, as `_msgid` goes. */
const aSource = (id: string, to: string): FlowNode => ({
  ...aNode(id, to),
  func: 'return null;',
  initialize: `context.set('timer', setInterval(() => node.send({ payload: '${id}' }), 5));`,
  finalize: "clearInterval(context.get('timer'));",
});

describe(`parents and origins in Node-RED ${nodeRedMajor}`, function () {
  this.timeout(60_000);
  let probe: FlowProbe;

  before(async () => {
    probe = await FlowProbe.start();
    await probe.retain();
  });
  after(() => probe?.[Symbol.asyncDispose]());

  const observe = async (flow: readonly FlowEntry[]): Promise<Observation> => {
    await probe.deploy(flow);
    return probe.send([...new Set([...new FlowWalker(flow).starters(), ...flow.map(({ id }) => id)])]);
  };

  describe('the parents', () => {
    for (const { name, flow, parents, isBroken } of parentCases) {
      if (isBroken) continue;
      it(name, async () => {
        const seen = await observe(flow);
        for (const [id, expected] of Object.entries(parents)) {
          assert.equal(observedParents(seen, id), expected.split(' ').sort().join(' '), `messages at ${id}`);
          assert.equal((seen.parents[id] ?? []).join(' '), expected, `static parents of ${id}`);
        }
      });
    }

    it('of a node behind a dynamic link call: a message comes from nobody it knows', async () => {
      const flow = [
        aTab('t'),
        aNode('a', 'call'),
        aLinkCall('call', undefined, 'k'),
        aLinkIn('i', 'j'),
        aNode('j', 'r', { func: 'return msg;' }),
        aReturn('r'),
        aNode('k'),
        aNode('start', 'target'),
        // The target of the call is told by the message.
        aNode('target', 'call', { func: "msg.target = 'i'; return msg;" }),
      ];
      const seen = await observe(flow);
      assert.deepEqual([seen.parents['j'], observedParents(seen, 'j')], [[], 'undefined']);
      assert.deepEqual([seen.parents['k'], observedParents(seen, 'k')], [['call'], 'call']);
    });

    it('may be nodes their packages made from a subflow, also by an output the input is wired straight to', async () => {
      const flow = [
        aTab('t'),
        aNode('a', 'm'),
        aNode('m', 'j | k', { type: 'probe-module' }),
        aNode('j', 'm2'),
        aNode('k'),
        aNode('m2', '', { type: 'probe-module' }),
      ];
      const seen = await observe(flow);
      assert.deepEqual([observedParents(seen, 'j'), observedParents(seen, 'k')], ['m', 'm']);
      assert.deepEqual([originsOf(seen, 'j'), originsOf(seen, 'k')], [new Set(['m']), new Set(['m'])]);
      assert.deepEqual([seen.parents['j'], seen.parents['k']], [['m'], ['m']]);
    });
  });

  it('in flows wired at random, every node gets messages of the origins expected, each of one of its parents', async () => {
    for (const flow of fc.sample(anyFlow, { seed: 20, numRuns: 60 })) {
      const seen = await observe(flow);
      const expected = new FlowWalker(flow).originsEverywhere();
      const got = new Map(Object.keys(seen.received).map((id) => [id, originsOf(seen, id)]));
      for (const [id, origins] of got) if (origins.size === 0) got.delete(id);
      assert.deepEqual(got, new Map(expected), JSON.stringify(flow));
      for (const id of got.keys())
        assert.equal(observedParents(seen, id), [...(seen.parents[id] ?? [])].sort().join(' '));
    }
  });

  for (const type of ['nodes', 'flows', 'full'] as const) {
    it(`GIVEN_messages_flow_WHEN_${type}_are_deployed_with_other_parents_THEN_none_is_taken_for_another`, async () => {
      const flow = (parent: string, through: string): FlowNode[] => [
        aTab('t'),
        ...['a', 'b'].map((id) => aSource(id, id === parent ? `${through} k` : 'k')),
        aJunction('x', 'y'),
        aJunction('y', 'j'),
        aNode('j'),
        aNode('k'),
      ];
      await probe.deploy(flow('a', 'x'));
      for (const [round, parent] of ['b', 'a', 'b', 'a'].entries()) {
        await probe.look();
        await waitFor(async () => (await probe.look()).received['j']?.length, { what: 'messages before the deploy' });
        await probe.deploy(flow(parent, round % 2 === 0 ? 'x' : 'j'), type);
        const during = await probe.look();
        const after = await waitFor(async () => {
          const seen = await probe.look();
          return (seen.received['j']?.length ?? 0) > 2 ? seen : undefined;
        });
        assert.deepEqual(after.parents['j'], [parent]);
        for (const { payload, parent: taken } of after.received['j'] ?? [])
          assert.deepEqual([payload, taken], [parent, parent]);
        for (const [id, all] of Object.entries(during.received)) {
          for (const { payload, parent: taken } of all) {
            assert.ok(taken === undefined || taken === payload, `${id} took ${payload} for ${taken}`);
          }
        }
      }
    });
  }

  it('GIVEN_messages_flow_unmarked_WHEN_the_first_join_appears_THEN_origins_are_right_or_unknown_and_soon_all_right', async () => {
    await using own = await FlowProbe.start({
      flows: [
        aTab('t'),
        ...['a', 'b'].map((id) => aSource(id, 'x')),
        aJunction('x', 'y'),
        aJunction('y', 'j'),
        aNode('j'),
      ],
    });
    await own.look();
    await waitFor(async () => {
      const { received } = await own.look();
      return received['j']?.length && received['j'].every(({ origin }) => origin === undefined);
    });
    await own.retain();
    const seen = await waitFor(async () => {
      const all = (await own.look()).received['j'] ?? [];
      return all.length > 2 ? all : undefined;
    });
    for (const { payload, origin } of seen) assert.ok(origin === undefined || origin === payload);
    await waitFor(async () => (await own.look()).received['j']?.every(({ origin, payload }) => origin === payload));
    // It stays so until the deploy that ends the last join is over.
    await own.release();
    await own.look();
    await waitFor(async () => (await own.look()).received['j']?.every(({ origin, payload }) => origin === payload));
    await own.deploy([aTab('t'), aSource('c', 'j'), aNode('j')]);
    await own.look();
    await waitFor(async () => (await own.look()).received['j']?.every(({ origin }) => origin === undefined));
  });
});

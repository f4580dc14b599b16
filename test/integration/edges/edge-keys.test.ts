import assert from 'node:assert/strict';
import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { systemClock } from '../../../lib/clock';
import type { EdgeAgentDeps } from '../../../lib/edges/agent/agent-dependencies';
import { findDocument } from '../../../lib/edges/agent/agent-documents';
import type { EdgeCommand } from '../../../lib/edges/agent/command-desk';
import { edgeTopics } from '../../../lib/edges/protocol/topics';
import type { Log, LogFields } from '../../../lib/log';
import { contentsBelow } from '../../support/data-folder-files';
import { edgeLabForEach } from '../../support/edge-checks';
import { type EdgeLab, type OpenAgent, openHub, PlayedMachine } from '../../support/edge-lab';
import { withCode } from '../../support/registry-lab';
import { waitFor } from '../../support/wait-for';

/** A log that keeps all it is told, also what is for debugging. */
function keptLog(): { readonly log: Log; text(): string } {
  const lines: string[] = [];
  const keep = (event: string, fields?: LogFields): void => {
    // Errors in them have no fields of their own.
    lines.push(`${event} ${inspect(fields, { depth: 8 })}`);
  };
  const log: Log = {
    error: keep,
    warn: keep,
    info: keep,
    debug: (event, fields) => keep(event, fields()),
    child: () => log,
  };
  return { log, text: () => lines.join('\n') };
}

/** A message, and what is signed in it. */
function withDecoded(message: Buffer): Buffer[] {
  const signed = /"payload":"([A-Za-z0-9_-]+)"/.exec(message.toString('latin1'))?.[1];
  return signed === undefined ? [message] : [message, Buffer.from(signed, 'base64url')];
}

describe('keys, clocks and hubs of edges, on a broker with its access rules in force', function () {
  this.timeout(60_000);
  let lab: EdgeLab;
  const { edgeOf, runs, isState, enrolled } = edgeLabForEach((opened) => {
    lab = opened;
  });

  describe('keys and tokens', () => {
    const statusOf = ({ agent }: OpenAgent) => agent.status().enrolment;
    const isRefused = async (agent: OpenAgent, reason: string): Promise<void> => {
      await waitFor(() => statusOf(agent).status === 'refused', { what: () => JSON.stringify(statusOf(agent)) });
      assert.deepEqual(statusOf(agent), { status: 'refused', reason });
    };

    it('GIVEN_a_token_that_was_stolen_and_used_second_THEN_the_thief_is_told_and_the_first_is_not_disturbed', async () => {
      const settings = await lab.add('edge-2');
      const machine = new PlayedMachine();
      await lab.agent({ settings, machine });
      await isState('edge-2', 'online');
      const thief = await lab.agent({ settings, machine: new PlayedMachine(), clientId: 'thief' });
      await isRefused(thief, 'token-used');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
      await runs('edge-2', 1);
      assert.equal(edgeOf('edge-2').state, 'online');
    });

    it('GIVEN_tokens_that_are_void_expired_foreign_or_unknown_THEN_the_reason_is_told', async () => {
      const first = await lab.add('edge-2');
      const renewed = await lab.hub.hub.renewEnrolment('edge-2', false, 'ann');
      await isRefused(await lab.agent({ settings: first, machine: new PlayedMachine() }), 'token-void');
      const foreign = { ...(await lab.add('edge-3')), token: renewed.enrolment.token };
      await isRefused(await lab.agent({ settings: foreign, machine: new PlayedMachine() }), 'token-foreign');
      const unknown = { ...first, token: `mme1.0123456789abcdef.${'A'.repeat(43)}` };
      const agent = await lab.agent({ settings: unknown, machine: new PlayedMachine(), user: 'edge-2', clientId: 'x' });
      await isRefused(agent, 'token-unknown');
      // The next one that is typed is a good one.
      await agent.agent.enrol(renewed.enrolment.token);
      await isState('edge-2', 'online');
      await assert.rejects(agent.agent.enrol('no token'), withCode('INVALID_INPUT'));
      await lab.hub.close();
      await lab.resumeHub({ now: () => Date.now() + 86_400_001 });
      const late = await lab.agent({ settings: await expired(), machine: new PlayedMachine(), clientId: 'late' });
      await isRefused(late, 'token-expired');
    });
    /** A token of now, shown to a hub of tomorrow. */
    const expired = async () => {
      await lab.hub.close();
      await lab.resumeHub();
      const { enrolment } = await lab.hub.hub.renewEnrolment('edge-3', false, 'ann');
      await lab.hub.close();
      await lab.resumeHub({ now: () => Date.now() + 86_400_001 });
      return enrolment.settings['edge'] as Awaited<ReturnType<typeof lab.add>>;
    };

    it('GIVEN_an_edge_whose_key_is_voided_THEN_it_runs_on_and_gets_nothing_new_UNTIL_it_is_enrolled_again', async () => {
      const { agent, machine } = await enrolled('edge-2');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
      await runs('edge-2', 1);
      const { capabilities } = edgeOf('edge-2');
      const { enrolment } = await lab.hub.hub.renewEnrolment('edge-2', true, 'ann');
      /** Of the edge, and of the model. */
      const shown = () => {
        const { state, models, capabilities: told } = edgeOf('edge-2');
        assert.deepEqual(told, capabilities);
        return [state, models[0]?.reported, models[0]?.state, lab.hub.hub.modelEdges('iris')[0]?.reported];
      };
      const asOfThen = ['revoked', 1, 'running', { version: 1, state: 'running' }];
      assert.deepEqual(shown(), asOfThen);
      await waitFor(() => statusOf(agent).status === 'revoked');
      await lab.restartHub();
      assert.deepEqual(shown(), asOfThen, 'also after a start');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
      await lab.hub.hub.settled();
      assert.equal(machine.activeVersions.get('iris'), 1);
      assert.deepEqual(shown(), ['revoked', 1, 'pending', { version: 1, state: 'pending' }]);
      await agent.agent.enrol(enrolment.token);
      await runs('edge-2', 2);
    });

    it('GIVEN_an_edge_that_is_deleted_or_leaves_THEN_its_key_is_void', async () => {
      const { agent, machine } = await enrolled('edge-2');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
      await runs('edge-2', 1);
      await lab.hub.hub.remove('edge-2', 'ann');
      await waitFor(() => statusOf(agent).status === 'revoked');
      assert.deepEqual(statusOf(agent), { status: 'revoked', reason: 'deleted' });
      assert.equal(machine.activeVersions.get('iris'), 1);
      assert.deepEqual(lab.hub.hub.modelEdges('iris'), []);
      assert.throws(() => edgeOf('edge-2'), withCode('EDGE_NOT_FOUND'));
      const three = await enrolled('edge-3');
      await three.agent.agent.leave();
      await isState('edge-3', 'revoked');
      assert.equal(edgeOf('edge-3').capabilities, null, 'nothing of one that is no edge of this hub any more');
      // The name comes back with a key of its own.
      await agent.agent.enrol((await lab.hub.hub.create({ name: 'edge-2' }, 'ann')).enrolment.token);
      await isState('edge-2', 'online');
    });

    it('GIVEN_a_cloned_card_THEN_the_edge_is_in_conflict_and_gets_no_commands_UNTIL_it_has_a_new_key', async () => {
      const settings = await lab.add('edge-2');
      const folder = await lab.folder();
      const first = await lab.agent({ settings, machine: new PlayedMachine(), folder });
      await isState('edge-2', 'online');
      await lab.end(first);
      const clone = await lab.folder();
      await cp(folder, clone, { recursive: true });
      await lab.agent({ settings, machine: new PlayedMachine(), folder });
      await isState('edge-2', 'online');
      // Both have the client id of the edge: the broker ends one connection when the other comes, again and again.
      await lab.agent({ settings, machine: new PlayedMachine(), folder: clone });
      await isState('edge-2', 'conflict');
      await assert.rejects(lab.hub.hub.command('edge-2', { type: 'report' }), withCode('EDGE_UNAVAILABLE'));
      await lab.endAgents();
      const { enrolment } = await lab.hub.hub.renewEnrolment('edge-2', true, 'ann');
      await lab.agent({ settings: { ...settings, token: enrolment.token }, machine: new PlayedMachine(), folder });
      await isState('edge-2', 'online');
    });

    it('keeps keys where only Node-RED reads them', async () => {
      if (process.platform === 'win32') return;
      const folder = await lab.folder();
      await lab.agent({ settings: await lab.add('edge-2'), machine: new PlayedMachine(), folder });
      await isState('edge-2', 'online');
      for (const path of [folder, lab.hubFolder.path]) {
        const keys = (await readdir(join(path, 'keys'))).filter((name) => name.endsWith('.pem'));
        assert.equal(keys.length, 1);
        for (const key of keys) assert.equal((await stat(join(path, 'keys', key))).mode & 0o777, 0o600);
      }
    });

    it('keeps no token and tells none, at either end and at the broker: neither while it is of use nor later', async () => {
      const { log, text } = keptLog();
      await lab.hub.close();
      await lab.resumeHub(systemClock, undefined, log);
      const heard: Buffer[] = [];
      const client = await lab.broker.connect('hub');
      client.on('message', (topic, payload) => void heard.push(Buffer.from(topic), ...withDecoded(payload)));
      await client.subscribeAsync('#');
      const folder = await lab.folder();
      const settings = await lab.add('edge-2');
      const [, id = '', secret = ''] = settings.token?.split('.') ?? [];
      assert.equal(secret.length, 43);
      const bytes = Buffer.from(secret, 'base64url');
      const secrets = [secret, bytes, bytes.toString('hex'), bytes.toString('base64').replace('=', '')];
      const isFound = async (forms: readonly (string | Buffer)[]): Promise<boolean> => {
        const all = [Buffer.from(text()), ...heard];
        for (const path of [folder, lab.hubFolder.path]) all.push(...(await contentsBelow(path)));
        return forms.some((form) => all.some((content) => content.includes(form)));
      };
      assert.ok(!(await isFound(secrets)), 'before it is used');
      await lab.agent({ settings, machine: new PlayedMachine(), folder, log });
      await isState('edge-2', 'online');
      // Of another edge it is refused, which is told as well.
      await lab.agent({ settings: { ...settings, name: 'edge-3' }, machine: new PlayedMachine(), log });
      await waitFor(() => text().includes('enrolment refused'), { what: text });
      assert.ok(!(await isFound(secrets)), 'after it was used');
      // Where it was looked for, its id is, which is no secret.
      for (const path of [folder, lab.hubFolder.path])
        assert.ok(
          (await contentsBelow(path)).some((content) => content.includes(id)),
          path,
        );
      assert.ok(text().includes(id) && heard.some((content) => content.includes(id)));
      await client.endAsync();
    });
  });

  describe('clocks', () => {
    for (const { name, skewMs } of [
      { name: 'a year behind', skewMs: -31_536_000_000 },
      { name: 'a year ahead', skewMs: 31_536_000_000 },
    ]) {
      it(`GIVEN_an_edge_whose_clock_is_${name.replaceAll(' ', '_')}_THEN_it_converges_and_takes_commands`, async () => {
        const clock = { now: () => Date.now() + skewMs };
        await lab.agent({ settings: await lab.add('edge-2'), machine: new PlayedMachine(), clock });
        await isState('edge-2', 'online');
        await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
        await runs('edge-2', 1);
        const results: string[] = [];
        lab.hub.hub.onEvent((_, event) => void (event.type === 'command' && results.push(event.result)));
        await lab.hub.hub.command('edge-2', { type: 'report' });
        await waitFor(() => results.length === 1);
        assert.deepEqual(results, ['done']);
        assert.ok(Math.abs((edgeOf('edge-2').clockSkewMs ?? 0) - skewMs) < 60_000);
      });
    }
  });

  describe('the clock of a hub', () => {
    const YEAR_MS = 31_536_000_000;
    const takenBy = ({ agent }: OpenAgent) =>
      findDocument((agent as unknown as { readonly deps: EdgeAgentDeps }).deps.stores, 'desired')?.order;
    const anEdge = async () => {
      const { agent } = await enrolled('edge-2');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
      await runs('edge-2', 1);
      return agent;
    };
    const answerTo = async (command: EdgeCommand): Promise<string | undefined> => {
      const results = new Map<string, string>();
      const end = lab.hub.hub.onEvent((_, event) => {
        if (event.type === 'command') results.set(event.id, `${event.result} ${event.reason ?? ''}`.trim());
      });
      const id = await lab.hub.hub.command('edge-2', command);
      await waitFor(() => results.has(id), { what: 'an answer' });
      end();
      return results.get(id);
    };

    const restarted = async (): Promise<void> => {
      await lab.restartHub();
      await waitFor(() => lab.hub.bus.isConnected, { what: 'the hub to be connected' });
      await lab.hub.hub.settled();
      await runs('edge-2', 1);
    };

    it('GIVEN_a_hub_a_year_ahead_WHEN_its_clock_is_right_again_THEN_its_commands_are_taken_AND_nothing_of_before_is_carried_out_again', async () => {
      await lab.hub.close();
      await lab.resumeHub({ now: () => Date.now() + YEAR_MS });
      const agent = await anEdge();
      let retryCount = 0;
      const retry = agent.agent.retry.bind(agent.agent);
      agent.agent.retry = () => {
        retryCount += 1;
        return retry();
      };
      const heard = new Map<string, Buffer>();
      const topics = edgeTopics('edge-2');
      for (const topic of [topics.desired, topics.command]) {
        await lab.hub.bus.subscribe(topic, ({ payload }) => void heard.set(topic, payload));
      }
      assert.equal(await answerTo({ type: 'retry' }), 'done');
      await waitFor(() => heard.size === 2, { what: 'both to be heard' });

      await restarted();
      assert.equal(await answerTo({ type: 'retry' }), 'done');
      assert.equal(retryCount, 2);
      // Whoever repeats what he heard then sets nothing back, and makes nothing happen.
      for (const [topic, payload] of heard) await lab.hub.bus.publish(topic, payload);
      assert.equal(await answerTo({ type: 'retry' }), 'done');
      assert.equal(retryCount, 3);

      const order = takenBy(agent);
      await restarted();
      assert.equal(await answerTo({ type: 'report' }), 'done');
      assert.deepEqual(takenBy(agent), order, 'once is enough');
    });

    it('GIVEN_a_command_of_a_hub_a_year_ahead_WHEN_one_of_the_right_time_is_refused_as_expired_THEN_the_next_is_taken', async () => {
      let skewMs = 0;
      await lab.hub.close();
      await lab.resumeHub({ now: () => Date.now() + skewMs });
      await anEdge();
      skewMs = YEAR_MS;
      assert.equal(await answerTo({ type: 'retry' }), 'done');
      // Later than the pause between two documents for the time.
      skewMs = 60_000;
      assert.match((await answerTo({ type: 'retry' })) ?? '', /^refused expired: /);
      await lab.hub.hub.settled();
      await runs('edge-2', 1);
      assert.equal(await answerTo({ type: 'retry' }), 'done');
    });
  });

  describe('two hubs', () => {
    it('GIVEN_two_hubs_of_one_name_on_a_broker_THEN_they_do_not_hear_each_other', async () => {
      const one = await enrolled('edge-2');
      const registry = lab.registry.registry;
      const path = await lab.folder();
      const other = await openHub({ path, brokerUrl: lab.broker.url, registry, hubId: 'hub-2' });
      try {
        const { enrolment } = await other.hub.create({ name: 'edge-2' }, 'ann');
        const settings = enrolment.settings['edge'] as Awaited<ReturnType<typeof lab.add>>;
        const machine = new PlayedMachine();
        const agent = await lab.agent({ settings, machine, clientId: 'of-hub-2' });
        await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
        await other.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
        await runs('edge-2', 1);
        await waitFor(() => other.hub.get('edge-2').models[0]?.state === 'running');
        assert.deepEqual([one.machine.activeVersions.get('iris'), machine.activeVersions.get('iris')], [1, 2]);
        // A token of one is nothing to the other.
        await agent.agent.enrol((await lab.hub.hub.renewEnrolment('edge-2', false, 'ann')).enrolment.token);
        const stateOf = () => agent.agent.status().enrolment;
        await waitFor(() => 'refused' in stateOf());
        assert.deepEqual(stateOf(), { status: 'enrolled', refused: 'token-unknown' });
        assert.equal(other.hub.get('edge-2').state, 'online');
        assert.deepEqual([lab.hub.hub.twinSeenAt, other.hub.twinSeenAt], [null, null]);
        await lab.end(agent);
      } finally {
        await other.close();
      }
    });

    it('GIVEN_a_copy_of_a_hubs_data_folder_that_runs_elsewhere_THEN_both_say_so', async () => {
      const folder = await lab.folder();
      await lab.hub.close();
      await cp(lab.hubFolder.path, folder, { recursive: true });
      await lab.resumeHub();
      await waitFor(() => lab.hub.bus.isConnected);
      const registry = lab.registry.registry;
      const twin = await openHub({ path: folder, brokerUrl: lab.broker.url, registry, clientId: 'twin' });
      try {
        await waitFor(() => lab.hub.hub.twinSeenAt !== null);
      } finally {
        await twin.close();
      }
    });
  });

  describe('the end', () => {
    it('GIVEN_a_broker_that_is_away_WHEN_the_hub_stops_THEN_it_ends_and_its_commands_are_refused_before', async () => {
      await enrolled('edge-2');
      await lab.broker.pause();
      await waitFor(() => !lab.hub.bus.isConnected, { what: 'the connection to be lost' });
      await assert.rejects(lab.hub.hub.command('edge-2', { type: 'report' }), withCode('BROKER_UNAVAILABLE'));
      await lab.hub.close();
    });

    it('GIVEN_an_edge_that_is_deleted_THEN_it_is_never_told_to_run_nothing', async () => {
      const { machine } = await enrolled('edge-2');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
      await runs('edge-2', 1);
      await lab.hub.hub.remove('edge-2', 'ann');
      await waitFor(() => lab.hub.hub.list().length === 0);
      await lab.hub.hub.settled();
      assert.ok(!machine.calls.some((call) => call.startsWith('deactivate')), machine.calls.join());
    });

    it('GIVEN_a_model_that_no_edge_runs_any_more_THEN_its_files_are_offered_no_more', async () => {
      await enrolled('edge-2');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
      const { digest } = lab.registry.registry.getVersion('iris', 1);
      assert.equal(lab.hub.hub.offered(digest)?.kind, 'model');
      await lab.hub.hub.assign('iris', { edges: [] }, 'ann');
      await lab.hub.hub.settled();
      assert.equal(lab.hub.hub.offered(digest), undefined);
    });
  });
});

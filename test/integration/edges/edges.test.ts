import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import type { MqttClient } from 'mqtt';
import { systemClock } from '../../../lib/clock';
import { ModelManagementError } from '../../../lib/errors';
import { edgeLabForEach } from '../../support/edge-checks';
import { type EdgeLab, openHub, PlayedMachine, passing } from '../../support/edge-lab';
import { modelNumber, withCode } from '../../support/registry-lab';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

const BASE = 'model-management/v1/hub-1/';

describe('hub and edges on a broker with its access rules in force', function () {
  this.timeout(60_000);
  let lab: EdgeLab;
  const { edgeOf, modelOf, runs, isState, enrolled } = edgeLabForEach((opened) => {
    lab = opened;
  });

  it('edges enrol, come to run what is assigned, follow the alias, and tell so', async () => {
    assert.equal((await lab.hub.hub.create({ name: 'edge-9', labels: { line: 'a' } }, 'ann')).edge.state, 'pending');
    const [two, three] = [await enrolled('edge-2'), await enrolled('edge-3')];
    assert.equal(edgeOf('edge-2').capabilities?.engine.kind, 'native');
    const given = await lab.hub.hub.assign(
      'iris',
      { edges: [{ name: 'edge-2' }, { name: 'edge-3', version: 2 }] },
      'ann',
    );
    assert.deepEqual(given[0], { name: 'edge-2', version: 'deployed', reported: { version: null, state: 'pending' } });
    await Promise.all([runs('edge-2', 1), runs('edge-3', 2)]);
    await lab.registry.registry.setAlias('iris', 'deployed', { version: 2 }, 'ann');
    await runs('edge-2', 2);
    const kinds = two.machine.calls.map((call) => call.split(' ')[0]);
    assert.deepEqual(kinds.slice(0, 7), ['fetch', 'fetch', 'verify', 'verify', 'test-load', 'warm', 'activate']);
    assert.deepEqual(three.machine.activeVersions, new Map([['iris', 2]]));
    assert.deepEqual(lab.hub.hub.modelEdges('iris')[0]?.reported, { version: 2, state: 'running' });
    await lab.hub.hub.assign('iris', { edges: [] }, 'ann');
    await waitFor(() => two.machine.activeVersions.size === 0 && two.machine.files.size === 0);
  });

  it('says what is wrong with an assignment, and changes nothing then', async () => {
    await enrolled('edge-2');
    const assign = (edges: unknown) => lab.hub.hub.assign('iris', { edges }, 'ann');
    await assign([{ name: 'edge-2', version: 1 }]);
    await assert.rejects(assign([{ name: 'nobody' }]), withCode('EDGE_NOT_FOUND'));
    await assert.rejects(assign([{ name: 'edge-2', version: 9 }]), withCode('VERSION_NOT_FOUND'));
    await assert.rejects(assign([{ name: 'edge-2', version: 'canary' }]), withCode('ALIAS_NOT_FOUND'));
    await assert.rejects(assign([{ name: 'local' }]), withCode('INVALID_INPUT'));
    await assert.rejects(assign([{ name: 'edge-2' }, { name: 'EDGE-2' }]), withCode('INVALID_INPUT'));
    assert.deepEqual(
      lab.hub.hub.modelEdges('iris').map(({ version }) => version),
      [1],
    );
    assert.deepEqual(lab.hub.hub.usage('iris'), [{ kind: 'edge', id: 'edge-2', name: 'edge-2', ref: '1' }]);
    for (const name of ['local', 'a/b', '+', '', 'x'.repeat(64)]) {
      await assert.rejects(lab.hub.hub.create({ name }, 'ann'), withCode('INVALID_INPUT'), name);
    }
    await assert.rejects(lab.hub.hub.create({ name: 'Edge-2' }, 'ann'), withCode('EDGE_EXISTS'));
  });

  it('GIVEN_a_step_that_fails_THEN_the_version_before_runs_on_and_the_reason_is_told_AND_another_attempt_mends_it', async () => {
    const { machine } = await enrolled('edge-2');
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
    machine.onCall = (call) => {
      if (call === 'test-load iris 2') throw new Error('it is no model');
    };
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    await waitFor(() => modelOf('edge-2')?.state === 'failed');
    assert.deepEqual([modelOf('edge-2')?.reported, modelOf('edge-2')?.error?.message], [1, 'it is no model']);
    assert.equal(machine.activeVersions.get('iris'), 1);
    machine.onCall = () => undefined;
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    await runs('edge-2', 2);
  });

  it('GIVEN_a_new_version_that_fails_its_requests_THEN_the_edge_returns_to_the_one_before_and_says_so', async () => {
    const { machine, agent } = await enrolled('edge-2');
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    await runs('edge-2', 2);
    machine.requests = { requests: 30, errors: 30, isFailed: false };
    agent.agent.wake();
    await waitFor(() => modelOf('edge-2')?.state === 'failed');
    assert.deepEqual([modelOf('edge-2')?.reported, modelOf('edge-2')?.error?.code], [1, 'VERSION_UNHEALTHY']);
    assert.equal(machine.activeVersions.get('iris'), 1);
  });

  it('GIVEN_a_broker_that_is_killed_and_comes_back_with_nothing_THEN_edges_converge_and_states_are_right', async () => {
    const { machine } = await enrolled('edge-2');
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
    await lab.broker.pause();
    await waitFor(() => !lab.hub.bus.isConnected);
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    assert.equal(machine.activeVersions.get('iris'), 1);
    await lab.broker.resume();
    await runs('edge-2', 2);
    await isState('edge-2', 'online');
  });

  it('GIVEN_a_hub_that_restarts_THEN_it_knows_its_edges_and_publishes_nothing_they_have', async () => {
    const { agent } = await enrolled('edge-2');
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
    const watcher = await lab.broker.connect('hub');
    const published: string[] = [];
    watcher.on('message', (topic, _, { retain }) => void (retain || published.push(topic)));
    await watcher.subscribeAsync(`${BASE}edges/+/desired`);
    await lab.restartHub();
    await runs('edge-2', 1);
    await isState('edge-2', 'online');
    await lab.hub.hub.settled();
    await lab.end(agent);
    await isState('edge-2', 'offline');
    assert.deepEqual(published, []);
    await watcher.endAsync();
  });

  it('GIVEN_a_write_that_fails_WHEN_edges_are_assigned_THEN_those_that_were_written_get_their_orders', async () => {
    await enrolled('edge-2');
    await enrolled('edge-3');
    await lab.hub.close();
    await lab.resumeHub(systemClock, (stores) => ({
      ...stores,
      assignments: {
        ...passing(stores.assignments),
        put: async (document) => {
          if (document.edge === 'edge-3') throw new ModelManagementError('STORAGE_FULL', 'It is full.', 'Make room.');
          await stores.assignments.put(document);
        },
      },
    }));
    const edges = [{ name: 'edge-3' }, { name: 'edge-2' }];
    await assert.rejects(lab.hub.hub.assign('iris', { edges }, 'ann'), withCode('STORAGE_FULL'));
    await runs('edge-2', 1);
    assert.deepEqual(edgeOf('edge-3').models, []);
  });

  it('GIVEN_a_version_that_is_gone_THEN_its_edge_keeps_what_it_runs_and_the_hub_says_so_AND_another_one_mends_it', async () => {
    const { machine } = await enrolled('edge-2');
    await lab.registry.upload('other', modelNumber(7));
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    await runs('edge-2', 2);
    await lab.registry.registry.deleteVersion('iris', 2, 'ann');
    await lab.hub.hub.assign('other', { edges: [{ name: 'edge-2' }] }, 'ann');
    await lab.restartHub();
    await isState('edge-2', 'online');
    await lab.hub.hub.settled();
    const { desired, reported, state, error } = modelOf('edge-2') ?? {};
    assert.deepEqual([desired, reported, state, error?.code], [2, 2, 'failed', 'VERSION_NOT_FOUND']);
    assert.equal(lab.hub.hub.modelEdges('iris')[0]?.reported?.state, 'failed');
    await waitFor(() => machine.activeVersions.get('other') === 1, {
      what: 'the other model, which nothing holds back',
    });
    assert.equal(machine.activeVersions.get('iris'), 2);
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
  });

  it('refuses more models than fit into the desired state of an edge', async () => {
    await lab.add('edge-2');
    let count = 0;
    const assignAll = async (): Promise<void> => {
      for (; count < 220; count += 1) {
        await lab.registry.upload(`model-${count}`, modelNumber(count));
        await lab.hub.hub.assign(`model-${count}`, { edges: [{ name: 'edge-2' }] }, 'ann');
      }
    };
    await assert.rejects(assignAll(), withCode('INVALID_INPUT', { field: 'edges' }));
    assert.ok(count > 150, `${count} fit`);
    assert.equal(edgeOf('edge-2').models.length, count);
  });

  it('GIVEN_more_edges_than_may_wait_for_the_broker_THEN_each_of_them_gets_what_it_shall_run', async () => {
    const count = 1_500;
    const watcher = await lab.broker.connect('hub');
    const topics = new Set<string>();
    watcher.on('message', (topic) => void topics.add(topic));
    await watcher.subscribeAsync(`${BASE}edges/+/desired`);
    await lab.hub.close();
    await lab.addEnrolled(Array.from({ length: count }, (_, n) => `many-${n}`));
    await lab.resumeHub();
    await waitFor(() => topics.size === count, { what: () => `${topics.size} documents` });
    await watcher.endAsync();
  });

  it('GIVEN_an_edge_that_starts_without_a_broker_THEN_it_runs_what_it_ran', async () => {
    const settings = await lab.add('edge-2');
    const folder = await lab.folder();
    const first = new PlayedMachine();
    const agent = await lab.agent({ settings, machine: first, folder });
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
    await runs('edge-2', 1);
    await lab.end(agent);
    await lab.broker.pause();
    const second = new PlayedMachine();
    for (const [digest, size] of first.files) second.files.set(digest, size);
    await lab.agent({ settings, machine: second, folder });
    await waitFor(() => second.activeVersions.get('iris') === 1);
    assert.deepEqual(second.calls, ['verify', 'verify', 'activate iris 1']);
    await lab.broker.resume();
    await isState('edge-2', 'online');
  });

  it('GIVEN_a_hub_restored_from_a_backup_THEN_its_edges_obey_it_again', async () => {
    await using backup = await temporaryFolder();
    await enrolled('edge-2');
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
    await runs('edge-2', 1);
    await lab.hub.close();
    await cp(lab.hubFolder.path, backup.path, { recursive: true });
    await lab.resumeHub();
    for (const version of [2, 1, 2]) {
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version }] }, 'ann');
      await runs('edge-2', version);
    }
    await lab.hub.close();
    lab.hub = await openHub({ path: backup.path, brokerUrl: lab.broker.url, registry: lab.registry.registry });
    await runs('edge-2', 1);
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
    await runs('edge-2', 2);
  });

  describe('documents of others', () => {
    /** Everything the hub and an edge said, as somebody on the broker would record it. */
    const record = async (): Promise<{ readonly messages: Map<string, Buffer[]>; readonly client: MqttClient }> => {
      const client = await lab.broker.connect('hub');
      const messages = new Map<string, Buffer[]>();
      client.on('message', (topic, payload) => {
        const name = topic.slice(BASE.length);
        messages.set(name, [...(messages.get(name) ?? []), payload]);
      });
      await client.subscribeAsync(`${BASE}#`);
      return { messages, client };
    };

    it('GIVEN_replayed_reordered_duplicated_and_forged_documents_THEN_none_of_them_changes_anything', async () => {
      const { messages, client } = await record();
      const { machine } = await enrolled('edge-2');
      for (const version of [1, 2, 1, 2]) {
        await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version }] }, 'ann');
        await runs('edge-2', version);
      }
      const desired = messages.get('edges/edge-2/desired') ?? [];
      const reported = messages.get('edges/edge-2/reported') ?? [];
      const online = messages.get('edges/edge-2/online') ?? [];
      assert.ok(desired.length >= 4 && reported.length >= 4);
      const calls = machine.calls.length;
      const before = JSON.stringify(edgeOf('edge-2').models);
      const publish = (topic: string, payload: Buffer | string) =>
        client.publishAsync(`${BASE}edges/edge-2/${topic}`, payload, { qos: 1, retain: topic !== 'event' });
      const last = desired.at(-1) ?? Buffer.alloc(0);
      const forged = Buffer.from(last.toString().replace(/"payload":"(.{9})./, '"payload":"$1A'));
      for (const old of [...desired.slice(0, -1).reverse(), last, forged]) await publish('desired', old);
      for (const hostile of [
        '',
        '{}',
        '['.repeat(90_000),
        'x'.repeat(300_000),
        '{"payload":"e30","protected":"e30","signature":""}',
      ]) {
        for (const topic of ['desired', 'command', 'reported', 'online', 'event']) await publish(topic, hostile);
      }
      for (const old of reported.slice(0, -1).reverse()) await publish('reported', old);
      for (const old of online) await publish('online', old);
      // A new revision goes through the same topic after them, so they have been looked at by then.
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
      await runs('edge-2', 1);
      const since = machine.calls.slice(calls);
      assert.deepEqual(
        since.filter((call) => call.startsWith('activate')),
        ['activate iris 1'],
      );
      assert.equal(before.includes('"reported":2'), true);
      assert.equal(edgeOf('edge-2').state, 'online');
      await client.endAsync();
    });

    it('GIVEN_a_command_that_is_repeated_or_for_another_edge_THEN_it_is_carried_out_once_and_by_one', async () => {
      const { messages, client } = await record();
      await enrolled('edge-2');
      await enrolled('edge-3');
      const told: string[] = [];
      lab.hub.hub.onEvent((edge, event) => {
        if (event.type === 'command') told.push(`${edge} ${event.id} ${event.result}`);
      });
      const id = await lab.hub.hub.command('edge-2', { type: 'report' });
      await waitFor(() => told.length === 1);
      const [command = Buffer.alloc(0)] = messages.get('edges/edge-2/command') ?? [];
      for (const edge of ['edge-2', 'edge-3', 'edge-2']) {
        await client.publishAsync(`${BASE}edges/${edge}/command`, command, { qos: 1 });
      }
      const second = await lab.hub.hub.command('edge-2', { type: 'retry' });
      const third = await lab.hub.hub.command('edge-3', { type: 'retry' });
      await waitFor(() => told.length >= 3);
      assert.deepEqual(told.sort(), [`edge-2 ${id} done`, `edge-2 ${second} done`, `edge-3 ${third} done`].sort());
      await client.endAsync();
    });

    it('GIVEN_another_user_of_the_broker_THEN_the_rules_keep_him_from_the_topics_of_an_edge', async () => {
      const { machine } = await enrolled('edge-2');
      const stranger = await lab.broker.connect('stranger');
      const seen: string[] = [];
      stranger.on('message', (topic) => void seen.push(topic));
      const granted = await stranger.subscribeAsync(`${BASE}edges/edge-2/#`).catch(() => []);
      await stranger.publishAsync(`${BASE}edges/edge-2/reported`, 'x', { qos: 1, retain: true }).catch(() => undefined);
      await stranger.publishAsync(`${BASE}edges/edge-2/desired`, 'x', { qos: 1, retain: true }).catch(() => undefined);
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2' }] }, 'ann');
      await runs('edge-2', 1);
      assert.deepEqual(seen, [], JSON.stringify(granted));
      assert.equal(machine.activeVersions.get('iris'), 1);
      await stranger.endAsync();
    });
  });
});

import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeAgentDeps } from '../../../lib/edges/agent/agent-dependencies';
import { edgeLabForEach } from '../../support/edge-checks';
import { type EdgeLab, type OpenAgent, PlayedMachine } from '../../support/edge-lab';
import { modelNumber, withCode } from '../../support/registry-lab';
import { waitFor } from '../../support/wait-for';

/** What an agent was given, to be broken. */
const deps = ({ agent }: OpenAgent): EdgeAgentDeps => (agent as unknown as { readonly deps: EdgeAgentDeps }).deps;

describe('edges whose disk, power or broker fails', function () {
  this.timeout(60_000);
  let lab: EdgeLab;
  const { modelOf, runs, isState } = edgeLabForEach((opened) => {
    lab = opened;
  });

  const anEdge = async (): Promise<{
    readonly agent: OpenAgent;
    readonly machine: PlayedMachine;
    readonly folder: string;
    readonly settings: Awaited<ReturnType<typeof lab.add>>;
  }> => {
    const [settings, folder, machine] = [await lab.add('edge-2'), await lab.folder(), new PlayedMachine()];
    const agent = await lab.agent({ settings, machine, folder });
    await isState('edge-2', 'online');
    return { agent, machine, folder, settings };
  };
  const assign = (version: number) => lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version }] }, 'ann');

  for (const { name, spoil } of [
    { name: 'damaged', spoil: (machine: PlayedMachine, digest: never) => machine.damaged.add(digest) },
    { name: 'gone', spoil: (machine: PlayedMachine, digest: never) => machine.files.delete(digest) },
  ]) {
    it(`GIVEN_a_file_that_is_${name}_WHEN_the_edge_starts_THEN_it_serves_nothing_of_it_and_says_so_UNTIL_it_is_fetched`, async () => {
      const { agent, machine: first, folder, settings } = await anEdge();
      await assign(1);
      await runs('edge-2', 1);
      await lab.end(agent);
      const machine = new PlayedMachine();
      for (const [digest, size] of first.files) machine.files.set(digest, size);
      spoil(machine, lab.registry.registry.getVersion('iris', 1).digest as never);
      machine.onCall = (call) => {
        if (call === 'fetch model') throw new Error('the hub is away');
      };
      const second = await lab.agent({ settings, machine, folder });
      await waitFor(() => machine.calls.includes('deactivate iris'));
      await waitFor(() => modelOf('edge-2')?.state === 'failed', { what: () => JSON.stringify(modelOf('edge-2')) });
      assert.equal(modelOf('edge-2')?.reported, null);
      assert.ok(!machine.calls.some((call) => call.startsWith('activate')));
      machine.onCall = () => undefined;
      await second.agent.retry();
      await runs('edge-2', 1);
      assert.ok(machine.calls.indexOf('fetch model') < machine.calls.indexOf('activate iris 1'));
      assert.equal(machine.damaged.size, 0);
    });
  }

  it('GIVEN_a_power_cut_between_the_two_writes_of_a_revocation_WHEN_started_again_THEN_the_edge_knows_that_its_key_is_void', async () => {
    const { agent, machine, folder, settings } = await anEdge();
    const cut = await lab.folder();
    const copied = new Promise<void>((resolve, reject) => {
      const { stores } = deps(agent);
      const put = stores.agent.put.bind(stores.agent);
      stores.agent.put = async (document) => {
        if (document._id === 'identity') await cp(folder, cut, { recursive: true }).then(resolve, reject);
        return await put(document);
      };
    });
    await lab.hub.hub.renewEnrolment('edge-2', true, 'ann');
    await copied;
    await lab.end(agent);
    const { token: _, ...known } = settings;
    const again = await lab.agent({ settings: known, machine, folder: cut });
    assert.deepEqual(again.agent.status().enrolment, { status: 'revoked', reason: 'revoked' });
  });

  it('GIVEN_an_old_token_in_the_settings_WHEN_the_edge_was_enrolled_by_a_newer_one_THEN_it_is_not_tried_again_AND_no_key_is_left', async () => {
    const { agent, machine, folder, settings } = await anEdge();
    const { enrolment } = await lab.hub.hub.renewEnrolment('edge-2', true, 'ann');
    await waitFor(() => agent.agent.status().enrolment.status === 'revoked');
    await agent.agent.enrol(enrolment.token);
    await waitFor(() => agent.agent.status().enrolment.status === 'enrolled');
    await lab.end(agent);
    const again = await lab.agent({ settings, machine, folder });
    assert.deepEqual(again.agent.status().enrolment, { status: 'enrolled' });
    await again.agent.enrol(settings.token ?? '');
    await waitFor(() => 'refused' in again.agent.status().enrolment);
    assert.deepEqual(again.agent.status().enrolment, { status: 'enrolled', refused: 'token-used' });
    await assign(1);
    await runs('edge-2', 1);
    const edgeKeys = (await readdir(join(folder, 'keys'))).filter((name) => name.startsWith('edge-'));
    assert.equal(edgeKeys.length, 1, edgeKeys.join());
  });

  it('GIVEN_an_alias_that_is_gone_WHEN_the_version_it_named_last_runs_on_an_edge_THEN_that_is_not_deleted', async () => {
    const { registry } = lab.registry;
    await anEdge();
    await registry.setAlias('iris', 'canary', { version: 2 }, 'ann');
    await lab.registry.upload('iris', modelNumber(3));
    await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 'canary' }] }, 'ann');
    await runs('edge-2', 2);
    const usedBy = lab.hub.hub.usage('iris');
    assert.deepEqual(usedBy, [{ kind: 'edge', id: 'edge-2', name: 'edge-2', ref: 'canary' }]);
    lab.registry.usage = usedBy;
    await assert.rejects(registry.deleteAlias('iris', 'canary', {}, 'ann'), withCode('IN_USE', { usedBy }));
    await registry.deleteAlias('iris', 'canary', { force: true }, 'ann');
    assert.equal(lab.hub.hub.usage('iris')[0]?.ref, '2');
    await runs('edge-2', 2);
  });

  it('GIVEN_a_last_will_THEN_its_time_is_no_measurement_of_the_clock', async () => {
    let aheadMs = 0;
    const clock = { now: () => Date.now() + aheadMs };
    const { agent } = await lab.agent({ settings: await lab.add('edge-2'), machine: new PlayedMachine(), clock });
    await isState('edge-2', 'online');
    // It is signed before its connection, and said an hour later.
    aheadMs = -3_600_000;
    const will = agent.lastWill();
    aheadMs = 0;
    assert.ok(will);
    const client = await lab.broker.connect('hub');
    await client.publishAsync(`model-management/v1/hub-1/${will.topic}`, will.payload, { qos: 1, retain: true });
    await isState('edge-2', 'offline');
    const { clockSkewMs } = lab.hub.hub.get('edge-2');
    assert.ok(Math.abs(clockSkewMs ?? 0) < 60_000, `${clockSkewMs}`);
    await client.endAsync();
  });

  it('GIVEN_a_flood_of_rubbish_on_the_desired_state_THEN_it_is_told_once', async () => {
    await anEdge();
    const client = await lab.broker.connect('hub');
    const refused: string[] = [];
    client.on('message', (_, payload, { retain }) => {
      const { payload: text } = JSON.parse(payload.toString()) as { payload: string };
      const report = JSON.parse(Buffer.from(text, 'base64url').toString()) as { refused?: { reason: string } };
      if (!retain && report.refused) refused.push(report.refused.reason);
    });
    const edge = 'model-management/v1/hub-1/edges/edge-2';
    await client.subscribeAsync(`${edge}/reported`);
    for (let n = 0; n < 300; n += 1) await client.publishAsync(`${edge}/desired`, 'x', { qos: 1 });
    await waitFor(() => refused.length > 0);
    // It comes after all of them.
    await assign(1);
    await runs('edge-2', 1);
    assert.deepEqual([...new Set(refused)], ['not-json']);
    assert.ok(refused.length <= 2, `${refused.length} reports`);
    await client.endAsync();
  });
});

import assert from 'node:assert/strict';
import { systemClock } from '../../../lib/clock';
import type { HubStores } from '../../../lib/edges/hub/hub-documents';
import type { RolloutView } from '../../../lib/edges/hub/rollout/rollout-view';
import { ModelManagementError } from '../../../lib/errors';
import type { DocumentStore } from '../../../lib/store';
import { anAcl } from '../../support/edge-acl';
import { EdgeLab, type OpenAgent, PlayedMachine, passing } from '../../support/edge-lab';
import { mosquittoPath } from '../../support/mosquitto';
import { modelNumber, withCode } from '../../support/registry-lab';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const LABEL = 'line-1';

interface PlayedEdge {
  readonly agent: OpenAgent;
  readonly machine: PlayedMachine;
}

describe('rollouts on a broker with its access rules in force', function () {
  this.timeout(120_000);
  let lab: EdgeLab;

  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });
  beforeEach(async () => {
    lab = await EdgeLab.start(await anAcl());
    for (const number of [1, 2, 3]) await lab.registry.upload('iris', modelNumber(number));
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());

  const edge = async (name: string, labels: readonly string[] = [LABEL]): Promise<PlayedEdge> => {
    const machine = new PlayedMachine();
    const agent = await lab.agent({ settings: await lab.add(name, labels), machine });
    await isState(name, 'online');
    return { agent, machine };
  };
  const isState = (name: string, state: string): Promise<unknown> =>
    waitFor(() => lab.hub.hub.get(name).state === state, { what: `${name} to be ${state}` });
  const runs = (name: string, version: number): Promise<unknown> =>
    waitFor(
      () => {
        const [model] = lab.hub.hub.get(name).models;
        return model?.state === 'running' && model.reported === version;
      },
      { what: () => `${name} to run ${version}: ${JSON.stringify(lab.hub.hub.get(name).models)}` },
    );
  const assign = (versions: Readonly<Record<string, number | string>>): Promise<unknown> =>
    lab.hub.hub.assign(
      'iris',
      { edges: Object.entries(versions).map(([name, version]) => ({ name, version })) },
      'ann',
    );
  const refs = (): Record<string, number | string> =>
    Object.fromEntries(lab.hub.hub.modelEdges('iris').map(({ name, version }) => [name, version]));
  const start = (fields: Record<string, unknown>): Promise<RolloutView> =>
    lab.hub.hub.rollouts.create('iris', { version: 2, labels: [LABEL], soakMs: 0, ...fields }, 'ann');
  const until = (id: string, check: (rollout: RolloutView) => boolean, what: string): Promise<RolloutView> =>
    waitFor(
      () => {
        const rollout = lab.hub.hub.rollouts.get(id);
        return check(rollout) ? rollout : undefined;
      },
      { what: () => `${what}: ${JSON.stringify(lab.hub.hub.rollouts.get(id))}`, timeoutMs: 60_000 },
    );
  const isOver = (id: string, state: string): Promise<RolloutView> =>
    until(id, (rollout) => rollout.state === state, `the rollout to be ${state}`);

  it('GIVEN_a_hub_that_restarts_between_waves_THEN_each_wave_waits_for_the_one_before_AND_rolling_back_gives_each_what_it_had', async () => {
    const edges = { two: await edge('edge-2'), three: await edge('edge-3'), four: await edge('edge-4') };
    await edge('edge-5');
    await edge('edge-6', []);
    const before = { 'edge-2': 1, 'edge-3': 'deployed', 'edge-4': 3, 'edge-6': 1 };
    await assign(before);
    await Promise.all([runs('edge-2', 1), runs('edge-3', 1), runs('edge-4', 3), runs('edge-6', 1)]);

    // Longer than it takes to stop the hub, on a busy machine too.
    const { id } = await start({ waves: [{ count: 1 }, { percent: 50 }], soakMs: 5_000 });
    await lab.hub.hub.update('edge-6', { labels: [LABEL] });
    await runs('edge-2', 2);
    await lab.restartHub();
    assert.deepEqual(refs(), { ...before, 'edge-2': 2 });
    assert.equal(lab.hub.hub.rollouts.get(id).openWaves, 1);

    await Promise.all([runs('edge-3', 2), runs('edge-4', 2)]);
    assert.deepEqual(refs(), { ...before, 'edge-2': 2, 'edge-3': 2, 'edge-4': 2 });
    await lab.restartHub();
    const done = await isOver(id, 'succeeded');
    assert.deepEqual(done.counts, { running: 4 });
    assert.deepEqual(refs(), { 'edge-2': 2, 'edge-3': 2, 'edge-4': 2, 'edge-5': 2, 'edge-6': 1 });
    assert.deepEqual(
      done.audit.map(({ action, user, wave }) => [action, user, wave ?? null]),
      [
        ['started', 'ann', null],
        ['wave-opened', null, 1],
        ['wave-opened', null, 2],
        ['wave-opened', null, 3],
        ['succeeded', null, null],
      ],
    );

    await lab.hub.hub.rollouts.act(id, 'rollback', 'ben');
    const back = await isOver(id, 'rolled_back');
    assert.deepEqual(refs(), before);
    assert.deepEqual(back.counts, { restored: 4 });
    assert.deepEqual(back.audit.at(-2)?.user, 'ben');
    await Promise.all([runs('edge-2', 1), runs('edge-3', 1), runs('edge-4', 3), runs('edge-6', 1)]);
    assert.deepEqual(
      Object.values(edges).map(({ machine }) => machine.activeVersions.get('iris')),
      [1, 1, 3],
    );
  });

  it('tells of each step, and of models of which other edges run other versions; what is not over is listed apart', async () => {
    await edge('edge-2');
    const { hub } = lab.hub;
    const [steps, models] = [new Set<string>(), new Set<string>()];
    hub.rollouts.onChange((id) => steps.add(`${id} ${hub.rollouts.get(id).state}`));
    hub.onAssignment((model) => models.add(`${model} ${JSON.stringify(refs())}`));
    const { id } = await start({});
    assert.deepEqual(
      hub.rollouts.list(true).map((one) => one.id),
      [id],
    );
    await isOver(id, 'succeeded');
    await hub.rollouts.act(id, 'rollback', 'ann');
    await isOver(id, 'rolled_back');
    assert.deepEqual(
      [...steps],
      ['running', 'succeeded', 'rolling_back', 'rolled_back'].map((state) => `${id} ${state}`),
    );
    assert.deepEqual([...models], ['iris {"edge-2":2}', 'iris {}']);
    assert.deepEqual(hub.rollouts.list(true), []);
    assert.deepEqual(
      hub.rollouts.list(false).map((one) => one.id),
      [id],
    );
  });

  it('GIVEN_an_edge_on_which_the_version_fails_THEN_the_rollout_stops_AND_another_one_tries_it_again', async () => {
    const { machine } = await edge('edge-2');
    await edge('edge-3');
    await assign({ 'edge-2': 1, 'edge-3': 1 });
    await Promise.all([runs('edge-2', 1), runs('edge-3', 1)]);
    machine.onCall = (call) => {
      if (call === 'test-load iris 2') throw new Error('it is no model');
    };
    const { id } = await start({ waves: [{ count: 1 }] });
    const stopped = await isOver(id, 'stopped');
    assert.deepEqual([stopped.reason, stopped.counts], ['failures', { failed: 1, waiting: 1 }]);
    assert.deepEqual(refs(), { 'edge-2': 2, 'edge-3': 1 });
    assert.equal(machine.activeVersions.get('iris'), 1);
    await lab.hub.hub.rollouts.act(id, 'rollback', 'ann');
    await isOver(id, 'rolled_back');
    await runs('edge-2', 1);

    machine.onCall = () => undefined;
    const again = await start({ waves: [{ count: 1 }] });
    await isOver(again.id, 'succeeded');
    await Promise.all([runs('edge-2', 2), runs('edge-3', 2)]);
    assert.deepEqual(
      lab.hub.hub.rollouts.ofModel('IRIS').map((one) => [one.id, one.state]),
      [
        [again.id, 'succeeded'],
        [id, 'rolled_back'],
      ],
    );
  });

  it('GIVEN_a_transfer_that_stalls_THEN_the_rollout_waits_AND_goes_on_with_it', async () => {
    const { machine } = await edge('edge-2');
    machine.onCall = (call) => {
      if (call === 'fetch model') throw new ModelManagementError('TIMEOUT', 'Nothing came.', 'Wait.');
    };
    const { id } = await start({});
    await waitFor(() => lab.hub.hub.get('edge-2').models[0]?.state === 'failed');
    assert.deepEqual(lab.hub.hub.rollouts.get(id).counts, { pending: 1 });
    machine.onCall = () => undefined;
    await lab.hub.hub.command('edge-2', { type: 'retry' });
    await isOver(id, 'succeeded');
  });

  it('GIVEN_an_edge_that_is_offline_THEN_the_rollout_ends_without_it_AND_it_converges_when_it_is_back', async () => {
    await edge('edge-2');
    const machine = new PlayedMachine();
    const [settings, folder] = [await lab.add('edge-3', [LABEL]), await lab.folder()];
    const agent = await lab.agent({ settings, machine, folder });
    await isState('edge-3', 'online');
    await lab.end(agent);
    await isState('edge-3', 'offline');
    const { id } = await start({});
    const done = await isOver(id, 'succeeded');
    assert.deepEqual(done.counts, { running: 1, offline: 1 });
    await lab.agent({ settings, machine, folder });
    await runs('edge-3', 2);
    assert.deepEqual(lab.hub.hub.rollouts.get(id).counts, { running: 2 });
  });

  it('GIVEN_a_paused_rollout_THEN_nothing_more_is_assigned_AND_edges_changed_by_hand_are_left_alone_when_it_goes_on', async () => {
    await edge('edge-2');
    await edge('edge-3');
    await edge('edge-4');
    const { id } = await start({ waves: [{ count: 1 }], soakMs: 300 });
    await lab.hub.hub.rollouts.act(id, 'pause', 'ann');
    await assert.rejects(start({ version: 3 }), withCode('ROLLOUT_ACTIVE', { rollout: id }));
    const paused = lab.hub.hub.rollouts.get(id);
    await assign({ ...refs(), 'edge-3': 3 });
    await runs('edge-3', 3);
    assert.deepEqual(lab.hub.hub.rollouts.get(id).audit, paused.audit);

    await lab.hub.hub.rollouts.act(id, 'resume', 'ann');
    const done = await isOver(id, 'succeeded');
    assert.deepEqual(done.counts, { running: 2, left: 1 });
    assert.deepEqual(done.edges[1], { name: 'edge-3', wave: 2, state: 'left', reason: 'changed', before: null });
    await lab.hub.hub.rollouts.act(id, 'rollback', 'ann');
    await isOver(id, 'rolled_back');
    assert.deepEqual(refs(), { 'edge-3': 3 });
    await assert.rejects(lab.hub.hub.rollouts.act(id, 'pause', 'ann'), withCode('ROLLOUT_STATE'));
  });

  it('GIVEN_a_write_that_fails_WHEN_others_of_the_wave_did_not_THEN_all_come_to_the_version', async () => {
    await edge('edge-2');
    await edge('edge-3');
    await lab.hub.close();
    let failures = 0;
    await lab.resumeHub(systemClock, (stores) => ({
      ...stores,
      assignments: {
        ...passing(stores.assignments),
        put: async (document) => {
          if (document.edge === 'edge-3' && failures === 0) {
            failures += 1;
            throw new ModelManagementError('STORAGE_FULL', 'The disk is full.', 'Make room.');
          }
          await stores.assignments.put(document);
        },
      },
    }));
    await Promise.all([isState('edge-2', 'online'), isState('edge-3', 'online')]);
    const { id } = await start({});
    const done = await isOver(id, 'succeeded');
    assert.deepEqual([failures, done.counts], [1, { running: 2 }]);
  });

  it('GIVEN_a_model_that_is_deleted_THEN_its_rollout_stops', async () => {
    await edge('edge-2');
    await edge('edge-3');
    const { id } = await start({ waves: [{ count: 1 }], soakMs: 600_000 });
    await runs('edge-2', 2);
    await lab.registry.registry.deleteModel('iris', { force: true }, 'ann');
    assert.equal((await isOver(id, 'stopped')).reason, 'version-gone');
  });

  it('says what is wrong with a rollout, and starts none then', async () => {
    await edge('edge-2');
    await assert.rejects(start({ version: 9 }), withCode('VERSION_NOT_FOUND'));
    await assert.rejects(start({ version: 'canary' }), withCode('ALIAS_NOT_FOUND'));
    await assert.rejects(start({ labels: undefined, edges: ['nobody'] }), withCode('EDGE_NOT_FOUND'));
    await assert.rejects(start({ labels: ['line-2'] }), withCode('INVALID_INPUT', { field: 'labels' }));
    await assert.rejects(lab.hub.hub.rollouts.create('none', {}, 'ann'), withCode('MODEL_NOT_FOUND'));
    assert.throws(() => lab.hub.hub.rollouts.get('none'), withCode('ROLLOUT_NOT_FOUND'));
    assert.deepEqual(lab.hub.hub.rollouts.ofModel('iris'), []);
  });

  it('GIVEN_a_hub_that_dies_before_any_of_its_writes_THEN_the_next_one_ends_the_rollout_AND_the_way_back', async function () {
    this.timeout(300_000);
    await edge('edge-2');
    await edge('edge-3');
    const before = { 'edge-2': 1, 'edge-3': 'deployed' };
    await assign(before);
    await Promise.all([runs('edge-2', 1), runs('edge-3', 1)]);
    const deaths = { forth: 0, back: 0 };

    for (let isDying = true, writes = 1; isDying; writes += 1) {
      const known = lab.hub.hub.rollouts.ofModel('iris').length;
      isDying = await diesAfter(writes, async () => {
        const { id } = await start({ waves: [{ count: 1 }] });
        await isOver(id, 'succeeded');
      });
      deaths.forth += Number(isDying);
      const [rollout, ...earlier] = lab.hub.hub.rollouts.ofModel('iris');
      if (rollout && earlier.length === known) {
        await isOver(rollout.id, 'succeeded');
        assert.deepEqual(refs(), { 'edge-2': 2, 'edge-3': 2 });
        await lab.hub.hub.rollouts.act(rollout.id, 'rollback', 'ann');
        await isOver(rollout.id, 'rolled_back');
      }
      assert.deepEqual(refs(), before);
    }
    for (let isDying = true, writes = 1; isDying; writes += 1) {
      const { id } = await start({});
      await isOver(id, 'succeeded');
      const rollBack = async (): Promise<void> => {
        await lab.hub.hub.rollouts.act(id, 'rollback', 'ann');
        await isOver(id, 'rolled_back');
      };
      isDying = await diesAfter(writes, rollBack);
      deaths.back += Number(isDying);
      await rollBack();
      assert.deepEqual(refs(), before);
    }
    assert.ok(deaths.forth >= 6 && deaths.back >= 3, JSON.stringify(deaths));
  });

  /** Does something on a hub that dies after its first so many writes, and restarts it. @returns whether it died */
  async function diesAfter(writes: number, act: () => Promise<void>): Promise<boolean> {
    let left = writes - 1;
    let died: () => void = () => undefined;
    const death = new Promise<true>((resolve) => {
      died = () => resolve(true);
    });
    const counted = async <R>(write: () => Promise<R>): Promise<R> => {
      left -= 1;
      if (left >= 0) return await write();
      died();
      throw new Error('the hub is dead');
    };
    const mortal = <T extends { readonly _id: string }>(store: DocumentStore<T>): DocumentStore<T> => ({
      ...passing(store),
      insert: (document) => counted(() => store.insert(document)),
      put: (document) => counted(() => store.put(document)),
      delete: (id) => counted(() => store.delete(id)),
    });
    await lab.hub.close();
    await lab.resumeHub(systemClock, (stores: HubStores) => ({
      ...stores,
      rollouts: mortal(stores.rollouts),
      assignments: mortal(stores.assignments),
    }));
    const acted = act().then(
      () => false,
      (error: unknown) => {
        if (left >= 0) throw error;
        return true;
      },
    );
    const isDead = await Promise.race([death, acted]);
    await lab.restartHub();
    await acted;
    return isDead;
  }
});

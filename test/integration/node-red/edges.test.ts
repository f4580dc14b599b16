import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RolloutSummary, RolloutView } from '../../../lib/edges/hub/rollout/rollout-view';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { Model } from '../../../lib/registry/types';
import { anAcl } from '../../support/edge-acl';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { assertSortsByEveryField } from '../../support/sorting';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

interface Enrolled {
  readonly edge: EdgeView;
  readonly enrolment: {
    readonly token: string;
    readonly settings: Record<string, unknown>;
    readonly hint?: string;
  };
}

describe(`edges of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let edge: NodeRed;
  let mqtt: MqttListener;
  let settings: Record<string, unknown>;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    mqtt = await MqttListener.on(broker, ['out', 'errors', 'probe-answer']);
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    for (const added of [1, 2, 3]) {
      const answer = await hub.api('POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
      assert.equal(answer.status, 201, answer.text);
    }
  });
  after(async () => {
    await edge?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await mqtt?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await hub.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const until = (check: (edge: EdgeView) => boolean, what: string): Promise<EdgeView> =>
    waitFor(
      async () => {
        const view = await ask<EdgeView>('GET', 'edges/edge-2');
        return check(view) ? view : undefined;
      },
      { what },
    );
  const runs = (version: number) =>
    until(
      ({ models }) => models[0]?.reported === version && models[0].state === 'running',
      `version ${version} to run`,
    );

  it('are added on the hub and come online with what they can do', async () => {
    const { items } = await ask<{ items: EdgeView[] }>('GET', 'edges');
    assert.deepEqual(
      items.map(({ name, state }) => [name, state]),
      [['local', 'online']],
    );
    const added = await ask<Enrolled>('POST', 'edges', { name: 'edge-2', labels: ['line-1'] });
    assert.equal(added.edge.state, 'pending');
    assert.match(added.enrolment.hint ?? '', /calls its broker 127\.0\.0\.1/);
    settings = added.enrolment.settings;
    edge = await NodeRed.start({ modelManagement: settings });
    const online = await until(({ state }) => state === 'online', 'it to be online');
    await until(({ capabilities }) => capabilities?.engine.kind === 'native', 'its engine to be known');
    assert.equal(online.name, 'edge-2');
    const own = await edge.api<{ enrolment: { status: string } }>('GET', 'edge');
    assert.deepEqual([own.status, own.body.enrolment.status], [200, 'enrolled']);
    assert.equal((await edge.api<{ role: string }>('GET', 'health')).body.role, 'edge');
  });

  it('run what is assigned to them, and answer with it', async () => {
    const { edges } = await ask<Model>('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version: 1 }] });
    assert.deepEqual(
      edges.map(({ name, version }) => [name, version]),
      [['edge-2', 1]],
    );
    await runs(1);
    await edge.deploy(modelFlow({ model: 'plus', brokerPort: broker.port }));
    await waitFor(async () => {
      await mqtt.publish('probe', 'listening');
      return mqtt.on('probe-answer').includes('listening');
    });
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [1, 1, 1, 2]);
    const inferred = await edge.api<{ payload: unknown }>('POST', 'models/plus/versions/deployed/infer', {
      payload: [0, 0, 0, 1],
    });
    assert.deepEqual([inferred.status, inferred.body.payload], [200, [1, 1, 1, 2]], inferred.text);
    const local = await edge.api<EdgeView>('GET', 'edges/local');
    assert.deepEqual(
      local.body.models.map(({ name, reported }) => [name, reported]),
      [['plus', 1]],
    );
    const model = await ask<Model>('GET', 'models/plus');
    assert.deepEqual(model.edges[0]?.reported, { version: 1, state: 'running' });
    assert.ok(model.usedBy.some(({ kind, name }) => kind === 'edge' && name === 'edge-2'));
  });

  it('follow an alias of the hub, and go back with it', async () => {
    await ask('PUT', 'models/plus/aliases/deployed', { version: 2 });
    await ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2' }] });
    await runs(2);
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [2, 2, 2, 3]);
    await ask('PUT', 'models/plus/aliases/deployed', { version: 3 });
    await runs(3);
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [3, 3, 3, 4]);
    await ask('POST', 'models/plus/rollback');
    await runs(2);
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [2, 2, 2, 3]);
  });

  it('lose no message to a switch', async () => {
    let sent = 0;
    const before = mqtt.on('out').length;
    const timer = setInterval(() => {
      void mqtt.publish('in', [sent, 0, 0, 0], 1);
      sent += 1;
    }, 5);
    await ask('PUT', 'models/plus/aliases/deployed', { version: 3 });
    await runs(3);
    clearInterval(timer);
    await waitFor(() => mqtt.on('out').length - before >= sent, { what: 'all answers' });
    assert.equal(mqtt.on('errors').length, 0, JSON.stringify(mqtt.on('errors')));
  });

  it('tell a node that names what was not assigned', async () => {
    const flow = modelFlow({ model: 'plus', brokerPort: broker.port, inbound: 'other', node: { version: '1' } });
    await edge.deploy(flow);
    await waitFor(async () => {
      await mqtt.publish('probe', 'other');
      return mqtt.on('probe-answer').includes('other');
    });
    const from = mqtt.on('errors').length;
    await mqtt.publish('other', [0, 0, 0, 1]);
    const told = (): { code: string; message: string } | undefined => mqtt.on('errors').slice(from)[0] as never;
    await waitFor(() => told() !== undefined, { what: 'the error' });
    const error = told();
    assert.equal(error?.code, 'VERSION_NOT_ON_EDGE');
    assert.match(error?.message ?? '', /version 3 of plus/);
    await edge.deploy(modelFlow({ model: 'plus', brokerPort: broker.port }));
    await waitFor(async () => {
      await mqtt.publish('probe', 'back');
      return mqtt.on('probe-answer').includes('back');
    });
  });

  it('get a version by a rollout, and what they had when it is rolled back', async () => {
    const before = (await ask<Model>('GET', 'models/plus')).edges.map(({ version }) => version);
    assert.deepEqual(before, ['deployed']);
    const body = { version: 1, labels: ['line-1'], waves: [{ count: 1 }], soakMs: 0 };
    const started = await hub.api<RolloutView>('POST', 'models/plus/rollouts', body);
    assert.equal(started.status, 201, started.text);
    const { id } = started.body;
    const isOver = (state: string) =>
      waitFor(async () => (await ask<RolloutView>('GET', `rollouts/${id}`)).state === state, {
        what: state,
      });
    await isOver('succeeded');
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [1, 1, 1, 2]);
    const late = await hub.api<{ error: { code: string } }>('POST', `rollouts/${id}/pause`, {});
    assert.deepEqual([late.status, late.body.error.code], [409, 'ROLLOUT_STATE']);
    assert.equal((await hub.api('POST', `rollouts/${id}/rollback`, {})).status, 202);
    await isOver('rolled_back');
    const { edges } = await ask<Model>('GET', 'models/plus');
    assert.deepEqual(
      edges.map(({ version }) => version),
      before,
    );
    await runs(3);
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [3, 3, 3, 4]);
    const listed = await ask<{ items: RolloutSummary[] }>('GET', 'models/plus/rollouts?search=rolled');
    assert.deepEqual(
      listed.items.map((one) => one.id),
      [id],
    );
    const all = await ask<{ items: RolloutSummary[] }>('GET', 'rollouts');
    assert.deepEqual(
      all.items.map(({ id: one, model }) => [one, model]),
      [[id, 'plus']],
    );
    assert.equal((await ask<{ total: number }>('GET', 'rollouts?active=true')).total, 0);
    await assertSortsByEveryField((path) => hub.api('GET', path), 'rollouts');
  });

  it('take no change but of their own rows', async () => {
    const refused = await edge.api<{ error: { code: string } }>('POST', 'models', { name: 'own' });
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'MANAGED_BY_HUB']);
    const rows = await edge.api('POST', 'collections', { name: 'own' });
    assert.equal(rows.status, 201, rows.text);
    assert.equal((await hub.api('GET', 'edge')).status, 404);
  });

  it('GIVEN_broker_away_WHEN_edge_starts_THEN_it_answers_with_what_it_ran', async () => {
    await edge.stop();
    await until(({ state }) => state === 'offline', 'it to be offline');
    // Its own broker for messages stays; the hub's is another port, where nothing listens.
    edge = await NodeRed.start({
      userDir: edge.userDir,
      modelManagement: { ...settings, broker: { url: 'mqtt://127.0.0.1:1' } },
    });
    await waitFor(async () => {
      await mqtt.publish('probe', 'again');
      return mqtt.on('probe-answer').includes('again');
    });
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [3, 3, 3, 4]);
    await edge.stop();
    edge = await NodeRed.start({ userDir: edge.userDir, modelManagement: settings });
    await until(({ state }) => state === 'online', 'it to be online again');
  });

  it('keep what they run when their key is taken back, and get nothing new', async () => {
    await ask('POST', 'edges/edge-2/enrolment?revoke=true', {});
    await until(({ state }) => state === 'revoked', 'it to be revoked');
    await waitFor(async () => {
      const own = await edge.api<{ enrolment: { status: string } }>('GET', 'edge');
      return own.body.enrolment.status === 'revoked';
    });
    await ask('PUT', 'models/plus/aliases/deployed', { version: 1 });
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [3, 3, 3, 4]);
    const { enrolment } = await ask<Enrolled>('POST', 'edges/edge-2/enrolment', {});
    const typed = await edge.api('POST', 'edge/enrol', { token: enrolment.token });
    assert.equal(typed.status, 202, typed.text);
    await runs(1);
    assert.deepEqual(await mqtt.ask('in', [0, 0, 0, 1], 'out'), [1, 1, 1, 2]);
  });

  it('stop answering when a model is taken from them', async () => {
    await ask('PUT', 'models/plus/edges', { edges: [] });
    await until(({ models }) => models.length === 0, 'nothing to be wanted');
    const from = mqtt.on('errors').length;
    await waitFor(
      async () => {
        await mqtt.publish('in', [0, 0, 0, 1]);
        const codes = (mqtt.on('errors').slice(from) as { code: string }[]).map(({ code }) => code);
        return codes.includes('VERSION_NOT_ON_EDGE');
      },
      { what: 'the model to be gone', intervalMs: 200 },
    );
    await ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2' }] });
    await runs(1);
  });

  it('are deleted, and the model is free then', async () => {
    const inUse = await hub.api<{ error: { code: string } }>('DELETE', 'models/plus');
    assert.deepEqual([inUse.status, inUse.body.error.code], [409, 'IN_USE']);
    assert.equal((await hub.api('DELETE', 'edges/local')).status, 403);
    assert.equal((await hub.api('DELETE', 'edges/edge-2')).status, 204);
    assert.equal((await hub.api('GET', 'edges/edge-2')).status, 404);
    assert.deepEqual((await ask<Model>('GET', 'models/plus')).edges, []);
    assert.equal((await hub.api('DELETE', 'models/plus')).status, 204);
  });
});

describe(`edges of Node-RED ${nodeRedMajor} at a broker that keeps the access rules of the documentation`, function () {
  this.timeout(60_000);

  it('enrol, get their model and tell of it, each with a login of its own', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    // The rules name the hub by its id, which is in its data folder before it has started.
    await using folder = await temporaryFolder('mm-hub-');
    const hubId = randomUUID();
    await writeFile(join(folder.path, 'instanceId'), `${hubId}\n`);
    const passwords = { hub: 'hub-password', 'edge-2': 'edge-password' };
    await using broker = await Mosquitto.start({ passwords, acl: await anAcl(hubId) });
    const login = (username: keyof typeof passwords) => ({ url: broker.url, username, password: passwords[username] });
    await using hub = await NodeRed.start({ modelManagement: { dataDir: folder.path, broker: login('hub') } });
    await hub.api('POST', 'models/plus/versions?create=true', buildModel(addModel(1)));
    const added = await hub.api<Enrolled>('POST', 'edges', { name: 'edge-2' });
    const { settings } = added.body.enrolment;
    assert.ok(!JSON.stringify(settings).includes('hub-password'), 'the hub keeps its password to itself');
    await using _edge = await NodeRed.start({ modelManagement: { ...settings, broker: login('edge-2') } });
    await hub.api('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2' }] });
    await waitFor(
      async () => {
        const { body } = await hub.api<Model>('GET', 'models/plus');
        return body.edges[0]?.reported.state === 'running';
      },
      { what: 'the model to run' },
    );
  });
});

describe('a hub without a broker', function () {
  this.timeout(60_000);
  it('lists itself, and says what edges need', async () => {
    await using nodeRed = await NodeRed.start({});
    const listed = await nodeRed.api<{ items: EdgeView[] }>('GET', 'edges');
    assert.deepEqual(
      listed.body.items.map(({ name }) => name),
      ['local'],
    );
    const refused = await nodeRed.api<{ error: { code: string; hint: string } }>('POST', 'edges', { name: 'e' });
    assert.deepEqual([refused.status, refused.body.error.code], [503, 'BROKER_UNAVAILABLE']);
    assert.match(refused.body.error.hint, /modelManagement.broker.url/);
  });
});

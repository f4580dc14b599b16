import assert from 'node:assert/strict';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { Model } from '../../../lib/registry/types';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Roles {
  readonly role: string;
  readonly nextRole: string;
  readonly isRoleSet: boolean;
}

type Refusal = { readonly error: { readonly code: string; readonly resting?: object } };

describe(`a Node-RED ${nodeRedMajor} that becomes an edge without a change of settings.js`, function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let other: NodeRed;
  let settings: Record<string, unknown>;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    other = await NodeRed.start();
    for (const [at, name] of [
      [hub, 'plus'],
      [other, 'own'],
    ] as const) {
      const answer = await at.api('POST', `models/${name}/versions?create=true`, buildModel(addModel(1)));
      assert.equal(answer.status, 201, answer.text);
    }
    const added = await hub.api<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', { name: 'e' });
    settings = added.body.enrolment.settings;
  });
  after(async () => {
    await other?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  const roles = async (): Promise<Roles> => {
    const { role, nextRole, isRoleSet } = (await other.api<Roles>('GET', 'health')).body;
    return { role, nextRole, isRoleSet };
  };

  it('asks before what it has as a hub comes to rest, and can take it back', async () => {
    const asked = await other.api<Refusal>('POST', 'edge/join', { settings });
    assert.deepEqual([asked.status, asked.body.error.code], [409, 'IN_USE'], asked.text);
    assert.match(asked.text, /"resting":\{"models":1,"jobs":0,"edges":0\}/);
    const joined = await other.api('POST', 'edge/join', { settings, force: true });
    assert.deepEqual(
      [joined.status, joined.body],
      [
        202,
        {
          nextRole: 'edge',
          isRoleSet: false,
          edge: { name: 'e', hubId: (settings['edge'] as { hubId: string }).hubId },
        },
      ],
    );
    assert.ok(!joined.text.includes('token'), 'no secret comes back');
    assert.equal((await other.api('DELETE', 'edge/join')).status, 200);
    assert.deepEqual(await roles(), { role: 'hub', nextRole: 'hub', isRoleSet: false });
  });

  it('refuses what is no settings of an edge', async () => {
    for (const bad of [undefined, 'text', {}, { ...settings, broker: { url: 'no' } }]) {
      const answer = await other.api<Refusal>('POST', 'edge/join', { settings: bad, force: true });
      assert.deepEqual([answer.status, answer.body.error.code], [400, 'INVALID_INPUT'], answer.text);
    }
  });

  it('is an edge from its next start on, and runs what the hub assigns', async () => {
    assert.equal((await other.api('POST', 'edge/join', { settings, force: true })).status, 202);
    assert.deepEqual(await roles(), { role: 'hub', nextRole: 'edge', isRoleSet: false });
    await other.restart();
    assert.deepEqual(await roles(), { role: 'edge', nextRole: 'edge', isRoleSet: false });
    assert.equal((await hub.api('PUT', 'models/plus/edges', { edges: [{ name: 'e' }] })).status, 200);
    await waitFor(async () => (await hub.api<EdgeView>('GET', 'edges/e')).body.models[0]?.state === 'running', {
      what: 'the model to run there',
    });
    const own = await other.api<{ models: readonly object[] }>('GET', 'edge');
    assert.deepEqual(own.body.models, [{ name: 'plus', version: 1, desired: 1, state: 'running' }]);
    const again = await other.api<Refusal>('POST', 'edge/join', { settings, force: true });
    assert.deepEqual([again.status, again.body.error.code], [409, 'MANAGED_BY_HUB']);
    await other.restart();
    await waitFor(async () => (await hub.api<EdgeView>('GET', 'edges/e')).body.state === 'online', {
      what: 'it to be back with the key it has',
    });
  });

  it('has its own models back after it left', async () => {
    assert.equal((await other.api('POST', 'edge/leave', {})).status, 200);
    assert.deepEqual(await roles(), { role: 'edge', nextRole: 'hub', isRoleSet: false });
    await other.restart();
    assert.deepEqual(await roles(), { role: 'hub', nextRole: 'hub', isRoleSet: false });
    const { items } = (await other.api<{ items: readonly Model[] }>('GET', 'models')).body;
    assert.deepEqual(
      items.map(({ name, aliases }) => [name, aliases.deployed]),
      [['own', 1]],
    );
    const answer = await other.api<{ payload: unknown }>('POST', 'models/own/versions/deployed/infer', {
      payload: [0, 0, 0, 1],
    });
    assert.deepEqual(answer.body.payload, [1, 1, 1, 2]);
  });

  it('is what its settings.js says, where that says it', async () => {
    const path = other.userDir;
    await other.stop();
    await using set = await NodeRed.start({ userDir: path, modelManagement: { role: 'hub' } });
    const answer = await set.api<Refusal>('POST', 'edge/join', { settings, force: true });
    assert.deepEqual([answer.status, answer.body.error.code], [403, 'READ_ONLY']);
    assert.equal((await set.api<Roles>('GET', 'health')).body.isRoleSet, true);
  });
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AdminClient } from '../../support/admin-client';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

interface Health {
  readonly broker: { readonly connected: boolean; readonly url?: string };
}

describe("the hub's broker", function () {
  this.timeout(120_000);

  it('is told as connected or not, never with its credentials', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    const url = broker.url.replace('//', '//user:secret@');
    await using nodeRed = await NodeRed.start({
      modelManagement: { broker: { url, username: 'user', password: 'hidden' } },
    });
    const api = new AdminClient(nodeRed);
    const untilConnected = (expected: boolean) =>
      waitFor(async () => (await api.ok<Health>(200, 'GET', 'health')).broker.connected === expected, {
        timeoutMs: 20_000,
      });
    await untilConnected(true);
    const { text } = await nodeRed.api('GET', 'health');
    assert.doesNotMatch(text + nodeRed.log, /secret|hidden/);
    await broker.pause();
    await untilConnected(false);
    await broker.resume();
    await untilConnected(true);
  });

  it('GIVEN_password_and_token_in_files_WHEN_hub_and_edge_start_THEN_they_are_let_in_and_no_log_or_answer_holds_them', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using folder = await temporaryFolder();
    const fileOf = async (name: string, secret: string): Promise<string> => {
      const path = join(folder.path, name);
      await writeFile(path, `${secret}\n`);
      return path;
    };
    const passwords = { hub: 'hush-hub', 'edge-2': 'hush-edge' };
    const acl = Object.keys(passwords).map((user) => `user ${user}\ntopic readwrite #\n`);
    await using broker = await Mosquitto.start({ passwords, acl: acl.join('') });
    const login = async (username: keyof typeof passwords) => ({
      url: broker.url,
      username,
      passwordFile: await fileOf(username, passwords[username]),
    });
    await using hub = await NodeRed.start({ modelManagement: { broker: await login('hub') } });
    const api = new AdminClient(hub);
    const { enrolment } = await api.ok<{ enrolment: { settings: { edge: { token: string } } } }>(201, 'POST', 'edges', {
      name: 'edge-2',
    });
    const { token, ...own } = enrolment.settings.edge;
    const settings = { edge: { ...own, tokenFile: await fileOf('token', token) }, broker: await login('edge-2') };
    await using edge = await NodeRed.start({ modelManagement: { role: 'edge', ...settings } });
    const isOnline = async (): Promise<boolean> =>
      (await api.ok<{ state: string }>(200, 'GET', 'edges/edge-2')).state === 'online';
    await waitFor(isOnline, { timeoutMs: 20_000, what: 'the edge to be enrolled' });
    const ownView = await edge.api('GET', 'edge');
    const said = hub.log + edge.log + ownView.text + (await hub.api('GET', 'health')).text;
    for (const secret of [...Object.values(passwords), token]) assert.ok(!said.includes(secret), said);
  });

  it('GIVEN_a_password_file_that_is_not_there_WHEN_Node_RED_starts_THEN_the_rest_works_and_the_log_names_the_setting', async () => {
    const broker = { url: 'mqtt://127.0.0.1:1', username: 'hub', passwordFile: '/nowhere/password' };
    await using nodeRed = await NodeRed.start({ modelManagement: { broker } });
    await new AdminClient(nodeRed).ok(200, 'GET', 'models');
    const words = 'modelManagement.broker.passwordFile: the file cannot be read';
    await waitFor(() => nodeRed.log.includes(words), { what: () => `the setting in ${nodeRed.log}` });
  });

  it('GIVEN_a_certificate_file_that_is_not_there_WHEN_Node_RED_starts_THEN_the_rest_works_and_the_log_says_why', async () => {
    const broker = { url: 'mqtts://127.0.0.1:1', ca: '/nowhere/ca.pem' };
    await using nodeRed = await NodeRed.start({ modelManagement: { broker } });
    const health = await new AdminClient(nodeRed).ok<Health>(200, 'GET', 'health');
    assert.deepEqual(health.broker, { connected: false, url: broker.url });
    await waitFor(() => nodeRed.log.includes('broker setting not usable'), {
      what: () => `the reason in ${nodeRed.log}`,
    });
  });
});

import assert from 'node:assert/strict';
import { AdminClient } from '../../support/admin-client';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed } from '../../support/node-red';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Health {
  readonly broker: { readonly connected: boolean; readonly url?: string };
}

describe("the hub's broker", function () {
  this.timeout(60_000);

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

  it('GIVEN_a_certificate_file_that_is_not_there_WHEN_Node_RED_starts_THEN_the_rest_works_and_the_log_says_why', async () => {
    const broker = { url: 'mqtts://127.0.0.1:1', ca: '/nowhere/ca.pem' };
    await using nodeRed = await NodeRed.start({ modelManagement: { broker } });
    const health = await new AdminClient(nodeRed).ok<Health>(200, 'GET', 'health');
    assert.deepEqual(health.broker, { connected: false, url: broker.url });
    assert.match(nodeRed.log, /broker setting not usable/);
  });
});

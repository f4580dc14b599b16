import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { modelFlow } from '../../support/flows';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { MqttListener } from '../../support/mqtt-listener';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

interface Enrolled {
  readonly enrolment: { readonly settings: Record<string, unknown> };
}

/** One of the two: what its version n adds is `base + n`, and its edge answers on topics of its own. */
interface Side {
  readonly hub: NodeRed;
  readonly edge: NodeRed;
  readonly inbound: string;
  readonly outbound: string;
}

describe(`two hubs of Node-RED ${nodeRedMajor} on one broker, each with an edge of the same name`, function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let mqtt: MqttListener;
  const sides: Side[] = [];
  const side = (index: 0 | 1): Side => sides[index] as Side;

  async function ask<T>(hub: NodeRed, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await hub.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  }
  const until = ({ hub }: Pick<Side, 'hub'>, check: (edge: EdgeView) => boolean, what: string): Promise<EdgeView> =>
    waitFor(
      async () => {
        const view = await ask<EdgeView>(hub, 'GET', 'edges/line');
        return check(view) ? view : undefined;
      },
      { what },
    );
  const runs = (at: Side, version: number) =>
    until(
      at,
      ({ models }) => models[0]?.reported === version && models[0].state === 'running',
      `version ${version} to run`,
    );
  const answerOf = async ({ inbound, outbound }: Side): Promise<unknown> =>
    ((await mqtt.ask(inbound, [0, 0, 0, 0], outbound)) as number[])[0];

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    mqtt = await MqttListener.on(broker, ['out-0', 'out-1', 'probe-answer']);
    for (const index of [0, 1]) {
      const hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
      const [inbound, outbound] = [`in-${index}`, `out-${index}`];
      for (const version of [1, 2]) {
        const model = buildModel(addModel(10 * index + version));
        const answer = await hub.api('POST', 'models/plus/versions?create=true', model);
        assert.equal(answer.status, 201, answer.text);
      }
      const { enrolment } = await ask<Enrolled>(hub, 'POST', 'edges', { name: 'line' });
      const flows = modelFlow({ model: 'plus', brokerPort: broker.port, inbound, outbound });
      const edge = await NodeRed.start({ modelManagement: enrolment.settings, flows });
      sides.push({ hub, edge, inbound, outbound });
      await until({ hub }, ({ state }) => state === 'online', 'the edge to be online');
      await ask(hub, 'PUT', 'models/plus/edges', { edges: [{ name: 'line', version: 1 }] });
    }
    await waitFor(
      async () => {
        const token = randomUUID();
        await mqtt.publish('probe', token);
        const answers = () => mqtt.on('probe-answer').filter((answer) => answer === token);
        return await waitFor(() => answers().length === sides.length, { timeoutMs: 500 });
      },
      { what: 'the flows of both edges to hear the broker' },
    );
  });
  after(async () => {
    await Promise.all(sides.flatMap(({ hub, edge }) => [edge, hub]).map((one) => one[Symbol.asyncDispose]()));
    await mqtt?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  it('each edge runs what its own hub assigns', async () => {
    for (const at of sides) await runs(at, 1);
    assert.deepEqual([await answerOf(side(0)), await answerOf(side(1))], [1, 11]);
  });

  it('a new version of one changes nothing at the other', async () => {
    await ask(side(0).hub, 'PUT', 'models/plus/edges', { edges: [{ name: 'line', version: 2 }] });
    await runs(side(0), 2);
    const other = await ask<EdgeView>(side(1).hub, 'GET', 'edges/line');
    assert.deepEqual([other.state, other.models[0]?.reported, other.models[0]?.state], ['online', 1, 'running']);
    assert.deepEqual([await answerOf(side(0)), await answerOf(side(1))], [2, 11]);
  });

  it('GIVEN_one_revokes_and_deletes_its_edge_WHEN_the_other_changes_its_own_THEN_that_one_follows', async () => {
    await ask(side(0).hub, 'POST', 'edges/line/enrolment?revoke=true', {});
    await until(side(0), ({ state }) => state === 'revoked', 'it to be revoked');
    assert.equal((await side(0).hub.api('DELETE', 'edges/line')).status, 204);
    assert.equal((await ask<EdgeView>(side(1).hub, 'GET', 'edges/line')).state, 'online');
    await ask(side(1).hub, 'PUT', 'models/plus/edges', { edges: [{ name: 'line', version: 2 }] });
    await runs(side(1), 2);
    assert.deepEqual([await answerOf(side(0)), await answerOf(side(1))], [2, 12]);
  });

  it('GIVEN_one_hub_is_killed_THEN_the_other_and_both_edges_go_on', async () => {
    await side(0).hub.stop('SIGKILL');
    await ask(side(1).hub, 'PUT', 'models/plus/edges', { edges: [{ name: 'line', version: 1 }] });
    await runs(side(1), 1);
    assert.deepEqual([await answerOf(side(0)), await answerOf(side(1))], [2, 11]);
  });
});

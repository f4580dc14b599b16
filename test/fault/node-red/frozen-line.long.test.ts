import assert from 'node:assert/strict';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { AdminClient } from '../../support/admin-client';
import { largeModel } from '../../support/large-model';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed, nodeRedMajor } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { TcpLine } from '../../support/tcp-line';
import { waitFor } from '../../support/wait-for';

const other = nodeRedMajor === '5' ? '4' : '5';
const LARGE_BYTES = 5_000_000;

describe(`an edge of Node-RED ${other} whose line and broker fail, of a hub of Node-RED ${nodeRedMajor}`, function () {
  this.timeout(300_000);

  it('GIVEN_a_line_that_freezes_AND_a_broker_that_is_killed_amid_a_transfer_THEN_the_edge_is_offline_within_the_keep_alive_AND_converges', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using line = await TcpLine.to(broker.port);
    await using hub = await NodeRed.start({
      modelManagement: { broker: { url: broker.url }, edges: { bytesPerSecond: 500_000 } },
    });
    const api = new AdminClient(hub);
    for (const added of [1, 2]) {
      await api.ok(201, 'POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
    }
    await api.ok(201, 'POST', 'models/plus/versions', largeModel(LARGE_BYTES).chunks());
    const { enrolment } = await api.ok<{ enrolment: { settings: object } }>(201, 'POST', 'edges', { name: 'edge-2' });
    const url = `mqtt://127.0.0.1:${line.port}`;
    await using edge = await NodeRed.start({
      major: other,
      modelManagement: { ...enrolment.settings, broker: { url } },
    });
    const until = (check: (view: EdgeView) => boolean, what: string, timeoutMs = 60_000): Promise<EdgeView> =>
      waitFor(
        async () => {
          const view = await api.ok<EdgeView>(200, 'GET', 'edges/edge-2');
          return check(view) ? view : undefined;
        },
        { what: () => `${what}: ${edge.log.slice(-2_000)}`, timeoutMs, intervalMs: 100 },
      );
    const assign = (version: number) =>
      api.ok(200, 'PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version }] });
    const runs = (version: number, timeoutMs?: number) =>
      until(
        ({ models: [model] }) => model?.state === 'running' && model.reported === version,
        `version ${version} to run`,
        timeoutMs,
      );
    await until(({ state }) => state === 'online', 'the edge to be online');
    await assign(1);
    await runs(1);

    const thaw = line.freeze();
    await assign(2);
    // One and a half of 30 s, and what the broker takes to see it.
    const away = await until(({ state }) => state === 'offline', 'the edge to be offline', 70_000);
    assert.equal(away.models[0]?.reported, 1);
    thaw();
    await runs(2, 90_000);
    await until(({ state }) => state === 'online', 'the edge to be online again');

    await assign(3);
    await until(({ models: [model] }) => (model?.progress ?? 0) > 0.2, 'a part of the model to be there');
    await broker.pause('SIGKILL');
    await broker.resume();
    await runs(3, 90_000);
  });
});

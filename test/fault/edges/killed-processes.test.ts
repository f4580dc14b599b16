import assert from 'node:assert/strict';
import type { MqttClient } from 'mqtt';
import type { RolloutView } from '../../../lib/edges/hub/rollout/rollout-view';
import type { EdgeView } from '../../../lib/edges/hub/views';
import type { Version } from '../../../lib/registry/types';
import { largeModel } from '../../support/large-model';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

const EDGES = ['edge-2', 'edge-3'] as const;
const WEIGHT_BYTES = 2_000_000;

/** Bytes of the chunks that the hub sends, by artifact, as anybody at the broker hears them. */
class SentChunks {
  readonly #bytes = new Map<string, number>();

  static async on(client: MqttClient): Promise<SentChunks> {
    const sent = new SentChunks();
    client.on('message', (topic, payload) => {
      const digest = topic.split('/').at(-3) ?? '';
      sent.#bytes.set(digest, sent.of(digest) + payload.length);
    });
    await client.subscribeAsync('+/+/+/artifacts/+/chunk/+');
    return sent;
  }

  of(digest: string): number {
    return this.#bytes.get(digest) ?? 0;
  }
}

async function bytesOf(weightBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of largeModel(weightBytes).chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('a hub and its edges in processes that are killed', function () {
  this.timeout(240_000);
  let broker: Mosquitto;
  let hub: NodeRed;
  let listener: MqttClient;
  let sent: SentChunks;
  const edges = new Map<string, NodeRed>();
  let large: readonly Version[];

  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await hub.api<T>(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  const upload = (model: Buffer) => ask<Version>('POST', 'models/plus/versions?create=true', model);
  const viewOf = (name: string) => ask<EdgeView>('GET', `edges/${name}`);
  const runs = (name: string, version: number): Promise<unknown> => {
    let last: unknown;
    return waitFor(
      async () => {
        const [model] = (await viewOf(name)).models;
        last = model;
        return model?.state === 'running' && model.reported === version;
      },
      { what: () => `${name} to run ${version}: ${JSON.stringify(last)}`, timeoutMs: 60_000 },
    );
  };
  const rollout = (id: string) => ask<RolloutView>('GET', `rollouts/${id}`);
  const isOver = (id: string, state: string): Promise<unknown> => {
    let last: unknown;
    return waitFor(
      async () => {
        last = await rollout(id);
        return (last as RolloutView).state === state;
      },
      { what: () => `the rollout to be ${state}: ${JSON.stringify(last)}`, timeoutMs: 90_000 },
    );
  };
  /** They do nothing meanwhile. */
  const whileFrozen = async (act: () => Promise<unknown>): Promise<void> => {
    for (const edge of edges.values()) process.kill(edge.pid, 'SIGSTOP');
    try {
      await act();
    } finally {
      for (const edge of edges.values()) process.kill(edge.pid, 'SIGCONT');
    }
  };
  const isMostSent = ({ digest, sizeBytes }: Version): Promise<unknown> =>
    waitFor(() => sent.of(digest) > 0.66 * sizeBytes, {
      what: 'two thirds of the file',
      intervalMs: 5,
    });

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
    listener = await broker.connect();
    sent = await SentChunks.on(listener);
    hub = await NodeRed.start({
      // The last third of a large file takes 2.7 s: whoever has to see that it is under way may be held up meanwhile.
      modelManagement: { broker: { url: broker.url }, edges: { bytesPerSecond: 250_000 } },
    });
    await upload(buildModel(addModel(1)));
    large = [await upload(await bytesOf(WEIGHT_BYTES)), await upload(await bytesOf(WEIGHT_BYTES + 4))];
    await Promise.all(
      EDGES.map(async (name) => {
        const { enrolment } = await ask<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
          name,
        });
        edges.set(name, await NodeRed.start({ modelManagement: enrolment.settings }));
      }),
    );
    await ask('PUT', 'models/plus/edges', { edges: EDGES.map((name) => ({ name, version: 1 })) });
    for (const name of EDGES) await runs(name, 1);
  });
  after(async () => {
    for (const one of [...edges.values(), hub]) await one?.[Symbol.asyncDispose]();
    await listener?.endAsync(true);
    await broker?.[Symbol.asyncDispose]();
  });

  it('GIVEN_an_edge_amid_a_download_WHEN_it_is_killed_THEN_it_fetches_only_what_it_lacks_and_runs_it', async () => {
    const [file] = large;
    assert.ok(file);
    await ask('PUT', 'models/plus/edges', {
      edges: [
        { name: 'edge-2', version: 2 },
        { name: 'edge-3', version: 1 },
      ],
    });
    await isMostSent(file);
    const edge = edges.get('edge-2');
    await edge?.stop('SIGKILL');
    const before = sent.of(file.digest);
    assert.ok(before < file.sizeBytes, `${before} bytes were sent before it was killed`);
    await edge?.restart();
    await runs('edge-2', 2);
    // What was lacking went to nobody until the hub saw that, and then to the edge: less than the file.
    const after = sent.of(file.digest) - before;
    assert.ok(after < file.sizeBytes, `${after} of ${file.sizeBytes} bytes were sent after it was killed`);
  });

  it('GIVEN_a_rollout_WHEN_the_hub_is_killed_amid_a_wave_and_amid_the_way_back_THEN_both_come_to_their_end', async () => {
    const [, file] = large;
    assert.ok(file);
    const started = await ask<RolloutView>('POST', 'models/plus/rollouts', {
      version: 3,
      edges: EDGES,
      waves: [{ count: 1 }],
      soakMs: 0,
    });
    const { id } = started;
    await isMostSent(file);
    await whileFrozen(async () => {
      await hub.stop('SIGKILL');
      assert.ok(sent.of(file.digest) < file.sizeBytes, 'the first wave was under way');
      await hub.restart();
      const { state, openWaves, counts } = await rollout(id);
      assert.deepEqual([state, openWaves, counts], ['running', 1, { pending: 1, waiting: 1 }]);
    });
    await isOver(id, 'succeeded');
    for (const name of EDGES) await runs(name, 3);

    await whileFrozen(async () => {
      await ask('POST', `rollouts/${id}/rollback`, {});
      assert.equal((await rollout(id)).state, 'rolling_back');
      await hub.stop('SIGKILL');
    });
    await hub.restart();
    await isOver(id, 'rolled_back');
    await runs('edge-2', 2);
    await runs('edge-3', 1);
  });
});

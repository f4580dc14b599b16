import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { EngineStats, ModelStats } from '../../lib/inference/engine';
import type { Model, Version } from '../../lib/registry/types';
import { type ModelFlowOptions, modelFlow } from './flows';
import { Mosquitto } from './mosquitto';
import { MqttListener } from './mqtt-listener';
import { NodeRed, type NodeRedOptions } from './node-red';
import { buildModel, type ModelSpec } from './onnx-models';
import { waitFor } from './wait-for';

/** A Node-RED with the package, a broker, and a client that hears the answers (`out`) and the errors (`errors`). */
export class ModelLab implements AsyncDisposable {
  private constructor(
    readonly broker: Mosquitto,
    readonly nodeRed: NodeRed,
    readonly mqtt: MqttListener,
  ) {}

  static async start(options: NodeRedOptions & { readonly qos?: 0 | 1 } = {}): Promise<ModelLab> {
    const broker = await Mosquitto.start();
    try {
      const mqtt = await MqttListener.on(broker, ['out', 'errors', 'probe-answer'], options.qos ?? 0);
      return new ModelLab(broker, await NodeRed.start(options), mqtt);
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
  }

  async upload(model: string, spec: ModelSpec, query = 'create=true'): Promise<Version> {
    const answer = await this.nodeRed.api<Version>('POST', `models/${model}/versions?${query}`, buildModel(spec));
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }

  async setDeployed(model: string, version: number): Promise<Model> {
    const answer = await this.nodeRed.api<Model>('PUT', `models/${model}/aliases/deployed`, { version });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** The engine's processes as the health route tells them. */
  async engineModels(): Promise<readonly ModelStats[]> {
    const answer = await this.nodeRed.api<{ engine: EngineStats }>('GET', 'health');
    assert.equal(answer.status, 200, answer.text);
    return answer.body.engine.models;
  }

  /** Deploys the flow and waits until its `mqtt in` hears the broker. */
  async deployFlow(model: string, options: Partial<ModelFlowOptions> = {}): Promise<void> {
    await this.nodeRed.deploy(modelFlow({ model, brokerPort: this.broker.port, ...options }));
    await this.untilFlowListens();
  }

  /** Waits until the flow hears the broker, by messages that go through both. None of them is on its way any more then. */
  async untilFlowListens(): Promise<void> {
    const isAnswered = (token: string): boolean => this.mqtt.on('probe-answer').includes(token);
    const [first, last] = [randomUUID(), randomUUID()];
    await waitFor(
      async () => {
        await this.mqtt.publish('probe', first);
        return isAnswered(first);
      },
      { what: 'the flow to hear the broker', intervalMs: 20 },
    );
    // All go the same way, one after the other.
    await this.mqtt.publish('probe', last);
    await waitFor(() => isAnswered(last), { what: 'the last answer to what asks for it' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodeRed[Symbol.asyncDispose]();
    await this.mqtt[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
  }
}

/** For an `onnx-model` that hears a stream: of a process that is held up for 5 s more messages wait than do by default. */
export const roomForStream = { queue: { max: 100_000 } } as const;

/** Publishes `next(n)` at a steady rate until stopped or the client ends; `sentCount` messages have gone out. */
export function startStream(mqtt: MqttListener, perSecond: number, next: (index: number) => unknown, qos: 0 | 1 = 0) {
  let sentCount = 0;
  const startedAt = Date.now();
  const pending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - startedAt) * perSecond) / 1_000);
    while (sentCount < due) {
      const publish = mqtt.publish('in', next(sentCount), qos).finally(() => pending.delete(publish));
      publish.catch(() => undefined);
      pending.add(publish);
      sentCount += 1;
    }
  }, 1);
  // A test that failed does not stop its stream.
  mqtt.client.once('end', () => clearInterval(timer));
  return {
    get sentCount() {
      return sentCount;
    },
    /** Ends the stream; every message has reached the broker then. Returns how many there were. */
    async stop(): Promise<number> {
      clearInterval(timer);
      await Promise.all(pending);
      return sentCount;
    },
  };
}

import type { MqttClient } from 'mqtt';
import type { Mosquitto } from './mosquitto';
import { waitFor } from './wait-for';

/** A client that keeps every JSON message of its topics, in order of arrival. */
export class MqttListener implements AsyncDisposable {
  readonly received: { readonly topic: string; readonly payload: unknown }[] = [];

  private constructor(readonly client: MqttClient) {}

  static async on(broker: Mosquitto, topics: readonly string[], qos: 0 | 1 = 0): Promise<MqttListener> {
    const listener = new MqttListener(await broker.connect());
    listener.client.on('message', (topic, payload) => {
      const text = payload.toString();
      let parsed: unknown = text;
      try {
        parsed = JSON.parse(text);
      } catch {
        // Not JSON: kept as text.
      }
      listener.received.push({ topic, payload: parsed });
    });
    try {
      if (topics.length > 0) await listener.client.subscribeAsync([...topics], { qos });
    } catch (error) {
      await listener[Symbol.asyncDispose]();
      throw error;
    }
    return listener;
  }

  on(topic: string): readonly unknown[] {
    return this.received.filter((message) => message.topic === topic).map(({ payload }) => payload);
  }

  async publish(topic: string, payload: unknown, qos: 0 | 1 = 0): Promise<void> {
    await this.client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos });
  }

  /** The answer on `topic` that comes after publishing. */
  async ask(inbound: string, payload: unknown, topic: string, timeoutMs = 10_000): Promise<unknown> {
    const before = this.on(topic).length;
    await this.publish(inbound, payload);
    await waitFor(() => this.on(topic).length > before, {
      timeoutMs,
      what: () => `a message on ${topic} (got ${JSON.stringify(this.received.slice(-3))})`,
    });
    return this.on(topic)[before];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

import mqtt, { type MqttClient } from 'mqtt';
import type { Bus, BusMessage } from '../../lib/edges/bus';

export const BUS_PREFIX = 'mm/v1/hub';

/** The least that is a bus: one client of the package mqtt, which connects again by itself. */
export class MqttBus implements Bus, AsyncDisposable {
  #egressBytes = 0;
  /** Subscriptions that the broker has taken. */
  subscriptionCount = 0;
  readonly #listeners: { readonly filter: string; readonly listener: (message: BusMessage) => void }[] = [];

  private constructor(
    private readonly client: MqttClient,
    private readonly prefix: string,
  ) {
    client.setMaxListeners(0);
    client.on('message', (topic, payload, { retain }) => {
      const below = topic.slice(prefix.length + 1);
      for (const { filter, listener } of [...this.#listeners]) {
        if (isMatch(filter, below)) listener({ topic: below, payload, isRetained: retain });
      }
    });
    // Of the sockets before; that of the socket in use is read from it.
    client.on('close', () => {
      this.#egressBytes += bytesWritten(client);
    });
    client.on('error', () => undefined);
  }

  static async connect(url: string, prefix = BUS_PREFIX): Promise<MqttBus> {
    const options = { protocolVersion: 5, reconnectPeriod: 50, queueQoSZero: false } as const;
    return new MqttBus(await mqtt.connectAsync(url, options), prefix);
  }

  /** All that went into its sockets. */
  get egressBytes(): number {
    return this.#egressBytes + (this.client.connected ? bytesWritten(this.client) : 0);
  }

  publish: Bus['publish'] = (topic, payload, { retain = false, qos = 1, expirySeconds } = {}) =>
    new Promise((resolve, reject) => {
      const onClose = (): void => reject(new Error('the connection ended'));
      this.client.once('close', onClose);
      const properties = expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds };
      this.client.publish(`${this.prefix}/${topic}`, payload, { retain, qos, properties }, (error) => {
        this.client.off('close', onClose);
        if (error) reject(error);
        else resolve();
      });
    });

  subscribe: Bus['subscribe'] = async (filter, listener) => {
    const entry = { filter, listener };
    this.#listeners.push(entry);
    await this.client.subscribeAsync(`${this.prefix}/${filter}`, { qos: 1 });
    this.subscriptionCount += 1;
    return async () => {
      this.subscriptionCount -= 1;
      this.#listeners.splice(this.#listeners.indexOf(entry), 1);
      const isUsed = this.#listeners.some((other) => other.filter === filter);
      if (!isUsed) await this.client.unsubscribeAsync(`${this.prefix}/${filter}`);
    };
  };

  onConnection: Bus['onConnection'] = (listener) => {
    const onConnect = (): void => listener(true);
    const onClose = (): void => listener(false);
    this.client.on('connect', onConnect).on('close', onClose);
    if (this.client.connected) listener(true);
    return () => this.client.off('connect', onConnect).off('close', onClose);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.endAsync(true);
  }
}

const bytesWritten = (client: MqttClient): number => Number(Object(client.stream).bytesWritten ?? 0);

function isMatch(filter: string, topic: string): boolean {
  const [levels, parts] = [filter.split('/'), topic.split('/')];
  return levels.length === parts.length && levels.every((level, n) => level === '+' || level === parts[n]);
}

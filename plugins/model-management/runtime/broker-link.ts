import type { MqttClient } from 'mqtt';
import type { Log } from '../../../lib/log';
import { brokerAddress, withoutCredentials } from './broker-address';
import type { BrokerSettings } from './settings';

export interface BrokerState {
  readonly connected: boolean;
  /** Without user name and password. */
  readonly url?: string;
}

/** The hub's own connection to the broker of `modelManagement.broker`; without that setting there is none. */
export class BrokerLink {
  private client: MqttClient | undefined;

  constructor(
    private readonly settings: BrokerSettings | undefined,
    private readonly log: Log,
  ) {}

  get state(): BrokerState {
    if (!this.settings) return { connected: false };
    return { connected: this.client?.connected === true, url: withoutCredentials(this.settings.url) };
  }

  /** Does not wait for the connection, which is made again whenever it breaks; a setting that fails is logged. */
  async open(): Promise<void> {
    if (!this.settings) return;
    try {
      const { url, ...login } = await brokerAddress(this.settings);
      const given = Object.entries(login).filter(([, value]) => value !== undefined);
      const { connect } = await import('mqtt');
      this.client = connect(url, { ...Object.fromEntries(given), reconnectPeriod: 5_000 });
      this.client.on('error', (error) => this.log.debug('broker not reached', () => ({ message: error.message })));
    } catch (error) {
      this.log.error('broker setting not usable', { message: error instanceof Error ? error.message : String(error) });
    }
  }

  async close(): Promise<void> {
    await this.client?.endAsync(true);
    this.client = undefined;
  }
}

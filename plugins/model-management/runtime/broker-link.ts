import type { IClientOptions, MqttClient } from 'mqtt';
import type { Log } from '../../../lib/log';

export interface BrokerState {
  readonly connected: boolean;
  /** Without user name and password. */
  readonly url?: string;
}

export type BrokerSettings = { readonly url: string } & Pick<
  IClientOptions,
  'username' | 'password' | 'ca' | 'cert' | 'key'
>;

function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return 'not a URL';
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
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

  /** Returns at once; the client connects and connects again by itself. */
  async open(): Promise<void> {
    if (!this.settings) return;
    const { connect } = await import('mqtt');
    const { url, ...options } = this.settings;
    try {
      this.client = connect(url, { ...options, reconnectPeriod: 5_000 });
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

import { Socket } from 'node:net';
import type { IClientOptions, MqttClient } from 'mqtt';
import type { ProtocolVersion } from './protocol-choice';

/** How to reach a broker; `ca`, `cert` and `key` are PEM. */
export interface BrokerAddress {
  /** `mqtt://`, `mqtts://`, `ws://`, `wss://` … */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

/** What the broker publishes when the connection ends without a goodbye; the topic is the whole one. */
export interface WillMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

export interface ConnectionOptions {
  readonly broker: BrokerAddress;
  readonly clientId: string;
  readonly version: ProtocolVersion;
  readonly will: WillMessage | undefined;
  readonly connectTimeoutMs: number;
  readonly keepAliveSeconds: number;
}

/** The largest packet that a broker of MQTT 5 may send us: a chunk of an artifact and room around it. */
const MAX_PACKET_BYTES = 1_048_576;

/**
 * One connection with a new session; it is never made again by itself.
 * @throws the error of the network or of mqtt
 */
export async function connectOnce(options: ConnectionOptions, signal: AbortSignal): Promise<MqttClient> {
  const { connect } = await import('mqtt');
  signal.throwIfAborted();
  const client = connect(options.broker.url, clientOptions(options));
  sendAtOnce(client);
  let abort = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason);
      client.once('connect', () => resolve());
      client.once('close', () => reject(new Error('the broker closed the connection before it accepted it')));
      client.on('error', reject);
      signal.addEventListener('abort', abort);
    });
    return client;
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Small packets are not held back until those before them are acknowledged: an answer that follows the acknowledgement
 * of its question would wait for 40 ms. WebSockets take care of it themselves.
 */
function sendAtOnce({ stream }: MqttClient): void {
  if (stream instanceof Socket) stream.setNoDelay(true);
}

function clientOptions(options: ConnectionOptions): IClientOptions {
  const { broker, clientId, version, will, connectTimeoutMs, keepAliveSeconds } = options;
  const { url: _, ...login } = broker;
  return {
    ...Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined)),
    clientId,
    protocolVersion: version,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: connectTimeoutMs,
    keepalive: keepAliveSeconds,
    ...(will ? { will: { ...will, qos: 1 } } : {}),
    ...(version === 5 ? { properties: { maximumPacketSize: MAX_PACKET_BYTES } } : {}),
  };
}

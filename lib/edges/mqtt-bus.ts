import { setTimeout } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { Clock } from '../clock';
import { ModelManagementError } from '../errors';
import type { Log } from '../log';
import type { Bus, BusMessage } from './bus';
import { explainFailure } from './connection-failure';
import { type BrokerAddress, connectOnce } from './mqtt-connection';
import { Outbox, type OutboxEntry, type OutboxLimits } from './outbox';
import { type ConnectionEvent, firstChoice, type ProtocolVersion, reduceChoice } from './protocol-choice';
import { FilterListeners } from './topic-filter';

/** Topic as in {@link Bus}: below the base. Retained. */
export interface LastWill {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface MqttBusOptions {
  /** A function is asked before each connect: certificates are renewed while Node-RED runs. */
  readonly broker: BrokerAddress | (() => Promise<BrokerAddress>);
  /** `<prefix>/v1/<hubId>/`. */
  readonly base: string;
  /** Two connections of one id end each other at most brokers. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked before each connect: what the broker is to say when that connection breaks. */
  readonly lastWill?: () => LastWill | undefined;
  /** Default 1,000 and 60,000: the pause before a new try doubles from one to the other, with jitter. */
  readonly minRetryMs?: number;
  readonly maxRetryMs?: number;
  /** Default 30: after one and a half of it without a word the broker publishes the last will. */
  readonly keepAliveSeconds?: number;
  /** Default 1,000 messages of 16 MiB. */
  readonly outbox?: OutboxLimits;
}

type Listener = (message: BusMessage) => void;

const CONNECT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_SECONDS = 30;
const GOODBYE_MS = 2_000;
/** A connection that lasts as long as this is no failure. */
const STABLE_MS = 10_000;
/** Messages of QoS 1 that the broker has not acknowledged; fewer where it says so. */
const MAX_IN_FLIGHT = 64;

/**
 * The bus on MQTT 5, on 3.1.1 where the broker knows no other. Each connection is a new client with a new session, so
 * what was lost with one is asked for again by the documents, never replayed by a session. What is published while
 * there is no connection waits, bounded.
 */
export class MqttBus implements Bus {
  readonly #listeners = new FilterListeners<Listener>();
  readonly #connectionListeners = new Set<(isConnected: boolean) => void>();
  readonly #stopping = new AbortController();
  readonly #outbox: Outbox;
  readonly #inFlight = new Set<OutboxEntry>();
  /** Filters that this connection took when it was made. */
  readonly #granted = new Set<string>();
  #client: MqttClient | undefined;
  #maxInFlight = MAX_IN_FLIGHT;
  #work: Promise<void> | undefined;

  constructor(private readonly options: MqttBusOptions) {
    this.#outbox = new Outbox(options.outbox ?? { maxCount: 1_000, maxBytes: 16_777_216 });
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  /** Does not wait for the connection, which is made again whenever it breaks. */
  open(): void {
    this.#work ??= this.#run();
  }

  /** Makes the connection anew, as after a loss: with the last will of now. */
  renew(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end(true);
  }

  /** Says goodbye: no last will is published. What waits is rejected with `STOPPED`. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#outbox.rejectAll(stopped());
    if (client?.connected) await withTimeout(client.endAsync(false), GOODBYE_MS);
    this.#stopping.abort(stopped());
    await this.#work;
  }

  publish(topic: string, payload: Buffer | string, options: Parameters<Bus['publish']>[2] = {}): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(stopped());
    const { retain = false, qos = 1, expirySeconds } = options;
    const done = this.#outbox.add({
      topic: this.options.base + topic,
      payload: Buffer.from(payload),
      qos,
      retain,
      expiresAt: expirySeconds === undefined ? null : this.options.clock.now() + expirySeconds * 1_000,
    });
    this.#pump();
    return done;
  }

  async subscribe(filter: string, listener: Listener): Promise<() => Promise<void>> {
    const whole = this.options.base + filter;
    const own: Listener = (message) => listener(message);
    this.#listeners.add(whole, own);
    try {
      await this.#taken(whole);
    } catch (error) {
      this.#listeners.remove(whole, own);
      throw error;
    }
    return async () => {
      if (this.#listeners.remove(whole, own)) await this.#client?.unsubscribeAsync(whole).catch(() => undefined);
    };
  }

  onConnection(listener: (isConnected: boolean) => void): () => void {
    this.#connectionListeners.add(listener);
    if (this.#client) listener(true);
    return () => this.#connectionListeners.delete(listener);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let choice = firstChoice;
    const note = (event: ConnectionEvent): void => {
      choice = reduceChoice(choice, event, performance.now());
    };
    let lastReason = '';
    for (let failures = 0; !signal.aborted; ) {
      try {
        const client = await this.#connect(choice.next, signal);
        const connectedAt = performance.now();
        lastReason = '';
        note({ kind: 'connected' });
        await this.#serve(client);
        note({ kind: 'ended' });
        // Two that end each other's connections, as those of one client id, come to rest with growing pauses.
        failures = performance.now() - connectedAt < STABLE_MS ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        note({ kind: 'failed', error });
        const reason = explainFailure(error);
        const { message } = reason;
        if (message !== lastReason) this.options.log.warn('broker not reached', reason);
        lastReason = message;
        this.options.log.debug('broker not reached', () => ({ message, failures, nextVersion: choice.next }));
      }
      await pause(this.#retryMs(failures), signal);
    }
    this.#outbox.rejectAll(stopped());
  }

  async #connect(version: ProtocolVersion, signal: AbortSignal): Promise<MqttClient> {
    const { base, clientId, lastWill, keepAliveSeconds = KEEP_ALIVE_SECONDS } = this.options;
    const broker = typeof this.options.broker === 'function' ? await this.options.broker() : this.options.broker;
    const last = lastWill?.();
    const will = last && { topic: base + last.topic, payload: last.payload, retain: true };
    const connectTimeoutMs = CONNECT_TIMEOUT_MS;
    return connectOnce({ broker, clientId, version, will, connectTimeoutMs, keepAliveSeconds }, signal);
  }

  /** Until the connection ends. */
  async #serve(client: MqttClient): Promise<void> {
    const { log } = this.options;
    const { signal } = this.#stopping;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
      client.once('close', end);
      signal.addEventListener('abort', end);
      if (!client.connected || signal.aborted) end();
    });
    client.on('error', (error) => log.debug('broker connection failed', () => ({ message: error.message })));
    client.on('message', (topic, payload, { retain }) => this.#dispatch(topic, payload, retain));
    let isAnnounced = false;
    try {
      this.#granted.clear();
      await Promise.race([this.#subscribeAll(client), ended]);
      if (!client.connected || signal.aborted) return;
      this.#client = client;
      this.#maxInFlight = Math.min(MAX_IN_FLIGHT, client.serverProperties?.receiveMaximum ?? MAX_IN_FLIGHT);
      log.info('connected to the broker', { protocolVersion: client.options.protocolVersion });
      isAnnounced = true;
      this.#announce(true);
      this.#pump();
      await ended;
    } finally {
      signal.removeEventListener('abort', end);
      this.#client = undefined;
      client.end(true);
      const lost = unavailable('The connection to the broker ended before it acknowledged the message.');
      for (const entry of this.#inFlight) entry.reject(lost);
      this.#inFlight.clear();
      if (isAnnounced) this.#announce(false);
      if (isAnnounced && !signal.aborted) log.info('connection to the broker ended');
    }
  }

  async #subscribeAll(client: MqttClient): Promise<void> {
    for (const filter of this.#listeners.filters()) {
      try {
        if (await subscribeOnce(client, filter)) this.#granted.add(filter);
      } catch {
        this.options.log.warn('subscription refused by the broker', { filter });
      }
    }
  }

  /** Waits for a connection that has taken the filter; on one that is there it is asked for once more, for what is retained. */
  async #taken(filter: string): Promise<void> {
    const { signal } = this.#stopping;
    for (let hasWaited = false; ; hasWaited = true) {
      signal.throwIfAborted();
      const client = this.#client;
      if (hasWaited && client && this.#granted.has(filter)) return;
      if (client && (await subscribeOnce(client, filter))) return;
      await this.#nextConnection(client, signal);
    }
  }

  /** Resolves when there is a connection other than the last. */
  #nextConnection(last: MqttClient | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        end();
      };
      const abort = (): void => {
        settle();
        reject(signal.reason);
      };
      let end = (): void => undefined;
      const onChange = (isConnected: boolean): void => {
        if (!isConnected || this.#client === last) return;
        settle();
        resolve();
      };
      this.#connectionListeners.add(onChange);
      end = () => this.#connectionListeners.delete(onChange);
      signal.addEventListener('abort', abort, { once: true });
      if (this.#client) onChange(true);
    });
  }

  #dispatch(topic: string, payload: Buffer, isRetained: boolean): void {
    const { base, log } = this.options;
    const message = { topic: topic.slice(base.length), payload, isRetained };
    for (const listener of this.#listeners.of(topic)) {
      try {
        listener(message);
      } catch (error) {
        log.error('a listener of the bus failed', { error });
      }
    }
  }

  #announce(isConnected: boolean): void {
    for (const listener of [...this.#connectionListeners]) {
      try {
        listener(isConnected);
      } catch (error) {
        this.options.log.error('a listener of the connection failed', { error });
      }
    }
  }

  #pump(): void {
    const client = this.#client;
    while (client?.connected && this.#inFlight.size < this.#maxInFlight) {
      const now = this.options.clock.now();
      const entry = this.#outbox.take(now);
      if (!entry) return;
      this.#inFlight.add(entry);
      const { topic, payload, qos, retain, expiresAt } = entry;
      const expiry = expiresAt === null ? undefined : Math.max(1, Math.ceil((expiresAt - now) / 1_000));
      const properties =
        expiry !== undefined && client.options.protocolVersion === 5 ? { messageExpiryInterval: expiry } : undefined;
      client.publish(topic, payload, { qos, retain, ...(properties ? { properties } : {}) }, (error) => {
        if (!this.#inFlight.delete(entry)) return;
        if (error) entry.reject(unavailable(`The broker did not take a message: ${error.message}.`, error));
        else entry.resolve();
        this.#pump();
      });
    }
  }

  #retryMs(failures: number): number {
    const { minRetryMs = 1_000, maxRetryMs = 60_000 } = this.options;
    const limit = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(failures, 16));
    return limit / 2 + (Math.random() * limit) / 2;
  }
}

/**
 * @returns false when the connection ended before there was an answer
 * @throws {ModelManagementError} `BROKER_UNAVAILABLE` when the broker refused
 */
async function subscribeOnce(client: MqttClient, filter: string): Promise<boolean> {
  try {
    const granted = await client.subscribeAsync(filter, { qos: 1 });
    if (granted.every(({ qos }) => qos < 128)) return true;
  } catch (error) {
    const isAnswer = error instanceof Error && 'packet' in error && error.packet !== undefined;
    if (!isAnswer) return false;
  }
  throw unavailable(`The broker refused the subscription ${filter}.`);
}

function unavailable(message: string, cause?: unknown): ModelManagementError {
  const hint = 'Check modelManagement.broker in settings.js, the broker and its access rules.';
  return new ModelManagementError('BROKER_UNAVAILABLE', message, hint, cause === undefined ? {} : { cause });
}

function stopped(): ModelManagementError {
  return new ModelManagementError('STOPPED', 'The connection to the broker was closed.', 'Restart Node-RED.');
}

/** Cut short by the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

/** Until the work is over, well or not. */
async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const ended = new AbortController();
  await Promise.race([work.catch(() => undefined), pause(timeoutMs, ended.signal)]);
  ended.abort();
}

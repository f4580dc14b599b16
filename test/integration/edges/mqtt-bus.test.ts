import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { systemClock } from '../../../lib/clock';
import type { BusMessage } from '../../../lib/edges/bus';
import { MqttBus, type MqttBusOptions } from '../../../lib/edges/mqtt-bus';
import { silentLog } from '../../../lib/log';
import { freePort } from '../../support/free-port';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { withCode } from '../../support/registry-lab';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';

function openBus(url: string, options: Partial<MqttBusOptions> = {}): MqttBus {
  const bus = new MqttBus({
    broker: { url },
    base: 'mm/v1/hub-a/',
    clientId: `test-${Math.random().toString(36).slice(2)}`,
    clock: systemClock,
    log: silentLog,
    minRetryMs: 20,
    maxRetryMs: 100,
    ...options,
  });
  bus.open();
  return bus;
}

const textOf = ({ topic, payload }: BusMessage): string => `${topic}=${payload}`;

describe('the bus on a real broker', function () {
  this.timeout(30_000);
  let broker: Mosquitto;
  const buses: MqttBus[] = [];
  const open = (options: Partial<MqttBusOptions> = {}): MqttBus => {
    const bus = openBus(broker.url, options);
    buses.push(bus);
    return bus;
  };

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
  });
  afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())));
  after(() => broker?.[Symbol.asyncDispose]());

  it('carries messages below its base, and tells retained from fresh ones', async () => {
    const [a, b, other] = [open(), open(), open({ base: 'mm/v1/hub-b/' })];
    const seen: BusMessage[] = [];
    const foreign: BusMessage[] = [];
    await a.publish('kept', 'first', { retain: true });
    await b.subscribe('#', (message) => seen.push(message));
    await other.subscribe('#', (message) => foreign.push(message));
    await waitFor(() => seen.length === 1);
    await a.publish('x/y', Buffer.from([0, 255]));
    await waitFor(() => seen.length === 2);
    assert.deepEqual(
      seen.map(({ topic, payload, isRetained }) => [topic, [...payload], isRetained]),
      [
        ['kept', [...Buffer.from('first')], true],
        ['x/y', [0, 255], false],
      ],
    );
    assert.deepEqual(foreign, []);
    await a.publish('kept', '', { retain: true });
  });

  it('holds no small packet back until the one before it is acknowledged', async () => {
    const asked: unknown[] = [];
    const onSocket = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      const setNoDelay = socket.setNoDelay.bind(socket);
      socket.setNoDelay = (isOn) => {
        asked.push(isOn);
        return setNoDelay(isOn);
      };
    };
    subscribe('net.client.socket', onSocket);
    const bus = open();
    await bus.publish('x', '').finally(() => unsubscribe('net.client.socket', onSocket));
    assert.deepEqual(asked, [true]);
  });

  it('GIVEN_a_broker_that_is_away_WHEN_it_is_back_THEN_what_waited_is_sent_and_subscriptions_hold', async () => {
    const [a, b] = [open(), open()];
    const seen: string[] = [];
    const states: boolean[] = [];
    await b.subscribe('news/+', (message) => seen.push(textOf(message)));
    a.onConnection((isConnected) => states.push(isConnected));
    await waitFor(() => states.length === 1);
    await broker.pause();
    await waitFor(() => states.length === 2);
    const waiting = a.publish('news/1', 'kept back');
    await waitFor(() => !b.isConnected);
    await broker.resume();
    await waiting;
    await waitFor(() => b.isConnected);
    await a.publish('news/2', 'fresh');
    await waitFor(() => seen.includes('news/2=fresh'));
    assert.deepEqual(states, [true, false, true]);
  });

  it('GIVEN_a_connection_that_breaks_THEN_the_last_will_of_that_connection_is_published', async () => {
    let asked = 0;
    const watcher = open();
    const wills: string[] = [];
    await watcher.subscribe('online', (message) => wills.push(textOf(message)));
    const lastWill = () => {
      asked += 1;
      return { topic: 'online', payload: Buffer.from(`gone ${asked}`) };
    };
    const [port, sockets] = [await freePort(), new Set<Socket>()];
    const proxy = await proxyTo(broker.port, port, sockets);
    try {
      const bus = openBus(`mqtt://127.0.0.1:${port}`, { lastWill });
      buses.push(bus);
      await waitFor(() => bus.isConnected);
      for (const socket of sockets) socket.destroy();
      await waitFor(() => wills.includes('online=gone 1'));
      await waitFor(() => bus.isConnected);
      const count = wills.length;
      await bus.close();
      await watcher.publish('online', 'mark');
      await waitFor(() => wills.includes('online=mark'));
      assert.equal(wills.length, count + 1, 'a goodbye publishes no will');
      await watcher.publish('online', '', { retain: true });
    } finally {
      proxy.close();
    }
  });

  it('refuses what is more than it may hold while it waits, and what comes after it was closed', async () => {
    const bus = openBus('mqtt://127.0.0.1:9', { outbox: { maxCount: 1, maxBytes: 100 } });
    const waiting = assert.rejects(bus.publish('a', '1'), withCode('STOPPED'));
    const subscribing = assert.rejects(
      bus.subscribe('a', () => undefined),
      withCode('STOPPED'),
    );
    await assert.rejects(bus.publish('b', '2'), withCode('QUEUE_FULL'));
    await bus.close();
    await Promise.all([waiting, subscribing]);
    await assert.rejects(bus.publish('c', '3'), withCode('STOPPED'));
  });

  it('sends ten thousand messages in order, whatever the broker takes at once', async () => {
    const [a, b] = [open({ outbox: { maxCount: 20_000, maxBytes: 1e7 } }), open()];
    const seen: number[] = [];
    await b.subscribe('n', ({ payload }) => seen.push(Number(payload)));
    await Promise.all(Array.from({ length: 10_000 }, (_, n) => a.publish('n', String(n))));
    await waitFor(() => seen.length === 10_000);
    assert.deepEqual(
      seen,
      Array.from({ length: 10_000 }, (_, n) => n),
    );
  });

  it('ends a subscription', async () => {
    const [a, b] = [open(), open()];
    const seen: string[] = [];
    const end = await b.subscribe('c/#', (message) => seen.push(textOf(message)));
    await b.subscribe('done', (message) => seen.push(textOf(message)));
    await a.publish('c/1', 'x');
    await waitFor(() => seen.length === 1);
    await end();
    await a.publish('c/2', 'x');
    await a.publish('done', 'x');
    await waitFor(() => seen.length === 2);
    assert.deepEqual(seen, ['c/1=x', 'done=x']);
  });
});

describe('the bus on a broker of MQTT 3.1.1', () => {
  it('falls back to it', async () => {
    const aedes = await Aedes.createBroker();
    const server = createServer(aedes.handle);
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const bus = openBus(`mqtt://127.0.0.1:${port}`);
    try {
      const seen: string[] = [];
      await bus.subscribe('a', (message) => seen.push(textOf(message)));
      await bus.publish('a', '1', { retain: true, expirySeconds: 60 });
      await waitFor(() => seen.length === 1);
      assert.deepEqual(seen, ['a=1']);
    } finally {
      await bus.close();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      server.close();
    }
  });
});

function proxyTo(target: number, port: number, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [one, two] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => two.destroy());
      one.pipe(two);
    }
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import type { BusMessage } from '../../../lib/edges/bus';
import { MqttBus, type MqttBusOptions } from '../../../lib/edges/mqtt-bus';
import { type Log, silentLog } from '../../../lib/log';
import { brokerAddress } from '../../../plugins/model-management/runtime/broker-address';
import { AedesBroker } from '../../support/aedes-broker';
import { canMakeCertificates, makeCertificates } from '../../support/certificates';
import { freePort } from '../../support/free-port';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { withCode } from '../../support/registry-lab';
import { requireOrSkip } from '../../support/requirement';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';
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
  this.timeout(60_000);
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

describe('the bus and brokers that end its connections', function () {
  this.timeout(60_000);
  let broker: Mosquitto;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    broker = await Mosquitto.start();
  });
  after(() => broker?.[Symbol.asyncDispose]());

  for (const [word, closedCount, versions] of [
    ['one', 1, [5]],
    ['two', 2, [4, 5]],
  ] as const) {
    it(`GIVEN_${word}_that_it_closes_before_it_takes_them_THEN_MQTT_5_is_used_soon`, async () => {
      const [port, sockets, log] = [await freePort(), new Set<Socket>(), versionLog()];
      const proxy = await proxyTo(broker.port, port, sockets, closedCount);
      const bus = openBus(`mqtt://127.0.0.1:${port}`, { log });
      try {
        await waitFor(() => log.versions.length === 1);
        if (versions.length > 1) for (const socket of sockets) socket.destroy();
        await waitFor(() => log.versions.length === versions.length && bus.isConnected);
        assert.deepEqual(log.versions, versions);
      } finally {
        await bus.close();
        proxy.close();
      }
    });
  }
});

describe('the bus on a broker with TLS', function () {
  this.timeout(60_000);
  let broker: Mosquitto;
  let foreign: TemporaryFolder;

  before(async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    requireOrSkip(this, canMakeCertificates, 'openssl');
    broker = await Mosquitto.start(undefined, { asksClients: true });
    foreign = await temporaryFolder();
    await makeCertificates(foreign.path);
  });
  after(async () => {
    await broker?.[Symbol.asyncDispose]();
    await foreign?.[Symbol.asyncDispose]();
  });

  const own = (): { ca: string; cert?: string; key?: string } => broker.certificates ?? { ca: '' };
  const cases: readonly (readonly [what: string, files: () => object, reason: RegExp])[] = [
    [
      'an authority that is not that of the broker',
      () => ({ ...own(), ca: join(foreign.path, 'ca.pem') }),
      /broker\.ca/,
    ],
    ['no authority', () => ({ ...own(), ca: undefined }), /broker\.ca/],
    ['no certificate of its own', () => ({ ca: own().ca }), /broker\.cert and key/],
    [
      'a certificate of a foreign authority',
      () => ({ ca: own().ca, cert: join(foreign.path, 'cert.pem'), key: join(foreign.path, 'key.pem') }),
      /broker\.cert and key/,
    ],
  ];
  for (const [what, files, reason] of cases) {
    it(`is refused with ${what}, and told what to set`, async () => {
      const log = versionLog();
      const bus = openBus(broker.url, {
        broker: () => brokerAddress({ url: broker.url, topicPrefix: 'mm', ...files() }),
        log,
      });
      try {
        // A broker that refuses a certificate ends the connection, and what it says may be lost with that.
        const told = (): string => JSON.stringify(log.warnings);
        await waitFor(() => reason.test(told()), { what: () => `the reason, not ${told()}`, timeoutMs: 20_000 });
        assert.doesNotMatch(told(), /SSL routines|BEGIN/);
        assert.equal(bus.isConnected, false);
      } finally {
        await bus.close();
      }
    });
  }

  it('carries messages with the right ones', async () => {
    const bus = openBus(broker.url, { broker: () => brokerAddress({ url: broker.url, topicPrefix: 'mm', ...own() }) });
    try {
      const seen: string[] = [];
      await bus.subscribe('a', (message) => seen.push(textOf(message)));
      await bus.publish('a', '1');
      await waitFor(() => seen.length === 1);
    } finally {
      await bus.close();
    }
  });
});

describe('the bus on a broker of MQTT 3.1.1', () => {
  it('falls back to it, and tries no other again when the connection breaks', async () => {
    await using broker = await AedesBroker.start();
    const log = versionLog();
    const bus = openBus(broker.url, { log });
    try {
      const seen: string[] = [];
      await bus.subscribe('a', (message) => seen.push(textOf(message)));
      await bus.publish('a', '1', { retain: true, expirySeconds: 60 });
      await waitFor(() => seen.length === 1);
      broker.cut();
      await waitFor(() => log.versions.length === 2 && seen.length === 2);
      assert.deepEqual([seen, log.versions, log.warnings.length], [['a=1', 'a=1'], [4, 4], 1]);
    } finally {
      await bus.close();
    }
  });
});

/** Keeps the versions of the connections that were made, and the warnings. */
function versionLog(): Log & { readonly versions: unknown[]; readonly warnings: unknown[] } {
  const [versions, warnings]: [unknown[], unknown[]] = [[], []];
  return {
    ...silentLog,
    info: (_, fields = {}) => 'protocolVersion' in fields && versions.push(fields['protocolVersion']),
    warn: (_, fields) => warnings.push(fields),
    versions,
    warnings,
  };
}

/** @param closedCount - of the first connections, which it closes itself when something comes */
function proxyTo(target: number, port: number, sockets: Set<Socket>, closedCount = 0): Promise<Server> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    if (count <= closedCount) return void socket.once('data', () => socket.end());
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

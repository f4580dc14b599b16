import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Session } from 'node:inspector/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Mosquitto } from '../test/support/mosquitto';
import type { FlowNode } from '../test/support/node-red';
import { irisModel, writeModel } from '../test/support/onnx-models';
import { temporaryFolder } from '../test/support/temporary-folder';
import { waitFor } from '../test/support/wait-for';
import { type Bench, type BenchOptions, inTurns, median, medianRatio, type Row } from './support/bench';

/*
 * What it costs that pipelines are watched: flows in a Node-RED in this process, with the package as it is installed, whose two
 * hooks are there in one round and not in the next. Messages go to a broker of their own that nobody listens to.
 */

const packageName = '@edge-models/node-red-model-management';
const hookNames = ['onReceive', 'onComplete'].map((name) => `${name}.model-management`);
const WINDOW = 200;
const RATE = 2_000;
const ROUND_COUNT = 7;
const ROUND_MS = 800;
/** A run is followed for a second after its last event: what that costs belongs to the round. */
const LEAD_MS = 1_250;
const SHORT_MS = 200;
const LOOK_MS = 500;

interface BenchNode {
  send(message: object): void;
  _complete(message: object, error?: unknown): void;
  readonly brokerConn?: { readonly connected: boolean };
}

interface Chain {
  readonly name: string;
  readonly middles: readonly Record<string, unknown>[];
  /** The tab holds a node of this package. */
  readonly isPipeline: boolean;
  /** Measured at a fixed rate as well. */
  readonly hasRate?: boolean;
}

const handOn = `module.exports = (RED) => {
  RED.nodes.registerType('bench-source', function (config) { RED.nodes.createNode(this, config); });
  RED.nodes.registerType('hand-on', function (config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, send, done) => { send(msg); done(); });
  });
};`;

const place = { x: 1, y: 1 };
const aFunction = { type: 'function', func: 'msg.seen = true; return msg;', outputs: 1, libs: [] };
const aLibrary = { type: 'pipelib', configVersion: 1, library: 'pipelib_softmax' };

const aModel = { type: 'onnx-model', configVersion: 1, source: 'file', file: 'iris.onnx' };
const handingOn = [1, 2, 3].map(() => ({ type: 'hand-on' }));

const chains: readonly Chain[] = [
  { name: 'three nodes that hand on, no pipeline', middles: handingOn, isPipeline: false },
  { name: 'three nodes that hand on', middles: handingOn, isPipeline: true },
  { name: 'function, onnx-model', middles: [aFunction, aModel], isPipeline: true, hasRate: true },
  { name: 'pipelib, onnx-model', middles: [aLibrary, aModel], isPipeline: true },
];

function entriesOf({ middles, isPipeline }: Chain, tab: string): FlowNode[] {
  const idOf = (index: number): string => `${tab}-${index}`;
  const last = idOf(middles.length + 1);
  return [
    { id: tab, type: 'tab', label: tab },
    { id: `${tab}-0`, type: 'bench-source', z: tab, ...place, wires: [[idOf(1)]] },
    ...middles.map(
      (middle, index): FlowNode => ({
        ...(middle as { type: string }),
        id: idOf(index + 1),
        z: tab,
        ...place,
        wires: [[idOf(index + 2)]],
      }),
    ),
    {
      id: last,
      type: 'mqtt out',
      z: tab,
      topic: 'out',
      qos: '0',
      retain: 'false',
      broker: 'broker',
      ...place,
      wires: [],
    },
    // Wired to nothing: its presence makes the tab a pipeline.
    ...(isPipeline
      ? [{ id: `${tab}-own`, type: 'pipelib', z: tab, library: 'pipelib_none', ...place, wires: [] }]
      : []),
  ];
}

interface Taken {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Keeps a chain busy: so many messages under way at a time, or so many a second. */
class Drive {
  #sent = 0;
  #done = 0;
  #isOn = false;
  #ticker: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: BenchNode,
    sink: BenchNode,
    private readonly perSecond: number | undefined,
  ) {
    const complete = sink._complete;
    sink._complete = (message, error) => {
      this.#done += 1;
      complete.call(sink, message, error);
      if (this.#isOn && perSecond === undefined) this.#send();
    };
  }

  /** Once all of it is loaded; what came before that failed. */
  async ready(): Promise<void> {
    const isThrough = (): boolean => {
      this.#send();
      return this.#done > 0;
    };
    await waitFor(isThrough, { what: 'the flow to answer', intervalMs: 100, timeoutMs: 30_000 });
    await pause(500);
    this.#sent = this.#done;
  }

  start(): void {
    this.#isOn = true;
    const { perSecond } = this;
    if (perSecond === undefined) {
      for (let n = 0; n < WINDOW; n += 1) this.#send();
      return;
    }
    const [from, startMs] = [this.#sent, performance.now()];
    this.#ticker = setInterval(() => {
      const due = from + ((performance.now() - startMs) * perSecond) / 1_000;
      while (this.#sent < due) this.#send();
    }, 1);
  }

  async measure(durationMs: number): Promise<Taken> {
    const [done, cpu, startMs] = [this.#done, process.cpuUsage(), performance.now()];
    await pause(durationMs);
    const used = process.cpuUsage(cpu);
    const count = this.#done - done;
    return { perSecond: (count * 1_000) / (performance.now() - startMs), cpuUs: (used.user + used.system) / count };
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    clearInterval(this.#ticker);
    await waitFor(() => this.#done >= this.#sent, { what: () => `the last messages, ${this.#done} of ${this.#sent}` });
  }

  #send(): void {
    this.#sent += 1;
    this.source.send({ topic: 'in', payload: [5.1, 3.5, 1.4, 0.2] });
  }
}

async function run({ isQuick, profileFolder }: BenchOptions): Promise<readonly Row[]> {
  await using folder = await temporaryFolder('mm-watch-');
  await using broker = await Mosquitto.start();
  const linked = join(folder.path, 'node_modules', packageName);
  await mkdir(dirname(linked), { recursive: true });
  await symlink(resolve(__dirname, '..'), linked, 'junction');
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ dependencies: { [packageName]: '*' } }));
  await mkdir(join(folder.path, 'nodes'));
  await writeFile(join(folder.path, 'nodes', 'hand-on.js'), handOn);
  await writeFile(join(folder.path, 'nodes', 'hand-on.html'), '');
  await writeModel(join(folder.path, 'iris.onnx'), irisModel());
  const connection = { broker: '127.0.0.1', port: String(broker.port), autoConnect: true, protocolVersion: '4' };
  const flows = [
    { id: 'broker', type: 'mqtt-broker', clientid: '', keepalive: '60', cleansession: true, ...connection },
    ...chains.flatMap((chain, index) => entriesOf(chain, `tab${index}`)),
  ];
  await writeFile(join(folder.path, 'flows.json'), JSON.stringify(flows));
  const red = require('node-red') as typeof import('node-red');
  const server = createServer();
  red.init(server, {
    userDir: folder.path,
    nodesDir: join(folder.path, 'nodes'),
    flowFile: 'flows.json',
    logging: { console: { level: 'fatal', metrics: false, audit: false } },
    telemetry: { enabled: false },
  } as never);
  // The callbacks of the plugin, to take them away and to bring them back.
  const hooks = new Map<string, never>();
  const { add } = red.hooks;
  red.hooks.add = ((name: string, callback: never) => {
    if (hookNames.includes(name)) hooks.set(name, callback);
    add(name, callback);
  }) as typeof add;
  const started = once(red.events, 'flows:started');
  await red.start();
  await started;
  const nodeOf = (id: string): BenchNode => (red.nodes as unknown as { getNode(id: string): BenchNode }).getNode(id);
  await waitFor(() => nodeOf('broker') && (nodeOf('broker') as unknown as { connected: boolean }).connected, {
    what: 'the broker',
  });
  for (const name of hookNames) if (!hooks.has(name)) throw new Error(`the plugin registered no hook ${name}`);
  const watch = (isOn: boolean): void => {
    for (const [name, callback] of hooks) {
      red.hooks.remove(name);
      if (isOn) add(name, callback);
    }
  };

  server.on('request', red.httpAdmin as never);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  /** As an open tray does, which keeps the nodes timed. */
  const lookAt = async (tab: string): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/model-management/pipelines/${tab}/nodes`);
    if (!answer.ok) throw new Error(`the nodes of ${tab} could not be asked for: ${await answer.text()}`);
  };

  const rows: Row[] = [];
  for (const [index, { name, middles, hasRate = false }] of chains.entries()) {
    const source = nodeOf(`tab${index}-0`);
    const sink = nodeOf(`tab${index}-${middles.length + 1}`);
    for (const perSecond of hasRate ? [undefined, RATE] : [undefined]) {
      const complete = sink._complete;
      const drive = new Drive(source, sink, perSecond);
      await drive.ready();
      const round = async (isWatched: boolean, isLookedAt = false): Promise<Taken> => {
        watch(isWatched);
        if (isLookedAt) await lookAt(`tab${index}`);
        const looking = isLookedAt ? setInterval(() => void lookAt(`tab${index}`), LOOK_MS) : undefined;
        drive.start();
        await pause(isQuick || !isWatched ? SHORT_MS : LEAD_MS);
        const taken = await drive.measure(isQuick ? SHORT_MS : ROUND_MS);
        clearInterval(looking);
        await drive.stop();
        // What is still followed ends, so that the next round does not pay for it.
        if (isWatched && !isQuick) await pause(LEAD_MS);
        return taken;
      };
      const taken = await inTurns({ off: () => round(false), on: () => round(true) }, isQuick ? 1 : ROUND_COUNT);
      if (profileFolder !== null)
        await profiled(join(profileFolder, `flow-watch-${index}.cpuprofile`), () => round(true));
      const what = perSecond === undefined ? name : `${name}, ${perSecond} msg/s`;
      rows.push(...rowsOf(what, perSecond === undefined, taken, 'watched', 1.02));
      // Last, since the nodes are timed for a while after somebody looked.
      if (perSecond !== undefined) {
        const looked = { off: () => round(false), on: () => round(true, true) };
        const takenThen = await inTurns(looked, isQuick ? 1 : ROUND_COUNT);
        rows.push(...rowsOf(what, false, takenThen, 'watched with its tray open', 1.1));
      }
      sink._complete = complete;
    }
  }
  await red.stop();
  server.close();
  return rows;
}

function rowsOf(
  name: string,
  isSaturated: boolean,
  taken: Record<string, Taken[]>,
  how: string,
  atMost: number,
): Row[] {
  const [on = [], off = []] = [taken['on'], taken['off']];
  const pick = (of: readonly Taken[], key: keyof Taken): number[] => of.map((one) => one[key]);
  const throughput: Row = {
    what: `${name}: ${how}`,
    value: median(pick(on, 'perSecond')),
    unit: 'msg/s',
    against: 'not watched',
    ratio: medianRatio(pick(on, 'perSecond'), pick(off, 'perSecond')),
  };
  const more = median(on.map(({ cpuUs }, index) => cpuUs - (off[index]?.cpuUs ?? Number.NaN)));
  const cpu: Row = {
    what: `${name}: processor time of a message, ${how}`,
    value: median(pick(on, 'cpuUs')),
    unit: 'µs',
    against: 'not watched',
    ratio: medianRatio(pick(on, 'cpuUs'), pick(off, 'cpuUs')),
    // Throughput is also that of the other processes; this is what is left for other flows.
    aim: { atMost },
    note: `+${more.toFixed(2)} µs`,
  };
  return isSaturated ? [throughput, cpu] : [cpu];
}

async function profiled(path: string, work: () => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await writeFile(path, JSON.stringify(profile));
}

export const bench: Bench = {
  name: 'flow-watch',
  title: `pipelines watched or not: source → nodes → mqtt out (QoS 0), ${WINDOW} messages under way`,
  run,
};

import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { baseTopic } from '../../lib/edges/protocol/topics';
import { Mosquitto } from '../../test/support/mosquitto';
import { peakMemoryBytes } from '../../test/support/process-memory';
import { ChildProgram } from './child-program';
import type { FleetCalls } from './edges-fleet';
import type { HubCalls } from './edges-hub';

/** A version on its way to all edges. */
export interface Round {
  readonly sizeBytes: number;
  /** Seconds from when it was wanted until the hub knew it of each edge that was there. */
  readonly convergedS: Float64Array;
  /** The same of those that came half-way, from when they came. */
  readonly lateS: Float64Array;
  /** All that left the hub meanwhile. */
  readonly egressBytes: number;
  /** Of it: desired states. */
  readonly documentBytes: number;
  readonly hubCpuMs: number;
  /** Of commands to one of the edges that were there. */
  readonly tripsMs: Float64Array;
}

const EDGES_PER_PROCESS = 250;
const PREFIX = 'model-management';
const program = (name: string): string => join(__dirname, `${name}.ts`);
const sinceS = (moments: readonly number[], atMs: number): Float64Array =>
  Float64Array.from(moments, (moment) => (moment - atMs) / 1_000);

interface Fleet {
  readonly process: ChildProgram<FleetCalls>;
  readonly names: readonly string[];
}

/** A broker, a hub and edges, each side in processes of its own. The first edge has one for itself. */
export class EdgesLab implements AsyncDisposable {
  #sizeBytes = 5_000_000;
  #documentBytes = 0;
  #watcher: MqttClient | undefined;

  private constructor(
    readonly broker: Mosquitto,
    readonly hub: ChildProgram<HubCalls>,
    private readonly fleets: readonly Fleet[],
  ) {}

  /** Edges that are enrolled and not there yet. */
  static async start(edgeCount: number): Promise<EdgesLab> {
    const broker = await Mosquitto.start();
    const hub = await ChildProgram.start<HubCalls>(program('edges-hub'));
    const known = await hub.ask('prepare');
    const names = Array.from({ length: edgeCount }, (_, n) => `edge-${n}`);
    const parts = [names.slice(0, 1)];
    for (let at = 1; at < edgeCount; at += EDGES_PER_PROCESS) parts.push(names.slice(at, at + EDGES_PER_PROCESS));
    const fleets = await Promise.all(
      parts.map(async (part): Promise<Fleet> => {
        return { process: await ChildProgram.start<FleetCalls>(program('edges-fleet')), names: part };
      }),
    );
    const lab = new EdgesLab(broker, hub, fleets);
    const prepared = await Promise.all(fleets.map(({ process, names }) => process.ask('prepare', { ...known, names })));
    await lab.#watch(known.hubId);
    await hub.ask('open', { brokerUrl: broker.url, edges: prepared.flat() });
    return lab;
  }

  get names(): readonly string[] {
    return this.fleets.flatMap(({ names }) => names);
  }

  /** All come at once. @returns seconds until the hub knew each online and on version 1 */
  async connect(): Promise<Float64Array> {
    const atMs = Date.now();
    await this.#connect(this.names);
    return sinceS(await this.hub.ask('settledAt', { version: 1, names: this.names }), atMs);
  }

  /** Commands to the first edge for so long. */
  async tripsMs(durationMs: number): Promise<Float64Array> {
    await this.hub.ask('beginTrips', { name: this.names[0] ?? '' });
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    return Float64Array.from(await this.hub.ask('endTrips'));
  }

  /** @param lateCount - so many are away until half of the file has left the hub */
  async round(lateCount: number): Promise<Round> {
    const present = this.names.slice(0, this.names.length - lateCount);
    const late = this.names.slice(present.length);
    await this.#ofEach(late, (process, names) => process.ask('disconnect', { names }));
    const { version, sizeBytes } = await this.hub.ask('upload', { sizeBytes: this.#sizeBytes });
    this.#sizeBytes += 4;
    await this.hub.ask('beginTrips', { name: this.names[0] ?? '' });
    const before = await this.hub.ask('figures');
    const documentBytes = this.#documentBytes;
    const halfway = this.hub.ask('left', { bytes: sizeBytes / 2 });
    const atMs = await this.hub.ask('deploy', { version });
    const settled = Promise.all([
      this.hub.ask('settledAt', { version, names: present }).then((moments) => sinceS(moments, atMs)),
      late.length === 0
        ? new Float64Array()
        : halfway.then(async () => {
            const cameAtMs = Date.now();
            await this.#connect(late);
            return sinceS(await this.hub.ask('settledAt', { version, names: late }), cameAtMs);
          }),
    ]);
    const [convergedS, lateS] = await Promise.race([settled, ...this.fleets.map(({ process }) => process.ended)]);
    const after = await this.hub.ask('figures');
    return {
      sizeBytes,
      convergedS,
      lateS,
      egressBytes: after.egressBytes - before.egressBytes,
      documentBytes: this.#documentBytes - documentBytes,
      hubCpuMs: after.cpuMs - before.cpuMs,
      tripsMs: Float64Array.from(await this.hub.ask('endTrips')),
    };
  }

  async peaks(): Promise<{ readonly hubBytes: number; readonly brokerBytes: number }> {
    const { peakMemoryBytes: hubBytes } = await this.hub.ask('figures');
    return { hubBytes, brokerBytes: peakMemoryBytes(this.broker.pid ?? 0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.endAsync(true);
    await Promise.all(this.fleets.map(({ process }) => process[Symbol.asyncDispose]()));
    await this.hub[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
  }

  #connect(names: readonly string[]): Promise<void> {
    const brokerUrl = this.broker.url;
    return this.#ofEach(names, (process, some) => process.ask('connect', { brokerUrl, names: some }));
  }

  async #ofEach(
    names: readonly string[],
    work: (process: Fleet['process'], names: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const wanted = new Set(names);
    await Promise.all(
      this.fleets.map(async ({ process, names: own }) => {
        const some = own.filter((name) => wanted.has(name));
        if (some.length > 0) await work(process, some);
      }),
    );
  }

  /** Desired states as they pass the broker. */
  async #watch(hubId: string): Promise<void> {
    this.#watcher = await this.broker.connect();
    this.#watcher.on('message', (topic, payload, { retain }) => {
      if (!retain) this.#documentBytes += topic.length + payload.length;
    });
    await this.#watcher.subscribeAsync(`${baseTopic(PREFIX, hubId)}edges/+/desired`);
  }
}

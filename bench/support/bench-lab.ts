import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Mosquitto } from '../../test/support/mosquitto';
import { type FlowNode, NodeRed } from '../../test/support/node-red';
import { buildModel, type ModelSpec, writeModel } from '../../test/support/onnx-models';
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary-folder';
import { waitFor } from '../../test/support/wait-for';
import { type ProbeFacts, writeBenchNodes } from './bench-nodes';
import { MqttLoad } from './mqtt-load';

/** What stands between the `mqtt in` and the `mqtt out` of a flow. */
export type Middle = Omit<FlowNode, 'id' | 'z' | 'wires' | 'x' | 'y'>;

/** A Node-RED, a broker and a client, each in a process of its own, on this machine. */
export class BenchLab implements AsyncDisposable {
  private constructor(
    readonly broker: Mosquitto,
    readonly nodeRed: NodeRed,
    readonly load: MqttLoad,
    readonly folder: TemporaryFolder,
  ) {}

  /** @param adminRoot - where the admin API lies; the HTTP nodes of flows are at `/` */
  static async start(modelManagement: Readonly<Record<string, unknown>> = {}, adminRoot = '/'): Promise<BenchLab> {
    const folder = await temporaryFolder('mm-bench-');
    await writeBenchNodes(folder.path);
    const broker = await Mosquitto.start();
    const settings = `nodesDir: ${JSON.stringify(join(folder.path, 'nodes'))},`;
    const nodeRed = await NodeRed.start({ settings, modelManagement, adminRoot });
    return new BenchLab(broker, nodeRed, await MqttLoad.start(broker.url), folder);
  }

  /** A new version of the model, made if it is not there. */
  async upload(model: string, spec: ModelSpec): Promise<number> {
    const path = `models/${model}/versions?create=true`;
    const answer = await this.nodeRed.api<{ version: number }>('POST', path, buildModel(spec));
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.version;
  }

  async setDeployed(model: string, version: number): Promise<void> {
    const answer = await this.nodeRed.api('PUT', `models/${model}/aliases/deployed`, { version });
    if (answer.status !== 200) throw new Error(answer.text);
  }

  /** A file beside Node-RED, for those who load it themselves. */
  file(name: string, spec: ModelSpec): Promise<string> {
    return writeModel(join(this.folder.path, name), spec);
  }

  /** For each name a flow from the topic `in/<name>` (JSON) to `out/<name>`, and waits until all hear the broker. */
  async deploy(middles: Readonly<Record<string, Middle>>, qos: 0 | 1, extras: readonly FlowNode[] = []): Promise<void> {
    const broker: FlowNode = {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(this.broker.port),
      clientid: '',
      autoConnect: true,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    };
    const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };
    const flows = Object.entries(middles).flatMap(([name, middle]) => [
      {
        id: `in-${name}`,
        type: 'mqtt in',
        z: 'tab',
        topic: `in/${name}`,
        qos: String(qos),
        datatype: 'json',
        broker: 'broker',
        inputs: 0,
        x: 1,
        y: 1,
        wires: [[`mid-${name}`]],
      },
      { ...middle, id: `mid-${name}`, z: 'tab', x: 1, y: 1, wires: [[`out-${name}`]] },
      {
        id: `out-${name}`,
        type: 'mqtt out',
        z: 'tab',
        topic: `out/${name}`,
        qos: String(qos),
        retain: 'false',
        broker: 'broker',
        x: 1,
        y: 1,
        wires: [],
      },
    ]);
    await this.nodeRed.deploy([tab, broker, ...(flows as FlowNode[]), ...extras]);
    const payload = JSON.stringify([5.1, 3.5, 1.4, 0.2]);
    for (const name of Object.keys(middles)) {
      await waitFor(
        async () =>
          (
            await this.load.measure({
              inbound: `in/${name}`,
              outbound: `out/${name}`,
              payload,
              qos,
              window: 1,
              durationMs: 50,
            })
          ).lostCount === 0,
        { what: `the flow ${name} to answer`, timeoutMs: 30_000 },
      );
    }
  }

  /** What happened in Node-RED since the last call. */
  async probe(): Promise<ProbeFacts> {
    return (await this.nodeRed.request<ProbeFacts>('GET', 'bench/probe')).body;
  }

  /** A CPU profile of Node-RED while `work` runs. */
  async profiled<T>(path: string, work: () => Promise<T>): Promise<T> {
    await this.nodeRed.request('POST', 'bench/profile', {});
    const result = await work();
    const { text } = await this.nodeRed.request('DELETE', 'bench/profile');
    await writeFile(path, text);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load[Symbol.asyncDispose]();
    await this.nodeRed[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

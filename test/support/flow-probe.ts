import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FlowNode, NodeRed, type NodeRedOptions } from './node-red';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';

const dist = join(__dirname, '..', '..', 'dist', 'lib', 'pipeline');

/** What one node got: of each message the origin, and the parent this stands for. */
export interface Received {
  readonly origin?: string;
  readonly parent?: string;
  /** `payload` of the message. */
  readonly payload?: unknown;
}
export interface Observation {
  /** By runtime id; passages are left out. */
  readonly received: Readonly<Record<string, readonly Received[]>>;
  /** Ids of the parents, for every node that runs. */
  readonly parents: Readonly<Record<string, readonly string[]>>;
}

/**
 * Loaded by Node-RED beside the package: notes what every node receives. `probe-module` is a node whose package made it
 * from a subflow: one node with a function in it, and a second output its input is wired straight to.
 */
const source = `
const { liveGraphSlot } = require(${JSON.stringify(join(dist, 'live-graph.js'))});
const { originMarks, originOf } = require(${JSON.stringify(join(dist, 'message-origin.js'))});
const passages = /^(junction|link in|link out|subflow:.*|probe-module)$/;

module.exports = (RED) => {
  let received = {};
  let events = 0;
  let seen = new Set();
  let stop = () => undefined;

  RED.hooks.add('preRoute.probe', ({ msg, destination }) => {
    if (!msg.isProbe) return;
    events += 1;
    // A message goes round a ring of junctions once.
    const step = [msg._msgid, destination.id, originOf(msg)].join(' ');
    if (seen.has(step)) return false;
    seen.add(step);
  });
  RED.hooks.add('onReceive.probe', ({ msg, destination }) => {
    events += 1;
    const { id, type } = destination.node ?? RED.nodes.getNode(destination.id) ?? {};
    if (passages.test(type)) return;
    const origin = originOf(msg);
    const graph = liveGraphSlot.state.service?.get();
    const parent = origin === undefined ? undefined : graph?.parentOf(id, origin);
    (received[id] ??= []).push({ origin, parent, payload: msg.payload });
  });
  const observation = (ids) => {
    const graph = liveGraphSlot.state.service?.get();
    const all = [...new Set([...ids, ...Object.keys(received)])];
    return { received, parents: Object.fromEntries(all.map((id) => [id, graph.parentsOf(id).map((p) => p.id)])) };
  };
  const untilQuiet = async () => {
    for (let quiet = 0, before = events; quiet < 20; quiet = before === events ? quiet + 1 : 0) {
      before = events;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  RED.httpAdmin.post('/probe/retain', (request, response) => {
    stop = originMarks.retain();
    response.json({});
  });
  RED.httpAdmin.post('/probe/release', (request, response) => {
    stop();
    response.json({});
  });
  RED.httpAdmin.post('/probe/send', async (request, response) => {
    received = {};
    seen = new Set();
    for (const id of request.body.ids) {
      const node = RED.nodes.getNode(id);
      if (!node) continue;
      const msg = { isProbe: true, payload: id };
      // A node sends on all outputs; an instance gets a message that no node sent.
      if (passages.test(node.type)) node.receive(msg);
      else node.send((node.wires ?? []).map(() => msg));
    }
    await untilQuiet();
    response.json(observation(request.body.ids));
  });
  RED.httpAdmin.get('/probe', (request, response) => {
    response.json(observation([]));
    received = {};
  });

  RED.nodes.registerSubflow({
    id: 'probe-module', type: 'subflow', name: 'Probe module', info: '', category: '',
    in: [{ x: 0, y: 0, wires: [{ id: 'work' }] }],
    out: [{ x: 0, y: 0, wires: [{ id: 'work', port: 0 }] }, { x: 0, y: 0, wires: [{ id: 'probe-module', port: 0 }] }],
    env: [], meta: { type: 'probe-module' },
    flow: [{ id: 'work', type: 'function', z: 'probe-module', func: 'return msg;', outputs: 1, x: 1, y: 1, wires: [[]] }],
  });
};
`;

/** A Node-RED in which every message is watched. */
export class FlowProbe implements AsyncDisposable {
  private constructor(
    readonly nodeRed: NodeRed,
    private readonly folder: TemporaryFolder,
  ) {}

  static async start(options: NodeRedOptions = {}): Promise<FlowProbe> {
    const folder = await temporaryFolder('mm-probe-');
    await writeFile(join(folder.path, 'probe.js'), source);
    await writeFile(join(folder.path, 'probe.html'), '');
    const settings = `nodesDir: ${JSON.stringify(folder.path)}, ${options.settings ?? ''}`;
    try {
      return new FlowProbe(await NodeRed.start({ ...options, settings }), folder);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  deploy(flow: readonly FlowNode[], type: 'full' | 'flows' | 'nodes' = 'full'): Promise<void> {
    return this.nodeRed.deploy(flow, type);
  }

  /** As if a join were there: messages are marked. */
  async retain(): Promise<void> {
    await this.nodeRed.request('POST', 'probe/retain');
  }

  async release(): Promise<void> {
    await this.nodeRed.request('POST', 'probe/release');
  }

  /** Lets each of these nodes send a message on all outputs (an instance gets one), and waits until all have arrived. */
  async send(ids: readonly string[]): Promise<Observation> {
    return (await this.nodeRed.request<Observation>('POST', 'probe/send', { ids })).body;
  }

  /** What was received since the last look. */
  async look(): Promise<Observation> {
    return (await this.nodeRed.request<Observation>('GET', 'probe')).body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodeRed[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

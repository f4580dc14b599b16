import type { EdgeView } from '../../lib/edges/hub/views';
import { anAcl } from './edge-acl';
import { accessOf } from './edge-lab';
import { Mosquitto } from './mosquitto';
import { NodeRed, type NodeRedOptions } from './node-red';
import { TrainingLab } from './training-lab';
import { waitFor } from './wait-for';

const loginOf = (user: string) => ({ username: user, password: `${user}-password` });

export interface EdgeTrainingOptions {
  /** Of the hub. */
  readonly hub?: Readonly<Record<string, unknown>>;
  /** Of the edge, beside what the hub gave it. */
  readonly edge?: Readonly<Record<string, unknown>>;
  /** Collections of the edge whose rows go to the hub. */
  readonly forward?: readonly string[];
}

/** A hub and its edge-2, two real Node-REDs on a real broker whose rules are in force. */
export class EdgeTrainingLab implements AsyncDisposable {
  private constructor(
    readonly broker: Mosquitto,
    readonly hub: TrainingLab,
    readonly edge: NodeRed,
    /** `modelManagement` of the edge. */
    readonly edgeSettings: NonNullable<NodeRedOptions['modelManagement']>,
  ) {}

  static async start(options: EdgeTrainingOptions = {}): Promise<EdgeTrainingLab> {
    // The rules are the same for any hub, whose id is known only once it runs.
    const broker = await Mosquitto.start(accessOf(await anAcl('+')));
    const brokerOf = (user: string) => ({ url: broker.url, ...loginOf(user) });
    const hub = await TrainingLab.start({ modelManagement: { broker: brokerOf('hub'), ...options.hub } });
    const { enrolment } = await hub.call<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', {
      name: 'edge-2',
    });
    const own = { ...(enrolment.settings['edge'] as object), ...(options.forward ? { forward: options.forward } : {}) };
    const edgeSettings = {
      training: { allowProcessRunner: true },
      ...enrolment.settings,
      edge: own,
      broker: brokerOf('edge-2'),
      ...options.edge,
    };
    const edge = await NodeRed.start({ modelManagement: edgeSettings });
    const lab = new EdgeTrainingLab(broker, hub, edge, edgeSettings);
    await lab.edgeIs('online');
    return lab;
  }

  async edgeIs(state: EdgeView['state']): Promise<void> {
    let last: unknown;
    await waitFor(
      async () => {
        const edge = await this.hub.call<EdgeView>('GET', 'edges/edge-2');
        last = edge;
        return edge.state === state && edge.capabilities !== null;
      },
      { timeoutMs: 30_000, what: () => `edge-2 to be ${state}: ${JSON.stringify(last)}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
  }
}

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
    const edgeSettings = await settingsOf(hub, 'edge-2', brokerOf('edge-2'), options);
    const edge = await NodeRed.start({ modelManagement: edgeSettings });
    const lab = new EdgeTrainingLab(broker, hub, edge, edgeSettings);
    await lab.edgeIs('online');
    return lab;
  }

  /** Another one, which may train too. @returns is for the test to end */
  async addEdge(name: string, options: Omit<EdgeTrainingOptions, 'hub'> = {}): Promise<NodeRed> {
    const broker = { url: this.broker.url, ...loginOf(name) };
    const edge = await NodeRed.start({ modelManagement: await settingsOf(this.hub, name, broker, options) });
    await this.edgeIs('online', name);
    return edge;
  }

  edgeIs(state: EdgeView['state'], name = 'edge-2'): Promise<void> {
    const isSo = (edge: EdgeView): boolean => edge.state === state && edge.capabilities !== null;
    return this.#until(name, isSo, state);
  }

  /** It tells of its engine only once that has answered; one that took too long is asked again after a minute. */
  edgeHasDocker(name = 'edge-2'): Promise<void> {
    return this.#until(name, ({ capabilities }) => capabilities?.docker.available === true, 'with Docker', 120_000);
  }

  async #until(name: string, isSo: (edge: EdgeView) => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    let last: EdgeView | undefined;
    await waitFor(
      async () => {
        last = await this.hub.call<EdgeView>('GET', `edges/${name}`);
        return isSo(last);
      },
      { timeoutMs, what: () => `${name} to be ${what}: ${JSON.stringify(last)}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    await this.broker[Symbol.asyncDispose]();
  }
}

/** `modelManagement` of an edge that was just added to the hub. */
async function settingsOf(
  hub: TrainingLab,
  name: string,
  broker: object,
  { forward, edge }: Omit<EdgeTrainingOptions, 'hub'>,
): Promise<Readonly<Record<string, unknown>>> {
  const { enrolment } = await hub.call<{ enrolment: { settings: Record<string, unknown> } }>('POST', 'edges', { name });
  const own = { ...(enrolment.settings['edge'] as object), ...(forward ? { forward } : {}) };
  return { training: { allowProcessRunner: true }, ...enrolment.settings, edge: own, broker, ...edge };
}

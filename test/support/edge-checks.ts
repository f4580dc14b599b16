import { anAcl } from './edge-acl';
import { EdgeLab, type OpenAgent, PlayedMachine } from './edge-lab';
import { mosquittoPath } from './mosquitto';
import { modelNumber } from './registry-lab';
import { requireOrSkip } from './requirement';
import { waitFor } from './wait-for';

/** Two versions of `iris`. */
export async function uploadIris({ registry }: EdgeLab): Promise<void> {
  await registry.upload('iris', modelNumber(1));
  await registry.upload('iris', modelNumber(2));
}

/** What tests ask of the edges of a lab, which is there only once they run. */
export function edgeChecks(lab: () => EdgeLab) {
  const edgeOf = (name: string) => lab().hub.hub.get(name);
  const modelOf = (name: string) => edgeOf(name).models[0];
  const runs = (name: string, version: number): Promise<unknown> =>
    waitFor(() => modelOf(name)?.state === 'running' && modelOf(name)?.reported === version, {
      what: () => `${name} to run ${version}: ${JSON.stringify(edgeOf(name))}`,
    });
  const isState = (name: string, state: string): Promise<unknown> =>
    waitFor(() => edgeOf(name).state === state, { what: () => `${name} ${state}: ${JSON.stringify(edgeOf(name))}` });
  const enrolled = async (name: string): Promise<{ readonly agent: OpenAgent; readonly machine: PlayedMachine }> => {
    const machine = new PlayedMachine();
    const agent = await lab().agent({ settings: await lab().add(name), machine });
    await isState(name, 'online');
    return { agent, machine };
  };
  return { edgeOf, modelOf, runs, isState, enrolled };
}

/** A lab with two versions of `iris`, on a broker with its access rules in force, anew for each test of the suite that calls it. */
export function edgeLabForEach(use: (lab: EdgeLab) => void) {
  let lab: EdgeLab | undefined;
  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });
  beforeEach(async () => {
    lab = await EdgeLab.start(await anAcl());
    await uploadIris(lab);
    use(lab);
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());
  return edgeChecks(() => {
    if (!lab) throw new Error('the lab is not open yet');
    return lab;
  });
}

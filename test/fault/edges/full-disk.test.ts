import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { EdgeAgentDeps } from '../../../lib/edges/agent/agent-dependencies';
import type { EdgeView } from '../../../lib/edges/hub/views';
import { type LogFields, silentLog } from '../../../lib/log';
import { anAcl } from '../../support/edge-acl';
import { edgeChecks, uploadIris } from '../../support/edge-checks';
import { EdgeLab, PlayedMachine } from '../../support/edge-lab';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { NodeRed } from '../../support/node-red';
import { addModel, buildModel } from '../../support/onnx-models';
import { modelNumber } from '../../support/registry-lab';
import { requireOrSkip } from '../../support/requirement';
import { waitFor } from '../../support/wait-for';
import { type SmallDisk, smallDisk } from '../store/small-disk';

const MIB = 1_048_576;

describe('an edge on a full disk', function () {
  this.timeout(180_000);
  let disk: SmallDisk;

  before(function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
  });
  beforeEach(async function () {
    disk = await smallDisk(this as never, 24 * MIB);
  });
  afterEach(() => disk?.[Symbol.asyncDispose]());

  it('GIVEN_a_full_disk_WHEN_Node_RED_is_killed_and_started_THEN_it_answers_as_before_AND_the_hub_sees_why_it_takes_nothing_new_UNTIL_there_is_room', async () => {
    await using broker = await Mosquitto.start();
    await using hub = await NodeRed.start({ modelManagement: { broker: { url: broker.url } } });
    const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await hub.api<T>(method, path, body);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
      return answer.body;
    };
    for (const added of [1, 2]) await ask('POST', 'models/plus/versions?create=true', buildModel(addModel(added)));
    const { enrolment } = await ask<{ enrolment: { settings: object } }>('POST', 'edges', { name: 'edge-2' });
    await using edge = await NodeRed.start({
      modelManagement: { ...enrolment.settings, dataDir: join(disk.path, 'data') },
    });
    let view: EdgeView | undefined;
    const until = (check: (edge: EdgeView) => boolean, what: string, timeoutMs = 60_000): Promise<unknown> =>
      waitFor(
        async () => {
          view = await ask<EdgeView>('GET', 'edges/edge-2');
          return check(view);
        },
        { what: () => `${what}: ${JSON.stringify(view)}`, timeoutMs },
      );
    const answers = async (): Promise<unknown> => {
      const body = { payload: [0, 0, 0, 1] };
      const answer = await edge.api<{ payload: unknown }>('POST', 'models/plus/versions/deployed/infer', body);
      assert.equal(answer.status, 200, answer.text);
      return answer.body.payload;
    };
    const isTold = ({ state, models: [model] }: EdgeView): boolean =>
      state === 'online' && model?.reported === 1 && model.state === 'pending' && model.error?.code === 'STORAGE_FULL';

    await until(({ state }) => state === 'online', 'it to be online');
    await ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version: 1 }] });
    await until(({ models }) => models[0]?.state === 'running', 'version 1 to run');
    await disk.fill();
    const assign = (version: number) => ask('PUT', 'models/plus/edges', { edges: [{ name: 'edge-2', version }] });
    // The last page of a file takes some more, so one or two may be kept yet.
    for (let version = 2; ; version = 3 - version) {
      await assign(version);
      if (await until(isTold, 'the hub to hear of the disk', 3_000).catch(() => false)) break;
    }
    await assign(2);
    await until((one) => isTold(one) && one.models[0]?.desired === 2, 'version 2 to be wanted');
    await edge.restart('SIGKILL');
    assert.deepEqual(await answers(), [1, 1, 1, 2]);
    await until(isTold, 'the hub to hear of the disk again');

    await disk.makeRoom();
    await until(({ models }) => models[0]?.state === 'running' && models[0].reported === 2, 'version 2 to run');
    assert.deepEqual(await answers(), [2, 2, 2, 3]);
  });

  describe('by its agent', () => {
    let lab: EdgeLab;

    beforeEach(async () => {
      lab = await EdgeLab.start(await anAcl());
      await uploadIris(lab);
    });
    afterEach(() => lab?.[Symbol.asyncDispose]());
    const { edgeOf, modelOf, runs, isState } = edgeChecks(() => lab);
    const isTold = (): Promise<unknown> =>
      waitFor(() => modelOf('edge-2')?.error?.code === 'STORAGE_FULL', { what: 'the hub to hear of the disk' });

    it('GIVEN_a_clock_that_stands_still_WHEN_it_is_started_twice_on_a_full_disk_THEN_it_is_heard_again_once_there_is_room', async () => {
      const { token = '', ...settings } = await lab.add('edge-2');
      const warnings: string[] = [];
      const log = {
        ...silentLog,
        warn: (event: string, { what }: LogFields = {}) => void warnings.push(`${event}: ${what}`),
      };
      const start = (more: { readonly token?: string } = {}) =>
        lab.agent({
          settings: { ...settings, ...more },
          machine: new PlayedMachine(),
          folder: disk.path,
          clock: { now: () => 1_000 },
          log,
        });
      const first = await start({ token });
      await isState('edge-2', 'online');
      await lab.end(first);
      await disk.fill();
      const unkept = () => warnings.filter((one) => /does not take it.*: boot/.test(one)).length;
      const second = await start();
      await isState('edge-2', 'online');
      await lab.end(second);
      await isState('edge-2', 'offline');
      const third = await start();
      assert.equal(unkept(), 2, warnings.join('\n'));
      await waitFor(() => third.agent.status().isConnected, { what: 'it to be connected' });
      // Its number is that of the start before, which the hub has heard.
      assert.equal(edgeOf('edge-2').state, 'offline');
      await disk.makeRoom();
      await waitFor(() => edgeOf('edge-2').state === 'online', { what: 'it to be heard' });
    });

    it('GIVEN_a_command_that_cannot_be_remembered_WHEN_it_comes_THEN_the_hub_hears_why_and_nothing_is_done', async () => {
      const agent = await lab.agent({
        settings: await lab.add('edge-2'),
        machine: new PlayedMachine(),
        folder: disk.path,
      });
      await isState('edge-2', 'online');
      const counts = { retry: 0, done: 0 };
      agent.agent.retry = async () => {
        counts.retry += 1;
      };
      await disk.fill();
      const { hub } = lab.hub;
      // The last page of a file takes some more.
      for (let code: string | undefined; code !== 'STORAGE_FULL'; ) {
        const answer = new Promise<string | undefined>((resolve) => {
          const end = hub.onEvent((_, event) => {
            if (event.type !== 'command') return;
            end();
            if (event.result === 'done') counts.done += 1;
            resolve(event.code);
          });
        });
        await hub.command('edge-2', { type: 'retry' });
        code = await answer;
      }
      assert.equal(counts.retry, counts.done);
    });

    it('GIVEN_a_key_that_is_voided_WHEN_that_cannot_be_kept_THEN_the_edge_runs_on_and_takes_it_once_there_is_room', async () => {
      const machine = new PlayedMachine();
      const agent = await lab.agent({ settings: await lab.add('edge-2'), machine, folder: disk.path });
      await isState('edge-2', 'online');
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 1 }] }, 'ann');
      await runs('edge-2', 1);
      // What is wanted then is larger than what the last page of a file may still take.
      for (let number = 0; number < 10; number += 1) {
        await lab.registry.upload(`more-${number}`, modelNumber(1));
        await lab.hub.hub.assign(`more-${number}`, { edges: [{ name: 'edge-2' }] }, 'ann');
      }
      await waitFor(() => edgeOf('edge-2').models.every(({ state }) => state === 'running'), { what: 'all to run' });
      await disk.fill();
      await lab.hub.hub.assign('iris', { edges: [{ name: 'edge-2', version: 2 }] }, 'ann');
      await isTold();
      const { agent: edge } = agent;
      const { stores } = (edge as unknown as { readonly deps: EdgeAgentDeps }).deps;
      const put = stores.agent.put.bind(stores.agent);
      const isTried = new Promise<void>((resolve) => {
        stores.agent.put = (document) =>
          put(document).catch((error: unknown) => {
            if (document._id === 'desired' && document.envelope === null) resolve();
            throw error;
          });
      });
      await disk.fill();
      await lab.hub.hub.renewEnrolment('edge-2', true, 'ann');
      await isTried;
      await disk.makeRoom();
      await waitFor(() => edge.status().enrolment.status === 'revoked', { what: 'it to know' });
      assert.equal(machine.activeVersions.get('iris'), 1, 'what waited before is wanted no more');
    });
  });
});

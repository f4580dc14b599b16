import assert from 'node:assert/strict';
import { ModelState } from '../../../lib/edges/agent/model-state';
import { Reconciler } from '../../../lib/edges/agent/reconciler';
import { silentLog } from '../../../lib/log';
import { openDocumentStore } from '../../../lib/store';
import { anAcceptedDesired, aTarget } from '../../support/edge-builders';
import { PlayedMachine } from '../../support/edge-lab';
import { FakeClock } from '../../support/fake-clock';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

/** Its files come in so many pieces. */
class SlowMachine extends PlayedMachine {
  constructor(private readonly pieceCount: number) {
    super();
  }

  override async fetchArtifact(...given: Parameters<PlayedMachine['fetchArtifact']>): Promise<void> {
    const [, , onProgress] = given;
    for (let piece = 1; piece <= this.pieceCount; piece += 1) {
      onProgress(piece / this.pieceCount);
      await new Promise(setImmediate);
    }
    await super.fetchArtifact(...given);
  }
}

/** A reconciler on a real store; what it asks for at each plan is counted. */
async function aReconciler(effects: PlayedMachine, path: string) {
  const models = await openDocumentStore({
    path,
    name: 'models',
    log: silentLog,
    parse: (raw) => ModelState.parse(raw),
  });
  const seen = { planCount: 0, told: [] as string[] };
  const clock = new FakeClock();
  const reconciler = new Reconciler({
    models,
    effects,
    clock,
    log: silentLog,
    isReported: () => {
      seen.planCount += 1;
      return true;
    },
    neededElsewhere: () => [],
    progressed: () => undefined,
    report: async () => undefined,
    tell: (_level, text) => void seen.told.push(text),
  });
  const close = async (): Promise<void> => {
    await reconciler.stop();
    await models.close();
  };
  return { reconciler, models, clock, seen, [Symbol.asyncDispose]: close };
}

describe('an edge that is brought to what is wanted', () => {
  it('plans when what it says of a download changes, not at each piece of it', async () => {
    await using folder = await temporaryFolder();
    const machine = new SlowMachine(500);
    await using opened = await aReconciler(machine, folder.path);
    const { reconciler, seen } = opened;
    await reconciler.start(anAcceptedDesired([aTarget('iris', 1)]));
    await waitFor(() => machine.activeVersions.get('iris') === 1);
    // Two files, 21 values of each, and some steps.
    assert.ok(seen.planCount > 20 && seen.planCount < 70, `${seen.planCount} plans`);
  });

  for (const step of ['test-load', 'warm', 'activate']) {
    it(`GIVEN_a_file_that_is_lost_while_the_edge_runs_WHEN_${step}_needs_it_THEN_it_is_fetched_again`, async () => {
      await using folder = await temporaryFolder();
      const machine = new PlayedMachine();
      await using opened = await aReconciler(machine, folder.path);
      const { reconciler, models, clock } = opened;
      const [first, second] = [aTarget('iris', 1), aTarget('iris', 2)];
      await reconciler.start(anAcceptedDesired([first]));
      await waitFor(() => machine.activeVersions.get('iris') === 1);
      const file = second.versions[0]?.files[0];
      machine.onCall = (call) => {
        if (!file || !call.startsWith(`${step} iris`)) return;
        if (machine.calls.filter((one) => one === call).length === 1) machine.damaged.add(file.digest);
        if (machine.damaged.has(file.digest)) throw new Error('the runtime cannot read it');
      };
      reconciler.desire(anAcceptedDesired([second]));
      await waitFor(() => models.get('iris')?.failure?.code === 'STORAGE_CORRUPT');
      assert.equal(machine.activeVersions.get('iris'), 1);
      clock.advance(10_000);
      reconciler.wake();
      await waitFor(() => machine.activeVersions.get('iris') === 2);
      assert.equal(machine.calls.filter((call) => call === 'fetch model').length, 3);
    });
  }

  /** Version 2 runs after 1, and most of its requests fail. */
  async function aBadVersion({ reconciler, seen }: Awaited<ReturnType<typeof aReconciler>>, machine: PlayedMachine) {
    await reconciler.start(anAcceptedDesired([aTarget('iris', 1)]));
    await waitFor(() => machine.activeVersions.get('iris') === 1);
    reconciler.desire(anAcceptedDesired([aTarget('iris', 2)]));
    await waitFor(() => seen.told.includes('iris runs version 2'));
    machine.calls.length = 0;
    machine.requests = { requests: 20, errors: 20, isFailed: false };
    reconciler.wake();
  }
  const returned = 'iris returned to version 1: 20 of 20 requests failed';

  for (const { given, isRefused, calls } of [
    { given: 'a_version_whose_requests_fail', isRefused: false, calls: ['warm iris 1', 'activate iris 1'] },
    {
      given: 'a_bad_version_and_no_room_beside_it',
      isRefused: true,
      calls: ['warm iris 1', 'verify', 'verify', 'activate iris 1'],
    },
  ]) {
    it(`GIVEN_${given}_THEN_the_return_is_told_once_the_version_before_serves`, async () => {
      await using folder = await temporaryFolder();
      const machine = new PlayedMachine();
      await using opened = await aReconciler(machine, folder.path);
      const { models, seen } = opened;
      const early: string[] = [];
      machine.onCall = (call) => {
        if (seen.told.includes(returned) || models.get('iris')?.rejected) early.push(call);
        if (isRefused && call === 'warm iris 1' && machine.activeVersions.has('iris')) throw new Error('no room');
      };
      await aBadVersion(opened, machine);
      await waitFor(() => seen.told.includes(returned), { what: () => JSON.stringify([machine.calls, seen.told]) });
      assert.deepEqual([machine.calls, early], [calls, []]);
      assert.equal(models.get('iris')?.rejected?.code, 'VERSION_UNHEALTHY');
    });
  }

  it('GIVEN_a_bad_version_and_a_damaged_one_before_THEN_it_does_not_give_way_to_that', async () => {
    await using folder = await temporaryFolder();
    const machine = new PlayedMachine();
    await using opened = await aReconciler(machine, folder.path);
    const [file] = aTarget('iris', 1).versions[0]?.files ?? [];
    machine.onCall = (call) => {
      if (!file || call !== 'warm iris 1' || !machine.activeVersions.has('iris')) return;
      machine.damaged.add(file.digest);
      throw new Error('the runtime cannot read it');
    };
    await aBadVersion(opened, machine);
    await waitFor(() => opened.models.get('iris')?.failure?.code === 'STORAGE_CORRUPT');
    assert.equal(machine.activeVersions.get('iris'), 2);
    assert.ok(!opened.seen.told.includes(returned));
  });

  it('GIVEN_a_disk_that_was_full_at_the_start_WHEN_it_has_room_THEN_the_next_try_finds_it', async () => {
    await using folder = await temporaryFolder();
    const machine = new PlayedMachine();
    machine.roomBytes = 0;
    await using opened = await aReconciler(machine, folder.path);
    const { reconciler, models, clock } = opened;
    await reconciler.start(anAcceptedDesired([aTarget('iris', 1)]));
    await waitFor(() => models.get('iris')?.failure?.code === 'STORAGE_FULL');
    machine.roomBytes = 1e9;
    clock.advance(10_000);
    reconciler.wake();
    await waitFor(() => machine.activeVersions.get('iris') === 1);
  });
});

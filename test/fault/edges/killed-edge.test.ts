import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import { AgentDocument } from '../../../lib/edges/agent/agent-documents';
import { emptyState, filesOf, ModelState } from '../../../lib/edges/agent/model-state';
import type { DesiredModel } from '../../../lib/edges/protocol/documents';
import { EdgeName } from '../../../lib/edges/protocol/documents';
import { seal } from '../../../lib/edges/protocol/envelope';
import { openSigningKey } from '../../../lib/edges/protocol/keys';
import { silentLog } from '../../../lib/log';
import { openDataFolder, openDocumentStore } from '../../../lib/store';
import { DiskMachine } from '../../support/disk-machine';
import { aDesiredDocument, aTarget, theHubKey } from '../../support/edge-builders';
import { runProgram } from '../../support/killed-program';
import { Mosquitto, mosquittoPath } from '../../support/mosquitto';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import type { EdgeOptions, EdgeResult } from './edge-program';

const before = [aTarget('a', 1), aTarget('c', 1)];
const after = [aTarget('a', 2), aTarget('b', 1)];
const settings = { name: 'edge-2', hubId: 'hub-1', hubPublicKey: theHubKey.publicKey.text as string };
const tokenId = '0123456789abcdef';

/** The disk of an edge whose power goes. @param desired - what it has taken last */
async function writeDisk(path: string, states: readonly ModelState[], desired: readonly DesiredModel[]): Promise<void> {
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const at = { path: folder.dbPath, log: silentLog };
  const agent = await openDocumentStore({ ...at, name: 'edge-agent', parse: (raw) => AgentDocument.parse(raw) });
  const models = await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => ModelState.parse(raw) });
  const { publicKey } = await openSigningKey(folder.keysPath, `edge-${tokenId}`);
  const { hubId } = settings;
  const edge = EdgeName.parse(settings.name);
  const identity = { hubId, hubPublicKey: theHubKey.publicKey.text, edge, tokenId, keyId: publicKey.id };
  await agent.put({ _id: 'identity', ...identity, revoked: null });
  const document = aDesiredDocument(desired, { edgeKeyId: publicKey.id });
  const envelope = seal('desired', document, theHubKey).toString('base64');
  const order = { epoch: 1, revision: 1 };
  await agent.put({ _id: 'desired', hubId, keyId: publicKey.id, order, envelope });
  const machine = new DiskMachine(path, () => undefined);
  for (const state of states) {
    await models.put(state);
    for (const target of [state.running, state.lastGood])
      for (const { digest, sizeBytes } of target ? filesOf(target) : []) machine.put(digest, sizeBytes);
  }
  await Promise.all([agent.close(), models.close()]);
  await folder.close();
}

const running = (target: DesiredModel): ModelState => ({ ...emptyState(target.name), running: target });

interface Restarted {
  readonly result: EdgeResult | undefined;
  /** `name version`, in order. */
  readonly activations: readonly string[];
}

/**
 * Kills an edge at each of its points, on a copy of the disk, and lets it start again.
 * @param check - told of each start after a kill, when it has come to its end
 * @returns how many points there are
 */
async function killAtEach(
  disk: string,
  options: Omit<EdgeOptions, 'folder' | 'settings' | 'killAt'>,
  check: (restarted: Restarted, killAt: number) => void,
): Promise<number> {
  for (let killAt = 1; ; killAt += 1) {
    await using copy = await temporaryFolder();
    await cp(disk, copy.path, { recursive: true });
    const all = { ...options, folder: copy.path, settings };
    if ((await run({ ...all, killAt })) !== undefined) return killAt - 1;
    const known = DiskMachine.activations(copy.path).length;
    const result = await run(all);
    check({ result, activations: DiskMachine.activations(copy.path).slice(known) }, killAt);
  }
}

const fileCountOf = (targets: readonly DesiredModel[]): number =>
  new Set(targets.flatMap((one) => filesOf(one).map(({ digest }) => digest))).size;

const run = (options: EdgeOptions): Promise<EdgeResult | undefined> =>
  runProgram(join(__dirname, 'edge-program.ts'), options);

describe('an edge in a process that is killed', function () {
  this.timeout(300_000);

  it('GIVEN_a_kill_between_any_two_steps_WHEN_started_again_THEN_what_ran_is_started_and_what_is_wanted_comes_to_run', async () => {
    await using disk = await temporaryFolder();
    await writeDisk(disk.path, before.map(running), after);
    // a 1 stays as what ran well before a 2; c goes with its files.
    const wanted = ['a 2', 'b 1'];
    const wantedFileCount = fileCountOf([...after, aTarget('a', 1)]);
    const points = await killAtEach(disk.path, { wanted, wantedFileCount }, ({ result, activations }, killAt) => {
      const expected = { active: wanted, fileCount: wantedFileCount, rejected: [] };
      assert.deepEqual(result, expected, `killed at ${killAt}`);
      const first = activations.find((line) => line.startsWith('a ')) ?? '';
      assert.ok(['a 1', 'a 2'].includes(first), `killed at ${killAt}, it began with ${first}`);
    });
    assert.ok(points >= 15, `only ${points} points were found`);
  });

  it('GIVEN_a_kill_between_any_two_steps_of_a_return_and_the_end_of_a_window_WHEN_started_again_THEN_both_come_to_their_end', async () => {
    await using disk = await temporaryFolder();
    const [a2, b1] = after.map(running) as [ModelState, ModelState];
    const watched = (sinceMs: number) => ({ health: { since: sinceMs, errorRatio: 0 } });
    const states = [
      { ...a2, ...watched(Date.now()), lastGood: aTarget('a', 1) },
      { ...b1, ...watched(0) },
    ];
    await writeDisk(disk.path, states, after);
    const wanted = ['a 1', 'b 1'];
    const wantedFileCount = fileCountOf([...after, aTarget('a', 1)]);
    const options = { wanted, wantedFileCount, points: 'serving', bad: ['a 2'], isSettled: true } as const;
    const points = await killAtEach(disk.path, options, ({ result, activations }, killAt) => {
      const expected = { active: wanted, fileCount: wantedFileCount, rejected: ['a VERSION_UNHEALTHY'] };
      assert.deepEqual(result, expected, `killed at ${killAt}`);
      // What was given up is not tried again, and the return happens once.
      const ofA = activations.filter((line) => line.startsWith('a ')).join();
      assert.ok(['a 2,a 1', 'a 1'].includes(ofA), `killed at ${killAt}, it ran ${ofA}`);
    });
    assert.ok(points >= 5, `only ${points} points were found`);
  });

  it('GIVEN_a_kill_before_or_after_any_message_WHEN_started_again_THEN_what_runs_is_reported', async function () {
    requireOrSkip(this, mosquittoPath !== undefined, 'mosquitto');
    await using broker = await Mosquitto.start();
    await using disk = await temporaryFolder();
    await writeDisk(disk.path, before.map(running), before);
    const wanted = before.map(({ name, deployed }) => `${name} ${deployed}`);
    const wantedFileCount = fileCountOf(before);
    const options = { wanted, wantedFileCount, points: 'messages', brokerUrl: broker.url } as const;
    const points = await killAtEach(disk.path, options, ({ result }, killAt) =>
      assert.deepEqual(result, { active: wanted, fileCount: wantedFileCount, rejected: [] }, `killed at ${killAt}`),
    );
    // That it is online, and how it is.
    assert.ok(points >= 4, `only ${points} points were found`);
  });
});

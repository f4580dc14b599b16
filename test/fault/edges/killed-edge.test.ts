import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clock';
import { AgentDocument } from '../../../lib/edges/agent/agent-documents';
import { emptyState, filesOf, ModelState } from '../../../lib/edges/agent/model-state';
import { EdgeName } from '../../../lib/edges/protocol/documents';
import { seal } from '../../../lib/edges/protocol/envelope';
import { openSigningKey } from '../../../lib/edges/protocol/keys';
import { silentLog } from '../../../lib/log';
import { openDataFolder, openDocumentStore } from '../../../lib/store';
import { DiskMachine } from '../../support/disk-machine';
import { aDesiredDocument, aTarget, theHubKey } from '../../support/edge-builders';
import { runProgram } from '../../support/killed-program';
import { temporaryFolder } from '../../support/temporary-folder';
import type { EdgeOptions, EdgeResult } from './edge-program';

const before = [aTarget('a', 1), aTarget('c', 1)];
const after = [aTarget('a', 2), aTarget('b', 1)];
const settings = { name: 'edge-2', hubId: 'hub-1', hubPublicKey: theHubKey.publicKey.text as string };
const tokenId = '0123456789abcdef';

/** The disk of an edge that runs `before`, and has just taken `after` when the power goes. */
async function writeDisk(path: string): Promise<void> {
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const at = { path: folder.dbPath, log: silentLog };
  const agent = await openDocumentStore({ ...at, name: 'edge-agent', parse: (raw) => AgentDocument.parse(raw) });
  const models = await openDocumentStore({ ...at, name: 'edge-models', parse: (raw) => ModelState.parse(raw) });
  const { publicKey } = await openSigningKey(folder.keysPath, `edge-${tokenId}`);
  const { hubId } = settings;
  const edge = EdgeName.parse(settings.name);
  const identity = { hubId, hubPublicKey: theHubKey.publicKey.text, edge, tokenId, keyId: publicKey.id };
  await agent.put({ _id: 'identity', ...identity, revoked: null });
  const envelope = seal('desired', aDesiredDocument(after, { edgeKeyId: publicKey.id }), theHubKey).toString('base64');
  const order = { epoch: 1, revision: 1 };
  await agent.put({ _id: 'desired', hubId, keyId: publicKey.id, order, envelope });
  const machine = new DiskMachine(path, () => undefined);
  for (const running of before) {
    await models.put({ ...emptyState(running.name), running });
    for (const { digest, sizeBytes } of filesOf(running)) machine.put(digest, sizeBytes);
  }
  await Promise.all([agent.close(), models.close()]);
  await folder.close();
}

const run = (options: EdgeOptions): Promise<EdgeResult | undefined> =>
  runProgram(join(__dirname, 'edge-program.ts'), options);

describe('an edge without its broker', function () {
  this.timeout(300_000);

  it('GIVEN_a_kill_between_any_two_steps_WHEN_started_again_THEN_what_ran_is_started_and_what_is_wanted_comes_to_run', async () => {
    await using disk = await temporaryFolder();
    await writeDisk(disk.path);
    // a 1 stays as what ran well before a 2; c goes with its files.
    const wanted = ['a 2', 'b 1'];
    const wantedFileCount = new Set(
      [...after, aTarget('a', 1)].flatMap((one) => filesOf(one).map(({ digest }) => digest)),
    ).size;
    let points = 0;
    for (let killAt = 1; ; killAt += 1) {
      await using copy = await temporaryFolder();
      await cp(disk.path, copy.path, { recursive: true });
      const options = { folder: copy.path, settings, wanted, wantedFileCount };
      if ((await run({ ...options, killAt })) !== undefined) break;
      points = killAt;
      const known = DiskMachine.activations(copy.path).length;
      assert.deepEqual(await run(options), { active: wanted, fileCount: wantedFileCount }, `killed at ${killAt}`);
      const [first = ''] = DiskMachine.activations(copy.path)
        .slice(known)
        .filter((line) => line.startsWith('a '));
      assert.ok(['a 1', 'a 2'].includes(first), `killed at ${killAt}, it began with ${first}`);
    }
    assert.ok(points >= 15, `only ${points} points were found`);
  });
});

import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeRole } from '../../../plugins/model-management/runtime/edges/edge-role';
import { parseSettings } from '../../../plugins/model-management/runtime/settings';
import { withCode } from '../../support/registry-lab';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder';

const KEY = 'A'.repeat(43);
const snippet = {
  role: 'edge',
  broker: { url: 'mqtt://hub:1883', username: 'edge', password: 'secret' },
  edge: { name: 'edge-2', hubId: 'h', hubPublicKey: KEY, token: 't' },
};

describe('what this Node-RED is to others', () => {
  let folder: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder('mm-edge-role-');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const open = (raw: object = {}): Promise<EdgeRole> =>
    EdgeRole.open(raw, parseSettings(raw, folder.path), folder.path);
  const path = (): string => join(folder.path, 'model-management', 'keys', 'edge-settings.json');

  it('a hub, until settings are pasted and it is started again; a hub again after leaving', async () => {
    const raw = { broker: { url: 'mqtt://own' }, engine: { maxProcesses: 2 } };
    const before = await open(raw);
    assert.deepEqual(before.state, { nextRole: 'hub', isRoleSet: false });
    await before.join(snippet);
    assert.deepEqual([before.settings.role, before.state.nextRole, before.nextEdge?.name], ['hub', 'edge', 'edge-2']);
    assert.equal((await stat(path())).mode & 0o777, 0o600);

    const edge = await open(raw);
    const { role, broker, engine } = edge.settings;
    assert.deepEqual([role, broker?.url, engine.maxProcesses], ['edge', 'mqtt://hub:1883', 2]);
    await edge.leave();
    await edge.leave();
    assert.deepEqual([edge.settings.role, edge.state.nextRole, edge.nextEdge], ['edge', 'hub', undefined]);
    assert.equal((await open(raw)).settings.broker?.url, 'mqtt://own');

    await edge.stay();
    assert.equal((await open(raw)).settings.role, 'edge');
  });

  it('a hub still when that is taken back before the start', async () => {
    const role = await open();
    await role.join(snippet);
    await role.leave();
    await role.stay();
    assert.equal((await open()).settings.role, 'hub');
  });

  for (const raw of [{ role: 'hub' }, snippet]) {
    it(`what settings.js says, where it says ${raw.role}`, async () => {
      await (await open()).join(snippet);
      const role = await open(raw);
      assert.equal(role.settings.role, raw.role);
      assert.deepEqual(role.state, { nextRole: raw.role, isRoleSet: true });
      await assert.rejects(role.join(snippet), withCode('READ_ONLY'));
    });
  }

  for (const { name, input, message } of [
    { name: 'nothing', input: undefined, message: /settings/ },
    { name: 'no edge', input: { broker: snippet.broker }, message: /edge/ },
    { name: 'no broker', input: { edge: snippet.edge }, message: /broker/ },
    { name: 'another role', input: { ...snippet, role: 'hub' }, message: /role/ },
    { name: 'a broker without an address', input: { ...snippet, broker: {} }, message: /broker\.url/ },
    { name: 'a name that is none', input: { ...snippet, edge: { ...snippet.edge, name: '' } }, message: /edge\.name/ },
    { name: 'a key cut short', input: { ...snippet, edge: { ...snippet.edge, hubPublicKey: 'A' } }, message: /Key/ },
  ]) {
    it(`refuses ${name}, and nothing is kept`, async () => {
      const role = await open();
      await assert.rejects(
        role.join(input),
        (error: Error) => withCode('INVALID_INPUT')(error) && message.test(error.message),
      );
      assert.equal(role.state.nextRole, 'hub');
      await assert.rejects(readFile(path()), { code: 'ENOENT' });
    });
  }

  it('GIVEN_pasted_settings_damaged_WHEN_started_THEN_it_says_so_and_is_nothing', async () => {
    await (await open()).join(snippet);
    await mkdir(join(folder.path, 'model-management', 'keys'), { recursive: true });
    await writeFile(path(), '{"edge"');
    await assert.rejects(open(), withCode('STORAGE_CORRUPT'));
  });
});

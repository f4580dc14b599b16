import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBoxKey, sealBox } from '../../../lib/edges/protocol/sealed-box';
import { withCode } from '../../support/registry-lab';
import { temporaryFolder } from '../../support/temporary-folder';

describe('a sealed box', () => {
  const plain = Buffer.from('a secret of the job');

  it('is opened by the key it was sealed for, again after a restart', async () => {
    await using folder = await temporaryFolder();
    const key = await openBoxKey(folder.path, 'box');
    const box = sealBox(plain, key.publicKey, 'context');
    assert.deepEqual(key.open(box, 'context'), plain);
    const again = await openBoxKey(folder.path, 'box');
    assert.equal(again.publicKey, key.publicKey);
    assert.deepEqual(again.open(box, 'context'), plain);
    assert.ok(!box.includes(plain));
    assert.equal((await stat(join(folder.path, 'box.pem'))).mode & 0o777, 0o600);
  });

  it('is nothing to another key, in another context, cut, or with any bit changed', async () => {
    await using folder = await temporaryFolder();
    const key = await openBoxKey(folder.path, 'one');
    const other = await openBoxKey(folder.path, 'other');
    const box = sealBox(plain, key.publicKey, 'context');
    assert.equal(other.open(box, 'context'), undefined);
    assert.equal(key.open(box, 'another'), undefined);
    for (let length = 0; length < box.length; length += 1)
      assert.equal(key.open(box.subarray(0, length), 'context'), undefined);
    for (let at = 0; at < box.length; at += 1) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(key.open(changed, 'context'), undefined, `byte ${at}`);
    }
  });

  it('is another one each time', async () => {
    await using folder = await temporaryFolder();
    const { publicKey } = await openBoxKey(folder.path, 'box');
    assert.notDeepEqual(sealBox(plain, publicKey, 'c'), sealBox(plain, publicKey, 'c'));
  });

  it('tells that a file holds no key', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'box.pem'), 'rubbish');
    await assert.rejects(openBoxKey(folder.path, 'box'), withCode('STORAGE_CORRUPT'));
  });
});

import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { maxTarBytes, packOutputs, unpackTar } from '../../../lib/training/delegated/outputs-tar';
import { Limits } from '../../../lib/training/job';
import { rawArchive, rawEntry } from '../../support/raw-tar';
import { withCode } from '../../support/registry-lab';
import { temporaryFolder } from '../../support/temporary-folder';

describe('outputs that come from another machine', () => {
  const limits = Limits.parse({ outputBytes: 10_000 });

  it('are what they were there', async () => {
    await using folder = await temporaryFolder();
    const [from, to, tar] = ['from', 'to', 'tar'].map((name) => join(folder.path, name)) as [string, string, string];
    await mkdir(join(from, 'additional_output', 'deep'), { recursive: true });
    await mkdir(to);
    const files = { 'model.onnx': 'model', 'accuracy.txt': '0.5', 'additional_output/deep/ä.bin': 'x'.repeat(5_000) };
    for (const [name, text] of Object.entries(files)) await writeFile(join(from, name), text);
    await pipeline(packOutputs(from), createWriteStream(tar));
    await unpackTar(tar, to, limits);
    for (const [name, text] of Object.entries(files)) assert.equal(await readFile(join(to, name), 'utf8'), text);
    assert.ok((await readFile(tar)).length < maxTarBytes(limits));
  });

  const hostile = [
    {
      name: 'a name that leads elsewhere',
      tar: rawArchive(rawEntry({ name: '../escaped' }, 'x')),
      code: 'UNSAFE_OUTPUT',
    },
    { name: 'an absolute name', tar: rawArchive(rawEntry({ name: '/tmp/escaped' }, 'x')), code: 'UNSAFE_OUTPUT' },
    {
      name: 'a link',
      tar: rawArchive(rawEntry({ name: 'model.onnx', flag: '2', linkName: '/etc/passwd' })),
      code: 'UNSAFE_OUTPUT',
    },
    {
      name: 'more than is allowed',
      tar: rawArchive(rawEntry({ name: 'model.onnx' }, 'x'.repeat(10_001))),
      code: 'OUTPUT_TOO_LARGE',
    },
    { name: 'rubbish', tar: Buffer.alloc(2_048, 7), code: 'UNSAFE_OUTPUT' },
  ] as const;
  for (const { name, tar, code } of hostile) {
    it(`are refused with ${name}, and nothing is written beside them`, async () => {
      await using folder = await temporaryFolder();
      const [target, path] = [join(folder.path, 'inner', 'target'), join(folder.path, 'tar')];
      await mkdir(target, { recursive: true });
      await writeFile(path, tar);
      await assert.rejects(unpackTar(path, target, limits), withCode(code));
      assert.deepEqual(await readdir(join(folder.path, 'inner')), ['target']);
    });
  }
});

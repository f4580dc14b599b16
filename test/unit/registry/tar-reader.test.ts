import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTar } from '../../../lib/registry/tar-reader';
import { buildArchive } from '../../support/archive';
import { END_MARK, paxEntry, rawArchive, rawEntry } from '../../support/raw-tar';
import { withCode } from '../../support/registry-lab';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Names with types and contents. */
async function readAll(bytes: Buffer, pieceBytes = 700): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const { name, type, content } of readTar(inPieces(bytes, pieceBytes))) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    seen.push(`${type} ${name}: ${Buffer.concat(chunks).toString()}`);
  }
  return seen;
}

describe('reading a tar archive', () => {
  const long = `additional_output/${'long/'.repeat(40)}a`;

  it('gives entries as packers write them, however the bytes come', async () => {
    const bytes = await buildArchive([
      ['model.onnx', 'x'.repeat(1_300)],
      [{ name: 'additional_output', type: 'directory' }],
      [long, 'y'],
      ['additional_output/é', ''],
    ]);
    const expected = [
      `file model.onnx: ${'x'.repeat(1_300)}`,
      'directory additional_output: ',
      `file ${long}: y`,
      'file additional_output/é: ',
    ];
    for (const pieceBytes of [1, 7, 512, 100_000]) assert.deepEqual(await readAll(bytes, pieceBytes), expected);
  });

  for (const format of ['ustar', 'pax', 'gnu', 'oldgnu'] as const) {
    it(`of the ${format} format, as the tar of the system packs it`, async function () {
      requireOrSkip(this, spawnSync('tar', ['--version']).stdout?.includes('GNU tar') ?? false, 'GNU tar');
      await using folder = await temporaryFolder();
      const path = format === 'ustar' ? 'additional_output/short' : long;
      await mkdir(join(folder.path, dirname(path)), { recursive: true });
      await writeFile(join(folder.path, path), 'y');
      await writeFile(join(folder.path, 'model.onnx'), 'x');
      const packed = spawnSync('tar', ['-cf', 'a.tar', `--format=${format}`, 'model.onnx', path], { cwd: folder.path });
      assert.equal(packed.status, 0, packed.stderr.toString());
      assert.deepEqual(await readAll(await readFile(join(folder.path, 'a.tar'))), [
        'file model.onnx: x',
        `file ${path}: y`,
      ]);
    });
  }

  it('takes name and size from pax, and passes over what else it says', async () => {
    const bytes = rawArchive(
      paxEntry({ comment: 'of all' }, 'g'),
      paxEntry({ mtime: '1', path: 'äöü', size: '3', path2: 'no' }),
      rawEntry({ name: 'short', size: 0 }, 'abc'),
      rawEntry({ name: 'folder/', flag: '\0' }),
    );
    assert.deepEqual(await readAll(bytes), ['file äöü: abc', 'directory folder/: ']);
  });

  it('skips what nobody reads', async () => {
    const names: string[] = [];
    const bytes = rawArchive(rawEntry({ name: 'a' }, 'x'.repeat(5_000)), rawEntry({ name: 'b' }, 'y'));
    for await (const { name } of readTar(inPieces(bytes, 100))) names.push(name);
    assert.deepEqual(names, ['a', 'b']);
  });

  it('lets go of the source when its reader leaves', async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        yield* inPieces(rawArchive(rawEntry({ name: 'a' }, 'x'.repeat(5_000))), 600);
      } finally {
        isClosed = true;
      }
    }
    for await (const _ of readTar(source())) break;
    assert.equal(isClosed, true);
  });

  it('is refused where it is cut, at every byte before the end mark', async () => {
    const whole = Buffer.concat([
      paxEntry({ path: 'additional_output/a' }),
      rawEntry({ name: 'a' }, 'x'.repeat(600)),
      rawEntry({ name: 'b' }, 'y'),
    ]);
    for (let length = 0; length <= whole.length; length += length % 512 === 0 ? 1 : 73) {
      await assert.rejects(
        readAll(whole.subarray(0, length)),
        withCode('INVALID_MODEL', { stage: 'read' }),
        `${length}`,
      );
    }
    for (const tail of [512, 700, 1_024, 10_240]) {
      assert.equal((await readAll(Buffer.concat([whole, Buffer.alloc(tail)]))).length, 2);
    }
    await assert.rejects(readAll(Buffer.concat([whole, END_MARK, Buffer.from([1])])), withCode('INVALID_MODEL'));
  });
});

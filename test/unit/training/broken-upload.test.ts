import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import Docker from 'dockerode';
import { packFolder, upload } from '../../../lib/training/runners/docker/archives';
import { requireOrSkip } from '../../support/requirement';
import { temporaryFolder } from '../../support/temporary-folder';
import { waitFor } from '../../support/wait-for';

function openFilesIn(path: string): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;
}

describe('an upload to an engine', () => {
  it('GIVEN_folder_of_large_files_WHEN_the_engine_hangs_up_THEN_no_file_stays_open', async function () {
    requireOrSkip(this, process.platform === 'linux', 'Linux, which tells what is open');
    await using folder = await temporaryFolder('mm-upload-');
    await writeFile(join(folder.path, 'weights'), Buffer.alloc(20 << 20));
    let openCount = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        openCount = Math.max(openCount, openFilesIn(folder.path));
        socket.destroy();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const container = new Docker({ host: '127.0.0.1', port, protocol: 'http' }).getContainer('c');
      for (let count = 0; count < 5; count += 1) {
        await assert.rejects(upload(container, packFolder('work', folder.path), '/x'));
      }
      assert.ok(openCount > 0, 'a file was open while it was sent');
      await waitFor(() => openFilesIn(folder.path) === 0, { what: () => `${openFilesIn(folder.path)} files to close` });
    } finally {
      server.close();
    }
  });
});

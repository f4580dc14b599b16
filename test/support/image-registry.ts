import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const binary = '/usr/bin/docker-registry';
export const canRunImageRegistry = existsSync(binary);

/** A real registry of images on loopback, where engines need no TLS. */
export class ImageRegistry implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly folder: TemporaryFolder,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<ImageRegistry> {
    const folder = await temporaryFolder('mm-images-');
    const port = await freePort();
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(folder.path, 'data') } },
      http: { addr: `127.0.0.1:${port}`, secret: 'of the tests' },
    };
    const path = join(folder.path, 'config.yml');
    // YAML takes JSON.
    await writeFile(path, JSON.stringify(config));
    const child = spawn(binary, ['serve', path], { stdio: 'ignore' });
    const registry = new ImageRegistry(port, folder, child);
    await waitFor(() => fetch(`http://127.0.0.1:${port}/v2/`).then(({ ok }) => ok), { what: 'the registry of images' });
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill();
    await gone;
    await this.folder[Symbol.asyncDispose]();
  }
}

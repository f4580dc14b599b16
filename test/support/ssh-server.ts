import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const sshd = '/usr/sbin/sshd';
export const canRunSsh = process.getuid?.() === 0 && existsSync(sshd) && existsSync('/usr/bin/ssh');

/** A real sshd on loopback that lets one key in, and `ssh` programs that know it, or take it for another. */
export class SshServer implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly folder: TemporaryFolder,
    private readonly child: ChildProcess,
  ) {}

  /** @param variables - what those who log in find in their environment */
  static async start(variables: Readonly<Record<string, string>>): Promise<SshServer> {
    const folder = await temporaryFolder('mm-ssh-');
    const at = (name: string): string => join(folder.path, name);
    for (const name of ['host', 'other', 'client']) {
      const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)], { encoding: 'utf8' });
      if (made.status !== 0) throw new Error(made.stderr);
    }
    await copyFile(at('client.pub'), at('authorized'));
    await chmod(at('authorized'), 0o600);
    mkdirSync('/run/sshd', { recursive: true });
    const port = await freePort();
    const config = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      `SetEnv ${Object.entries(variables)
        .map(([name, value]) => `${name}="${value}"`)
        .join(' ')}`,
    ];
    await writeFile(at('sshd_config'), `${config.join('\n')}\n`);
    for (const name of ['host', 'other']) {
      await writeFile(at(`${name}-known`), `[127.0.0.1]:${port} ${await readFile(at(`${name}.pub`), 'utf8')}`);
      const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F none -i ${at('client')} -o UserKnownHostsFile=${at(`${name}-known`)} "$@"\n`;
      mkdirSync(at(`bin-${name}`));
      await writeFile(at(`bin-${name}/ssh`), ssh, { mode: 0o755 });
    }
    const log: string[] = [];
    const child = spawn(sshd, ['-D', '-e', '-f', at('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (text: Buffer) => log.push(text.toString()));
    await waitFor(() => log.join('').includes('Server listening'), { what: () => `sshd; it said ${log.join('')}` });
    return new SshServer(port, folder, child);
  }

  get url(): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}`;
  }

  /** A PATH whose `ssh` knows the key of this host, or that of another one. */
  path(knows: 'host' | 'other' = 'host'): string {
    return `${join(this.folder.path, `bin-${knows}`)}:${process.env['PATH']}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await gone;
    await this.folder[Symbol.asyncDispose]();
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { makeCertificates } from './certificates';
import { freePort } from './free-port';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const PASSWORD = 'let me in';
const ROOT = '/usr/lib/postgresql';
const binaries = existsSync(ROOT)
  ? readdirSync(ROOT)
      .map((version) => join(ROOT, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

/** The server refuses to run as root, so the tests need the user that its package makes. */
function postgresUser(): { readonly uid: number; readonly gid: number } | undefined {
  const ids = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || Number.NaN),
  );
  const [uid = Number.NaN, gid = Number.NaN] = ids;
  return Number.isNaN(uid) || Number.isNaN(gid) ? undefined : { uid, gid };
}

const user = process.getuid?.() === 0 ? postgresUser() : undefined;
export const canRunPostgres = binaries !== undefined && (process.getuid?.() !== 0 || user !== undefined);

async function tlsSettings(folder: string): Promise<readonly string[]> {
  await makeCertificates(folder);
  const key = join(folder, 'server-key.pem');
  if (user) await chown(key, user.uid, user.gid);
  await chmod(key, 0o600);
  const settings = ['ssl=on', `ssl_cert_file=${join(folder, 'server-cert.pem')}`, `ssl_key_file=${key}`];
  return settings.flatMap((setting) => ['-c', setting]);
}

/** A real PostgreSQL on loopback, in a folder of its own. */
export class Postgres implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: TemporaryFolder,
  ) {}

  get options() {
    return { host: '127.0.0.1', port: this.port, user: 'postgres', database: 'postgres', password: PASSWORD };
  }

  /** @param withTls - it takes TLS too, with the certificates that are put into its folder */
  static async start(withTls = false): Promise<Postgres> {
    const folder = await temporaryFolder('mm-postgres-');
    const data = join(folder.path, 'data');
    if (user) await chown(folder.path, user.uid, user.gid);
    const passwordFile = join(folder.path, 'password');
    await writeFile(passwordFile, PASSWORD);
    if (user) await chown(passwordFile, user.uid, user.gid);
    const made = spawnSync(
      join(binaries ?? '', 'initdb'),
      ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'],
      { ...user, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(made.stderr);
    const port = await freePort();
    const settings = [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder.path}`,
      '-c',
      'fsync=off',
      ...(withTls ? await tlsSettings(folder.path) : []),
    ];
    const child = spawn(join(binaries ?? '', 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...user,
      stdio: 'ignore',
    });
    const server = new Postgres(port, child, folder);
    await waitFor(() => server.query('SELECT 1'), { what: 'PostgreSQL to answer', timeoutMs: 20_000 });
    return server;
  }

  /** The authority that vouches for it, PEM. */
  authority(): Promise<string> {
    return readFile(join(this.folder.path, 'ca.pem'), 'utf8');
  }

  async connect(): Promise<pg.Client> {
    const client = new pg.Client(this.options);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = await this.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGINT');
    await gone;
    await this.folder[Symbol.asyncDispose]();
  }
}

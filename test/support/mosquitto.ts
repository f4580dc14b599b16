import { type ChildProcess, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { freePort } from './free-port';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

const candidates = [
  '/usr/sbin/mosquitto',
  '/usr/bin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
];
export const mosquittoPath = candidates.find((path) => existsSync(path));

export interface MosquittoAccess {
  /** By user name. */
  readonly passwords: Readonly<Record<string, string>>;
  /** What `acl_file` holds. */
  readonly acl: string;
}

/** As mosquitto_passwd writes it. @see https://mosquitto.org/man/mosquitto_passwd-1.html */
function passwordLine(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}\n`;
}

/** A real mosquitto on loopback, in a folder of its own. */
export class Mosquitto implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: TemporaryFolder,
    private readonly access: MosquittoAccess | undefined,
  ) {}

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Of its process, while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** @param access - who may do what; everybody everything unless given */
  static async start(access?: MosquittoAccess): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), await temporaryFolder('mm-mosquitto-'), access);
    const at = (name: string): string => join(broker.folder.path, name);
    // Started by root it would become a user that cannot read this folder.
    const user = `user ${userInfo().username}\n`;
    const common = `${user}listener ${broker.port} 127.0.0.1\nset_tcp_nodelay true\npersistence false\n`;
    const rules = access ? `allow_anonymous false\npassword_file ${at('passwords')}\nacl_file ${at('acl')}\n` : '';
    await writeFile(at('mosquitto.conf'), common + (rules || 'allow_anonymous true\n'));
    if (access) {
      const lines = Object.entries(access.passwords).map(([user, password]) => passwordLine(user, password));
      await writeFile(at('passwords'), lines.join(''));
      await writeFile(at('acl'), access.acl);
    }
    await broker.resume();
    return broker;
  }

  /** Starts the process again on the same port. */
  async resume(): Promise<void> {
    if (!mosquittoPath) throw new Error('mosquitto is not installed');
    this.child = spawn(mosquittoPath, ['-c', join(this.folder.path, 'mosquitto.conf')], { stdio: 'ignore' });
    const [username, password] = Object.entries(this.access?.passwords ?? {})[0] ?? [];
    const login = username !== undefined && password !== undefined ? { username, password } : {};
    const probe = await waitFor(
      () => mqtt.connectAsync(this.url, { ...login, reconnectPeriod: 0, connectTimeout: 1_000 }, false),
      { what: 'mosquitto to accept a connection' },
    );
    await probe.endAsync(true);
  }

  /** Ends the process; clients see their connection break. */
  async pause(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }

  /** A connected client; the caller ends it. */
  connect(username?: string): Promise<MqttClient> {
    const password = this.access?.passwords[username ?? ''];
    const login = username !== undefined && password !== undefined ? { username, password } : {};
    return mqtt.connectAsync(this.url, { ...login, connectTimeout: 5_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause();
    await this.folder[Symbol.asyncDispose]();
  }
}

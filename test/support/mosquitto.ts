import { type ChildProcess, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { makeCertificates } from './certificates';
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

export interface MosquittoTls {
  /** Only clients with a certificate of its authority may connect. */
  readonly asksClients: boolean;
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
    private readonly tls: MosquittoTls | undefined,
  ) {}

  get url(): string {
    return `${this.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.port}`;
  }

  /** Files with what a client needs for TLS; undefined where it is not asked for. */
  get certificates(): { readonly ca: string; readonly cert?: string; readonly key?: string } | undefined {
    if (!this.tls) return undefined;
    const own = { cert: this.#at('cert.pem'), key: this.#at('key.pem') };
    return { ca: this.#at('ca.pem'), ...(this.tls.asksClients && own) };
  }

  /** Of its process, while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * @param access - who may do what; everybody everything unless given
   * @param tls - with certificates of an authority of its own; no TLS unless given
   */
  static async start(access?: MosquittoAccess, tls?: MosquittoTls): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), await temporaryFolder('mm-mosquitto-'), access, tls);
    const at = (name: string): string => broker.#at(name);
    // Started by root it would become a user that cannot read this folder.
    const user = `user ${userInfo().username}\n`;
    const common = `${user}listener ${broker.port} 127.0.0.1\nset_tcp_nodelay true\npersistence false\n`;
    const rules = access ? `allow_anonymous false\npassword_file ${at('passwords')}\nacl_file ${at('acl')}\n` : '';
    await writeFile(at('mosquitto.conf'), common + broker.#tlsLines() + (rules || 'allow_anonymous true\n'));
    if (access) {
      const lines = Object.entries(access.passwords).map(([user, password]) => passwordLine(user, password));
      await writeFile(at('passwords'), lines.join(''));
      await writeFile(at('acl'), access.acl);
    }
    if (tls) await makeCertificates(broker.folder.path);
    await broker.resume();
    return broker;
  }

  #at(name: string): string {
    return join(this.folder.path, name);
  }

  #tlsLines(): string {
    if (!this.tls) return '';
    const files = { cafile: 'ca.pem', certfile: 'server-cert.pem', keyfile: 'server-key.pem' };
    const lines = Object.entries(files).map(([key, name]) => `${key} ${this.#at(name)}\n`);
    return `${lines.join('')}require_certificate ${this.tls.asksClients}\n`;
  }

  /** Starts the process again on the same port. */
  async resume(): Promise<void> {
    if (!mosquittoPath) throw new Error('mosquitto is not installed');
    this.child = spawn(mosquittoPath, ['-c', this.#at('mosquitto.conf')], { stdio: 'ignore' });
    const login = await this.#login(Object.keys(this.access?.passwords ?? {})[0]);
    const probe = await waitFor(
      () => mqtt.connectAsync(this.url, { ...login, reconnectPeriod: 0, connectTimeout: 1_000 }, false),
      { what: 'mosquitto to accept a connection' },
    );
    await probe.endAsync(true);
  }

  /** Ends the process; clients see their connection break. */
  async pause(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** It does nothing any more, and no connection breaks. @returns lets it go on */
  freeze(): () => void {
    const { child } = this;
    child?.kill('SIGSTOP');
    return () => child?.kill('SIGCONT');
  }

  /** A connected client; the caller ends it. */
  async connect(username?: string): Promise<MqttClient> {
    return mqtt.connectAsync(this.url, { ...(await this.#login(username)), connectTimeout: 5_000 });
  }

  async #login(username: string | undefined): Promise<IClientOptions> {
    const password = this.access?.passwords[username ?? ''];
    const pem = Object.entries(this.certificates ?? {}).map(
      async ([key, file]) => [key, await readFile(file)] as const,
    );
    return {
      ...(username !== undefined && password !== undefined ? { username, password } : {}),
      ...Object.fromEntries(await Promise.all(pem)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause();
    await this.folder[Symbol.asyncDispose]();
  }
}

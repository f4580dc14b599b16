import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
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

/** A real mosquitto on loopback, in a folder of its own. */
export class Mosquitto implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: TemporaryFolder,
  ) {}

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), await temporaryFolder('mm-mosquitto-'));
    const config = `listener ${broker.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n`;
    await writeFile(join(broker.folder.path, 'mosquitto.conf'), config);
    await broker.resume();
    return broker;
  }

  /** Starts the process again on the same port. */
  async resume(): Promise<void> {
    if (!mosquittoPath) throw new Error('mosquitto is not installed');
    this.child = spawn(mosquittoPath, ['-c', join(this.folder.path, 'mosquitto.conf')], { stdio: 'ignore' });
    const probe = await waitFor(
      () => mqtt.connectAsync(this.url, { reconnectPeriod: 0, connectTimeout: 1_000 }, false),
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
  connect(): Promise<MqttClient> {
    return mqtt.connectAsync(this.url, { connectTimeout: 5_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause();
    await this.folder[Symbol.asyncDispose]();
  }
}

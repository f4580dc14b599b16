import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { ModelManagementError } from '../../../errors';

export interface SshTarget {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
}

const CONNECT_SECONDS = 15;
/** A connection costs a handshake, and a run asks some thirty times. */
const IDLE_MS = 60_000;
const ERROR_CHARS = 500;

/**
 * HTTP over `ssh … docker system dial-stdio`, which is how the docker client reaches engines of other machines. The
 * program `ssh` knows keys, jump hosts and host keys; the library of dockerode takes any host for the right one.
 */
export function sshAgent(target: SshTarget): Agent {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  return Object.assign(agent, { createConnection: () => new SshConnection(target) });
}

const unreachable = (host: string, reason: string, cause?: unknown): ModelManagementError =>
  new ModelManagementError(
    'RUNNER_UNAVAILABLE',
    `The Docker engine is not reached by ssh to ${host}: ${reason}`,
    `Try "ssh ${host} docker version" as the user that Node-RED runs as.`,
    { cause },
  );

/** A process `ssh` that stands for a socket. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #errors = '';
  #idle: NodeJS.Timeout | undefined;

  constructor({ host, port, user }: SshTarget) {
    super({ allowHalfOpen: true });
    const args = [
      ...['-T', '-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_SECONDS}`],
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...['--', host, 'docker', 'system', 'dial-stdio'],
    ];
    const child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.push(chunk) || child.stdout.pause());
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-ERROR_CHARS);
    });
    child.once('error', (cause) => this.destroy(unreachable(host, cause.message, cause)));
    // The end of the output alone does not tell why it came.
    child.once('close', (code) => {
      if (code === 0) this.push(null);
      else this.destroy(unreachable(host, this.#errors.trim() || `it ended with ${code}`));
    });
    // What breaks while something is written is told by the end of the process, with what it said.
    child.stdin.on('error', () => undefined);
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.write(chunk)) done();
    else this.#child.stdin.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#child.kill();
    done(error);
  }

  /** The agent ends a connection that nobody used so long. */
  setTimeout(ms: number, listener?: () => void): this {
    clearTimeout(this.#idle);
    if (listener) this.once('timeout', listener);
    if (ms > 0) this.#idle = setTimeout(() => this.emit('timeout'), ms).unref();
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

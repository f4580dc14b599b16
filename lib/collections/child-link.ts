import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ModelManagementError } from '../errors';
import type { Reply } from './child/protocol';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface ChildLinkOptions {
  /** The built entry point. */
  readonly processPath: string;
  /** For what SQLite sorts on disk. */
  readonly tempPath: string;
}

/**
 * A process that answers questions one after the other. It is given a built environment, never Node-RED's own, which
 * holds its secrets; and it ends when this process does.
 */
export class ChildLink<C> {
  readonly #pending = new Map<number, Pending>();
  readonly #child: ChildProcess;
  #nextId = 1;
  #reason = 'ended';
  #isGone = false;

  constructor({ processPath, tempPath }: ChildLinkOptions) {
    const systemRoot = process.env['SystemRoot'];
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', processPath], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: {
        SQLITE_TMPDIR: tempPath,
        TMPDIR: tempPath,
        TEMP: tempPath,
        ...(systemRoot ? { SystemRoot: systemRoot } : {}),
      },
      windowsHide: true,
    });
    this.#child.on('message', (message) => this.#hear(message as Reply));
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#end(`could not be started: ${error.message}`);
    });
    this.#child.once('exit', (code, signal) => this.#end(`${this.#reason} (${signal ?? `exit code ${code}`})`));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @throws {ModelManagementError} what the process answers; `COLLECTIONS_UNAVAILABLE` when it ends first */
  ask<R>(command: C): Promise<R> {
    if (this.#isGone) return Promise.reject(goneError(this.#reason));
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#child.send({ id, command }, (error) => {
        // What cannot be passed on is refused here; a process that is gone is told by its exit.
        if (!error || !this.#pending.delete(id)) return;
        reject(this.#isGone || !this.#child.connected ? goneError('ended') : error);
      });
    });
  }

  /** @param reason - completes "the process of the collections …" */
  async kill(reason: string): Promise<void> {
    this.#reason = reason;
    if (this.#isGone) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** Lets it finish what it does. */
  async close(): Promise<void> {
    if (this.#isGone) return;
    const exit = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await exit;
  }

  #hear(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) {
      const { code, message, hint, details } = reply.error;
      pending?.reject(new ModelManagementError(code, message, hint, details ? { details } : {}));
    } else pending?.resolve(reply.result);
  }

  #end(reason: string): void {
    this.#isGone = true;
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(goneError(reason));
  }
}

function goneError(reason: string): ModelManagementError {
  return new ModelManagementError(
    'COLLECTIONS_UNAVAILABLE',
    `The process of the collections ${reason}.`,
    'It is started again with the next request; what was not acknowledged may have to be sent again.',
  );
}

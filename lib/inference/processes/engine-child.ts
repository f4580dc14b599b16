import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { newId } from '../../ids';
import { type ControlCommand, ControlReply, WatchdogReport } from '../wire/control-messages';
import { FrameStream } from '../wire/frame-stream';
import { FrameWriter } from '../wire/frame-writer';
import type { AnswerFrame } from '../wire/frames';
import { DATA_FD, PARENT_PID_VARIABLE, REPORT_FD } from '../wire/watchdog-cells';
import { limitedCommand, shellFailureCodes } from './limited-command';
import { OutputTail, withoutFolders } from './output-tail';

/** How and where engine processes are started. */
export interface ChildPlace {
  /** The built entry point, `dist/lib/inference/child/engine-process.js`. */
  readonly processPath: string;
  /** Each child gets a folder of its own in here as working, home and temporary folder. */
  readonly tempPath: string;
  /** The Node.js binary. */
  readonly nodePath: string;
}

/** Why a child is gone. `words` end a sentence that begins with "the engine process". */
export interface ChildEnd {
  readonly why: 'start' | 'timeout' | 'memory' | 'exit';
  /** The request whose run took too long. */
  readonly requestId: number | null;
  readonly words: string;
}

export interface ChildListener {
  reply(reply: ControlReply): void;
  frame(frame: AnswerFrame): void;
  /** Once, after everything the child still said was delivered. */
  end(end: ChildEnd): void;
}

/** Of the folders of children inside `tempPath`. */
export const CHILD_FOLDER_PREFIX = 'engine-';

/** After its exit a child's pipes close at once, unless something else holds them: then nobody waits for them. */
const PIPE_CLOSE_LIMIT_MS = 2_000;

/** All that a process with `folder` as its own is given. Never `process.env`: it holds Node-RED's secrets. */
export function buildEnvironment(folder: string): NodeJS.ProcessEnv {
  const systemRoot = process.env['SystemRoot'];
  return {
    [PARENT_PID_VARIABLE]: String(process.pid),
    HOME: folder,
    TMPDIR: folder,
    TMP: folder,
    TEMP: folder,
    // onnxruntime-node 1.30 and later: without it the runtime keeps a device id, a database and a log on disk, and
    // uploads what is loaded and run.
    ORT_DISABLE_TELEMETRY: '1',
    UV_THREADPOOL_SIZE: '1',
    ...(systemRoot ? { SystemRoot: systemRoot } : {}),
  };
}

/** One engine process, from start to end: its pipes, its words, its death. Knows nothing of models or restarts. */
export class EngineChild {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #tail: OutputTail;
  readonly #writer: FrameWriter;
  readonly #gone: Promise<void>;
  #report = '';
  #reason: string | undefined;
  #hasExited = false;

  constructor(
    place: ChildPlace,
    command: ControlCommand,
    private readonly listener: ChildListener,
    isBackground = false,
  ) {
    this.#folder = join(place.tempPath, `${CHILD_FOLDER_PREFIX}${newId()}`);
    mkdirSync(this.#folder, { recursive: true });
    const { file, args } = limitedCommand(
      // Three threads fewer, at no cost seen: nothing in the child collects garbage in parallel.
      { file: place.nodePath, args: ['--v8-pool-size=0', place.processPath] },
      command.type === 'load' ? command.memoryLimitBytes : null,
    );
    this.#process = spawn(file, args, {
      cwd: this.#folder,
      env: buildEnvironment(this.#folder),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc', 'pipe'],
      windowsHide: true,
    });
    // Also raised later, when a signal cannot be sent; unheard it would end Node-RED.
    this.#process.on('error', () => undefined);
    if (!this.#process.stdio) throw new Error('this system has no file descriptors left');
    this.#tail = new OutputTail([this.#process.stdout, this.#process.stderr]);
    const data = this.#process.stdio[DATA_FD] as Duplex;
    this.#writer = new FrameWriter(data);
    this.#listenToData(data);
    this.#listenToReport((this.#process.stdio as (Readable | null)[])[REPORT_FD] as Readable);
    this.#process.on('message', (message) => this.#hear(message));
    this.#gone = this.#watchEnd().finally(() => rm(this.#folder, { recursive: true, force: true, maxRetries: 3 }));
    // Awaited by stop(); a folder that cannot be removed is removed with the whole of tempPath at the next start.
    this.#gone.catch(() => undefined);
    this.#process.send(command, () => undefined);
    if (isBackground) this.#yieldToOthers();
  }

  /** Null until started and once it is gone. */
  get pid(): number | null {
    return this.#hasExited ? null : (this.#process.pid ?? null);
  }

  /** Adds a frame to those that leave with the next `flush`. */
  add(frame: Buffer): void {
    this.#writer.add(frame);
  }

  flush(): void {
    this.#writer.flush();
  }

  /** Ends it at once; `words` say why, and end a sentence that begins with "the engine process". */
  kill(words: string): void {
    this.#reason ??= words;
    this.#process.kill('SIGKILL');
  }

  /** Ends it; resolves when it is gone and its folder removed. */
  async stop(): Promise<void> {
    this.#reason ??= 'was stopped';
    // It has nothing to put in order, and takes no milder signal: see the end of engine-process.ts.
    this.#process.kill('SIGKILL');
    await this.#gone.catch(() => undefined);
  }

  #yieldToOthers(): void {
    try {
      if (this.#process.pid !== undefined) setPriority(this.#process.pid, constants.priority.PRIORITY_LOW);
    } catch {
      // Not allowed here, or gone already: it then takes its turn like any other process.
    }
  }

  #listenToData(data: Duplex): void {
    const stream = new FrameStream((frame) => {
      if (frame.kind !== 'answers' && frame.kind !== 'results')
        throw new Error('requests came from the engine process');
      this.listener.frame(frame);
    });
    data.on('data', (chunk: Buffer) => {
      try {
        stream.push(chunk);
      } catch (error) {
        data.removeAllListeners('data').resume();
        this.kill(`sent what is no answer (${error instanceof Error ? error.message : String(error)})`);
      }
    });
    // A broken pipe is the child's end, which its exit tells.
    data.on('error', () => undefined);
  }

  #listenToReport(report: Readable): void {
    report.setEncoding('utf8');
    report.on('data', (text: string) => {
      this.#report = (this.#report + text).slice(0, 1_000);
    });
    report.on('error', () => undefined);
  }

  #hear(message: unknown): void {
    const reply = ControlReply.safeParse(message);
    if (reply.success) this.listener.reply(reply.data);
    else this.kill('sent a control message of no known form');
  }

  async #watchEnd(): Promise<void> {
    const words = await new Promise<string>((resolve) => {
      this.#process.once('error', (error) => {
        // Only without a pid did it never start.
        if (this.#process.pid === undefined) resolve(`could not be started: ${withoutFolders(error.message)}`);
      });
      this.#process.once('close', (code, signal) => resolve(this.#exitWords(code, signal)));
      this.#process.once('exit', (code, signal) => {
        this.#hasExited = true;
        setTimeout(() => resolve(this.#exitWords(code, signal)), PIPE_CLOSE_LIMIT_MS).unref();
      });
    });
    this.#hasExited = true;
    this.listener.end(this.#end(words));
  }

  #exitWords(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#reason) return this.#reason;
    const lines = this.#tail.lastLines();
    return `ended with ${signal ?? `exit code ${code}`}${lines ? `, its last lines: ${lines}` : ''}`;
  }

  #end(words: string): ChildEnd {
    const report = parseReport(this.#report);
    if (report?.why === 'timeout') {
      return { why: 'timeout', requestId: report.requestId, words: 'was ended because a request ran too long' };
    }
    if (report?.why === 'memory') {
      const [used, limit] = [report.residentBytes, report.limitBytes].map((bytes) => Math.round(bytes / 1024 / 1024));
      return {
        why: 'memory',
        requestId: null,
        words: `used ${used} MiB of memory, more than its limit of ${limit} MiB`,
      };
    }
    const hasStarted = this.#process.pid !== undefined && !shellFailureCodes.includes(this.#process.exitCode);
    return { why: hasStarted ? 'exit' : 'start', requestId: null, words };
  }
}

function parseReport(text: string): WatchdogReport | undefined {
  const line = text.split('\n')[0];
  if (!line) return undefined;
  try {
    return WatchdogReport.parse(JSON.parse(line));
  } catch {
    // Half a line: the process was killed from outside while it wrote. Its exit says enough.
    return undefined;
  }
}

import { Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isAllocationFailure } from '../processes/load-limits';
import type { ControlCommand, ControlReply } from '../wire/control-messages';
import { FrameStream } from '../wire/frame-stream';
import { FrameWriter } from '../wire/frame-writer';
import { cells, DATA_FD, PARENT_PID_VARIABLE, type WatchdogData } from '../wire/watchdog-cells';
import { type ChosenRuntime, chooseRuntime } from './choose-runtime';
import { ModelServer, type RunProgress } from './model-server';
import { composeModel, type RunnableModel } from './runnable-model';
import type { InferenceRuntime } from './runtime';
import { warmUp } from './warm-up';

/*
 * Entry point of an engine process: one loaded model, or one look at the runtime. Ends with its parent. Nothing of
 * Node-RED is loaded here, and no environment but the one the parent built.
 */

const READ_BUFFER_BYTES = 1024 * 1024;

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function reply(message: ControlReply): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) return resolve();
    process.send(message, () => resolve());
  });
}

/** Resolves once the watchdog's own thread runs: from then on even a call that never returns ends with the parent. */
async function startWatchdog(): Promise<Int32Array> {
  const shared = new SharedArrayBuffer(4 * cells.count);
  const data: WatchdogData = { shared, parentPid: Number(process.env[PARENT_PID_VARIABLE]) };
  const worker = new Worker(join(__dirname, 'watchdog.js'), { workerData: data, env: {}, execArgv: [] });
  worker.on('error', die);
  worker.unref();
  const state = new Int32Array(shared);
  const online = Atomics.waitAsync(state, cells.online, 0);
  if (online.async) await online.value;
  return state;
}

function progressOf(state: Int32Array): RunProgress {
  return {
    begin: (requestId) => {
      Atomics.store(state, cells.requestId, requestId | 0);
      Atomics.add(state, cells.runCount, 1);
    },
    end: () => Atomics.add(state, cells.runCount, 1),
  };
}

async function openModel(
  runtime: InferenceRuntime,
  command: Extract<ControlCommand, { type: 'load' }>,
): Promise<RunnableModel> {
  const { modelPath, preprocessingPath, intraOpNumThreads } = command;
  const preprocessing = preprocessingPath ? await runtime.open(preprocessingPath, { intraOpNumThreads }) : undefined;
  return composeModel(await runtime.open(modelPath, { intraOpNumThreads }), preprocessing);
}

function serveOver(model: RunnableModel, progress: RunProgress): void {
  let stream: FrameStream;
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const socket = new Socket({
    fd: DATA_FD,
    readable: true,
    writable: true,
    onread: {
      buffer,
      callback: (bytes) => {
        stream.push(buffer.subarray(0, bytes));
        server.serve().catch(die);
        return true;
      },
    },
  });
  const server = new ModelServer(model, new FrameWriter(socket), progress);
  stream = new FrameStream((frame) => server.accept(frame));
  socket.on('error', die);
  socket.on('close', die);
}

async function obey(command: ControlCommand, watched: Promise<Int32Array>): Promise<void> {
  let chosen: ChosenRuntime;
  try {
    chosen = chooseRuntime(command.runtime, command.runtimePaths);
  } catch (error) {
    return reply({ type: 'failed', what: 'runtime', message: messageOf(error) });
  }
  const { kind, runtime, reason } = chosen;
  const facts = { kind, version: runtime.version, reason };
  if (command.type === 'describe') return reply({ type: 'described', ...facts });
  const state = await watched;
  const { requestTimeoutMs, memoryLimitBytes } = command;
  const limitMiB = Math.ceil(memoryLimitBytes / 1024 / 1024);
  Atomics.store(state, cells.memoryLimitMiB, limitMiB);
  Atomics.store(state, cells.timeoutMs, Math.min(requestTimeoutMs, 0x7fff_ffff));
  const progress = progressOf(state);
  try {
    const model = await openModel(runtime, command);
    const { modelPath, preprocessingPath } = command;
    const paths = preprocessingPath === null ? [modelPath] : [preprocessingPath, modelPath];
    const batching = await warmUp(model, paths, progress);
    serveOver(model, progress);
    await reply({ type: 'ready', ...facts, signature: model.signature, batching: batching ?? null });
  } catch (error) {
    const said = messageOf(error);
    const message = isAllocationFailure(said) ? `it needs more memory than its limit of ${limitMiB} MiB` : said;
    await reply({ type: 'failed', what: 'model', message });
  }
}

// Ctrl+C and service managers signal the whole group: Node-RED ends its flows first and then us, by SIGKILL.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.on('disconnect', die);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`, die);
});
const watched = startWatchdog();
process.once('message', (command: ControlCommand) => {
  obey(command, watched).catch(die);
});

import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ModelManagementError } from '../../../errors';
import { LineSplitter } from '../line-splitter';
import type { LineLog } from '../runner';
import { engineError, isMissing, statusOf } from './engine';

const RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;

/** Attaches before the start: what a short container says before anybody listens would be lost. */
export async function attach(docker: Docker, name: string): Promise<Readable> {
  const options = { stream: true, stdout: true, stderr: true };
  return (await docker.getContainer(name).attach(options)) as unknown as Readable;
}

/**
 * Follows what a container says, and tells its state once it has ended. A stream that closes says nothing: the engine
 * may have restarted, so the container is looked at, and heard again from its beginning while it still runs.
 *
 * @param opened - a stream attached before the start; none = the container was found running or over
 * @throws {ModelManagementError} `RUN_LOST` when the container is gone
 */
export async function followToEnd(
  docker: Docker,
  name: string,
  log: LineLog,
  signal: AbortSignal,
  opened?: Readable,
): Promise<Docker.ContainerInspectInfo['State']> {
  let stream = opened;
  for (let delayMs = RETRY_MS; ; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
    signal.throwIfAborted();
    try {
      if (!stream) {
        const options = { follow: true, stdout: true, stderr: true } as const;
        stream = (await docker.getContainer(name).logs(options)) as unknown as Readable;
        log.restart();
        delayMs = RETRY_MS;
      }
      await drain(docker, stream, log, signal);
      const { State: state } = await docker.getContainer(name).inspect();
      if (!state.Running && state.Status !== 'created') return state;
    } catch (error) {
      signal.throwIfAborted();
      if (isMissing(error)) throw goneError(name);
      // The engine is away: its containers may well go on.
      if (statusOf(error) !== undefined && statusOf(error) !== 500) throw engineError(error, 'following the run');
    }
    stream = undefined;
    await pause(delayMs, undefined, { signal });
  }
}

/** Reads on whatever happens: a stream that nobody reads stops the container. */
async function drain(docker: Docker, stream: Readable, log: LineLog, signal: AbortSignal): Promise<void> {
  const splitters = [new LineSplitter((line) => log.line(line)), new LineSplitter((line) => log.line(line))];
  const outputs = splitters.map((splitter) => new PassThrough().on('data', (chunk: Buffer) => splitter.push(chunk)));
  const [stdout = new PassThrough(), stderr = new PassThrough()] = outputs;
  docker.modem.demuxStream(stream, stdout, stderr);
  const giveUp = (): void => void stream.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  await new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error'] as const) stream.once(event, () => resolve());
  });
  signal.removeEventListener('abort', giveUp);
  // Both pass on what they were given in the same turn; what is left has no line end.
  await new Promise((resolve) => setImmediate(resolve));
  for (const splitter of splitters) splitter.flush();
}

function goneError(name: string): ModelManagementError {
  return new ModelManagementError(
    'RUN_LOST',
    `The container ${name} is gone: something beside Model Management removed it.`,
    'Run the job again.',
  );
}

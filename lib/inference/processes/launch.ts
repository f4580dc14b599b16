import { timerMs } from '../timer';
import type { ControlCommand, ControlReply } from '../wire/control-messages';
import type { AnswerFrame } from '../wire/frames';
import { type ChildEnd, type ChildListener, type ChildPlace, EngineChild } from './engine-child';
import { withoutFolders } from './output-tail';

/** Why a process did not come up. `message` ends a sentence that begins with the model's name. */
export class LaunchFailure extends Error {
  override readonly name = 'LaunchFailure';
  constructor(
    /** `host` = this machine could not start a process at all, whatever the model. */
    readonly what: 'runtime' | 'model' | 'process' | 'host' | 'aborted',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface LaunchOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes the processor only when nobody else wants it. Default false. */
  readonly isBackground?: boolean;
  /** Answers and end, from the moment the launch has succeeded. */
  readonly frame?: (frame: AnswerFrame) => void;
  readonly end?: (end: ChildEnd) => void;
}

export type GoodReply = Exclude<ControlReply, { readonly type: 'failed' }>;
export type ReadyReply = Extract<ControlReply, { readonly type: 'ready' }>;

export interface Launched {
  readonly child: EngineChild;
  readonly reply: GoodReply;
}

/**
 * Starts a process and waits for its one reply. When it fails, hangs or the signal comes first, the process is ended
 * and gone before the promise rejects.
 *
 * @throws {LaunchFailure}
 */
export async function launch(
  place: ChildPlace,
  command: ControlCommand,
  { timeoutMs, signal, isBackground = false, frame, end }: LaunchOptions,
): Promise<Launched> {
  if (signal?.aborted) throw new LaunchFailure('aborted', 'loading was given up');
  const waiting = Promise.withResolvers<ControlReply>();
  let hasStarted = false;
  const listener: ChildListener = {
    reply: (reply) => waiting.resolve(reply),
    frame: (answerFrame) => frame?.(answerFrame),
    end: (childEnd) => {
      if (hasStarted) end?.(childEnd);
      else waiting.reject(failureOf(childEnd, command));
    },
  };
  const child = start(place, command, listener, isBackground);
  const giveUp = (): void => waiting.reject(new LaunchFailure('aborted', 'loading was given up'));
  const late = new LaunchFailure('process', `loading took longer than ${timeoutMs} ms and was ended`);
  const timer = setTimeout(() => waiting.reject(late), timerMs(timeoutMs));
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    const reply = await waiting.promise;
    if (reply.type === 'failed') throw new LaunchFailure(reply.what, reply.message);
    hasStarted = true;
    return { child, reply };
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function failureOf({ why, words }: ChildEnd, command: ControlCommand): LaunchFailure {
  if (why === 'timeout' && command.type === 'load') {
    return new LaunchFailure('process', `its first run took longer than ${command.requestTimeoutMs} ms and was ended`);
  }
  return new LaunchFailure(why === 'start' ? 'host' : 'process', `the engine process ${words}`);
}

function start(...parameters: ConstructorParameters<typeof EngineChild>): EngineChild {
  try {
    return new EngineChild(...parameters);
  } catch (error) {
    const words = withoutFolders(error instanceof Error ? error.message : String(error));
    throw new LaunchFailure('host', `the engine process could not be started: ${words}`, { cause: error });
  }
}

import { Worker } from 'node:worker_threads';
import { toIso } from '../../clock';
import { ModelManagementError } from '../../errors';
import { invalidLibrary, libraryFailed, toLibraryError } from './faults';
import { loadTimeoutMs } from './loaded-library';
import { timedOut } from './time-limit';
import { type TrialOrder, TrialReply } from './trial-messages';
import type { ConsoleLevel, LibraryError } from './types';

/** For a thread to come up on a busy machine. */
const bootTimeoutMs = 10_000;
/** The thread keeps its limits itself as long as it can; this much later it is ended. */
const graceMs = 500;
const heapLimitMb = 128;
/**
 * Bytes outside of the heap have no limit of their own: the growth of the whole process is watched, whoever's it is.
 */
const growthLimitBytes = 512 * 2 ** 20;
const growthPollMs = 50;

export interface TrialLine {
  readonly level: ConsoleLevel;
  readonly text: string;
  readonly at: string;
}

/** How a try went. `truncated`: output or logs were longer; a cut output is the beginning of its JSON, as text. */
export interface TrialAnswer {
  /** Absent: nothing was returned, or `error` tells why not. */
  readonly output?: unknown;
  /** Output that JSON cannot carry stands in `output` as text. */
  readonly inexact?: true;
  readonly error?: LibraryError;
  readonly logs: readonly TrialLine[];
  readonly durationMs: number;
  readonly truncated?: true;
}

/**
 * Runs a library in a thread of its own that is ended whatever it does: a loop, also after an `await`, and memory
 * beyond its limit cost Node-RED nothing.
 *
 * @param workerPath - the built `trial-worker.js`
 * @throws {ModelManagementError} `ABORTED`; what the library does wrong is in the answer
 */
export async function tryLibrary(workerPath: string, order: TrialOrder, signal?: AbortSignal): Promise<TrialAnswer> {
  const thread = new Worker(workerPath, {
    workerData: order,
    // Nothing of Node-RED's: neither its secrets nor what its own start asked for.
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapLimitMb, maxYoungGenerationSizeMb: 16 },
  });
  thread.stdout.resume();
  thread.stderr.resume();
  const trial = new Trial(order, thread);
  try {
    return await trial.end(signal);
  } finally {
    await thread.terminate();
  }
}

class Trial {
  private readonly logs: TrialLine[] = [];
  private readonly ended = Promise.withResolvers<TrialAnswer>();
  private readonly startBytes = process.memoryUsage.rss();
  private areLinesCut = false;
  private timer: NodeJS.Timeout | undefined;
  private runningSinceMs: number | undefined;

  constructor(
    private readonly order: TrialOrder,
    thread: Worker,
  ) {
    thread.on('message', (raw: unknown) => {
      const { data, error } = TrialReply.safeParse(raw);
      if (data) this.hear(data);
      else this.fail(this.crash(error));
    });
    thread.on('error', (error) => this.fail(this.crash(error)));
    thread.on('exit', () => this.fail(this.crash(new Error('its thread ended'))));
  }

  async end(signal: AbortSignal | undefined): Promise<TrialAnswer> {
    this.timer = setTimeout(() => this.ended.reject(notStarted()), bootTimeoutMs);
    const growth = setInterval(() => this.watchGrowth(), growthPollMs);
    const onAbort = (): void => this.ended.reject(trialGivenUp());
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      return await this.ended.promise;
    } finally {
      clearTimeout(this.timer);
      clearInterval(growth);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private watchGrowth(): void {
    const growthBytes = process.memoryUsage.rss() - this.startBytes;
    if (growthBytes > growthLimitBytes) this.fail(grown(this.order.name, growthBytes));
  }

  private hear(reply: TrialReply): void {
    const { name, call } = this.order;
    switch (reply.kind) {
      case 'began':
        this.limit(loadTimeoutMs + graceMs, () =>
          invalidLibrary(name, { message: `It did not come to rest within ${loadTimeoutMs} ms when it was loaded.` }),
        );
        break;
      case 'line':
        this.logs.push({ level: reply.level, text: reply.text, at: toIso(reply.atMs) });
        break;
      case 'linesCut':
        this.areLinesCut = true;
        break;
      case 'running': {
        const { timeoutMs = loadTimeoutMs } = call ?? {};
        this.runningSinceMs = performance.now();
        this.limit(timeoutMs + graceMs, () => timedOut(name, timeoutMs));
        break;
      }
      case 'loaded':
        this.answer({}, 0, false);
        break;
      case 'answer': {
        const { text, isCut, isInexact, durationMs } = reply;
        const shown = text === undefined ? {} : { output: isCut ? text : (JSON.parse(text) as unknown) };
        this.answer({ ...shown, ...(isInexact ? { inexact: true } : {}) }, durationMs, isCut);
        break;
      }
      case 'failed':
        this.answer({ error: reply.error }, reply.durationMs, false);
        break;
    }
  }

  private limit(timeoutMs: number, error: () => ModelManagementError): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fail(error()), timeoutMs);
  }

  private fail(error: ModelManagementError): void {
    const durationMs = this.runningSinceMs === undefined ? 0 : performance.now() - this.runningSinceMs;
    this.answer({ error: toLibraryError(error) }, durationMs, false);
  }

  private answer(
    outcome: Pick<TrialAnswer, 'output' | 'inexact' | 'error'>,
    durationMs: number,
    isOutputCut: boolean,
  ): void {
    this.ended.resolve({
      ...outcome,
      logs: this.logs,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      ...(isOutputCut || this.areLinesCut ? { truncated: true } : {}),
    });
  }

  private crash(error: unknown): ModelManagementError {
    const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return this.tooLarge();
    return libraryFailed(this.order.name, { message: String(message ?? error) });
  }

  private tooLarge(): ModelManagementError {
    return libraryFailed(this.order.name, { message: `it needs more memory than the ${heapLimitMb} MB of a test` });
  }
}

export function trialGivenUp(): ModelManagementError {
  return new ModelManagementError('ABORTED', 'The test was given up.', 'Start it again.');
}

/** Nobody knows whose memory it is. */
function grown(name: string, growthBytes: number): ModelManagementError {
  const message = `Node-RED grew by ${Math.round(growthBytes / 2 ** 20)} MB while ${name} was tried, so the test was ended. Try again; if it comes each time, the library takes the memory.`;
  return new ModelManagementError('ABORTED', message, 'Try again.');
}

function notStarted(): ModelManagementError {
  const message = `A thread could not be started within ${bootTimeoutMs} ms.`;
  return new ModelManagementError('ABORTED', message, 'The machine is busy: try again.');
}

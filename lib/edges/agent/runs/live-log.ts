import { stat } from 'node:fs/promises';
import type { Clock } from '../../../clock';
import { type Fence, MAX_LIVE_LINE_LENGTH, MAX_LIVE_LINES, type RunLogEvent } from '../../protocol/run-documents';
import { wholeLines } from '../whole-lines';

export interface LiveLogDeps {
  readonly clock: Clock;
  isConnected(): boolean;
  tell(event: RunLogEvent): void;
}

const PAUSE_MS = 300;
/** Of what was said while there was no connection; the rest comes with the outputs. */
const MAX_BACKLOG_BYTES = 131_072;
/** Of the lines of one event, which has to fit into a document whatever the letters are. */
const MAX_EVENT_LENGTH = 12_000;
/** In one go, so that a talkative script leaves room for everything else. */
const MAX_EVENTS_AT_ONCE = 4;

/** Tells the hub what a run says. What waits is the log on the disk, of which the latest part is sent. */
export class LiveLog {
  #offset = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isEnded = false;

  private constructor(
    private readonly deps: LiveLogDeps,
    private readonly run: string,
    private readonly fence: Fence,
    private readonly path: string,
  ) {}

  /** From the end of what is there: that was sent, or comes with the outputs. */
  static async open(deps: LiveLogDeps, run: string, fence: Fence, path: string): Promise<LiveLog> {
    const log = new LiveLog(deps, run, fence, path);
    log.#offset = await sizeOf(path);
    return log;
  }

  /** There is more, or somebody hears it again. */
  notice(): void {
    if (this.#isEnded) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().catch(() => undefined);
    }, PAUSE_MS).unref();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { deps, run, fence } = this;
    if (!deps.isConnected()) return;
    const backlogBytes = (await sizeOf(this.path)) - this.#offset;
    // What was taken back to be said again is not told twice.
    if (backlogBytes <= 0) return;
    let dropped = 0;
    let skipBytes = backlogBytes - MAX_BACKLOG_BYTES;
    let lines: string[] = [];
    let length = 0;
    let eventCount = 0;
    const tell = (): void => {
      if (lines.length === 0) return;
      const told = dropped > 0 ? { dropped } : {};
      deps.tell({ type: 'run-log', at: deps.clock.now(), run, fence, lines, ...told });
      [lines, length, dropped] = [[], 0, 0];
      eventCount += 1;
    };
    for await (const bytes of wholeLines(this.path, this.#offset)) {
      if (eventCount >= MAX_EVENTS_AT_ONCE) break;
      const sizeBytes = bytes.length + 1;
      this.#offset += sizeBytes;
      if (skipBytes > 0) {
        skipBytes -= sizeBytes;
        dropped += 1;
        continue;
      }
      const line = bytes.toString('utf8').slice(0, MAX_LIVE_LINE_LENGTH);
      lines.push(line);
      length += line.length;
      if (lines.length === MAX_LIVE_LINES || length >= MAX_EVENT_LENGTH) tell();
    }
    tell();
    if (eventCount >= MAX_EVENTS_AT_ONCE) this.notice();
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

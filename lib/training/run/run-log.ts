import { type FileHandle, open } from 'node:fs/promises';
import type { MarkedLog } from '../runners/runner';

const KEPT_LINES = 200;

/**
 * The log of a run as a file of lines, written as they come. Beyond its size limit only the last lines are kept, and how
 * many are missing is said.
 */
export class RunLog implements MarkedLog {
  readonly #tail: string[] = [];
  #waiting = '';
  #work: Promise<void> = Promise.resolve();
  #isWriting = false;
  #droppedCount = 0;

  private constructor(
    private readonly file: FileHandle,
    /** Bytes on their way to the file, or there. */
    private sizeBytes: number,
    private readonly maxBytes: number,
    private restartAt: number,
    private readonly onGrow: () => void,
  ) {}

  /** Goes on behind what is there. */
  static async open(path: string, maxBytes: number, restartAt: number, onGrow: () => void): Promise<RunLog> {
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    return new RunLog(file, size, maxBytes, restartAt, onGrow);
  }

  /** The last lines, for errors. */
  get lastLines(): readonly string[] {
    return this.#tail.slice(-20);
  }

  line(text: string): void {
    this.#tail.push(text);
    if (this.#tail.length > KEPT_LINES) this.#tail.shift();
    const bytes = Buffer.byteLength(text) + 1;
    if (this.sizeBytes + bytes > this.maxBytes) {
      this.#droppedCount += 1;
      return;
    }
    this.sizeBytes += bytes;
    this.#waiting += `${text}\n`;
    this.#write();
  }

  restart(): void {
    const at = this.restartAt;
    this.#tail.length = 0;
    this.#droppedCount = 0;
    this.#waiting = '';
    this.sizeBytes = Math.min(this.sizeBytes, at);
    this.#enqueue(() => this.file.truncate(at));
  }

  async mark(at?: number): Promise<number> {
    await this.flush();
    this.restartAt = at ?? this.sizeBytes;
    return this.restartAt;
  }

  async flush(): Promise<void> {
    this.#write();
    await this.#work;
    if (this.#waiting !== '') await this.flush();
  }

  /** Says what is missing: nothing more is to come. */
  async finish(): Promise<void> {
    if (this.#droppedCount > 0) {
      const kept = this.#tail.slice(-Math.min(this.#droppedCount, KEPT_LINES));
      const note = `… ${this.#droppedCount - kept.length} lines left out: the log is limited to ${this.maxBytes} bytes …\n`;
      this.#waiting += note + kept.map((line) => `${line}\n`).join('');
      this.#droppedCount = 0;
    }
    await this.flush();
  }

  async close(): Promise<void> {
    await this.finish();
    await this.file.close();
  }

  #write(): void {
    if (this.#isWriting || this.#waiting === '') return;
    this.#isWriting = true;
    this.#enqueue(async () => {
      this.#isWriting = false;
      const text = this.#waiting;
      this.#waiting = '';
      if (text === '') return;
      await this.file.appendFile(text);
      this.onGrow();
    });
  }

  /** A log that cannot be written, as on a full disk, does not end the run. */
  #enqueue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(() => undefined);
  }
}

const MAX_LINE_BYTES = 65_536;

/**
 * Cuts bytes into lines. A character that two chunks share stays whole; of a line that is written over, as progress
 * bars do, the last state counts; a line of more than 64 KiB comes in parts.
 */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      this.#emit(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    while (bytes.length > MAX_LINE_BYTES) {
      this.#emit(bytes.subarray(0, MAX_LINE_BYTES));
      bytes = bytes.subarray(MAX_LINE_BYTES);
    }
    this.#rest = Buffer.from(bytes);
  }

  /** A last line without an end; twice is safe. */
  flush(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length > 0) this.#emit(rest);
  }

  #emit(bytes: Buffer): void {
    const text = bytes.toString('utf8').replace(/\r+$/, '');
    this.onLine(text.slice(text.lastIndexOf('\r') + 1));
  }
}

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ModelManagementError } from '../../errors';

const FLUSH_LENGTH = 262_144;

/** Writes a JSON array item by item, one per line, in a constant amount of memory; `[]` when there are none. */
export class JsonArrayFile {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #text = '[';
  #count = 0;
  #sizeBytes = 0;

  constructor(
    path: string,
    private readonly maxBytes: number,
  ) {
    this.#fd = openSync(path, 'w', 0o600);
  }

  /** @param json - one item. @throws {ModelManagementError} `DATA_TOO_LARGE` */
  add(json: string): void {
    this.#text += this.#count === 0 ? `\n${json}` : `,\n${json}`;
    this.#count += 1;
    if (this.#text.length >= FLUSH_LENGTH) this.#flush();
  }

  /** Completes and syncs it. */
  finish(): { readonly rows: number; readonly sizeBytes: number; readonly digest: string } {
    this.#text += this.#count === 0 ? ']\n' : '\n]\n';
    this.#flush();
    fsyncSync(this.#fd);
    return { rows: this.#count, sizeBytes: this.#sizeBytes, digest: `sha256:${this.#hash.digest('hex')}` };
  }

  close(): void {
    closeSync(this.#fd);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > this.maxBytes) {
      throw new ModelManagementError(
        'DATA_TOO_LARGE',
        `The rows are more than the ${this.maxBytes} bytes a query may bring.`,
        'Narrow the query.',
        { details: { maxBytes: this.maxBytes } },
      );
    }
    this.#hash.update(bytes);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
  }
}

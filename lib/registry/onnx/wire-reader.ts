import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelManagementError } from '../../errors';
import { invalidModel } from '../invalid-model';

const WINDOW_BYTES = 64 * 1024;
/** A tag and a length or number, ten bytes at most each. */
const FIELD_HEAD_BYTES = 20;
/** Every field met, also the skipped ones: a forest of a million tree nodes has some ten million. */
const MAX_FIELD_COUNT = 200_000_000;
/** Fields handed out, each of which costs a turn of the caller. A runtime takes minutes for a graph of so many. */
const MAX_WANTED_COUNT = 1_000_000;
/** After so many of them, a millisecond or two of work, everybody else has a turn. */
const WANTED_PER_TURN = 1_024;

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A part of the file that holds a message, a text or a block of numbers. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** For `bytes` the span is the content, for the others the number itself. */
export interface Field extends Span {
  /** Where its tag begins. */
  readonly at: number;
  readonly number: number;
  readonly wireType: number;
}

/** A set of field numbers 1..31, for `WireReader.next`. */
export function fieldSet(...numbers: readonly number[]): number {
  return numbers.reduce((set, number) => set | (1 << number), 0);
}

/**
 * Walks the fields of a protobuf file without loading it: one window of 64 KiB, and what is not asked for is jumped
 * over, weights of gigabytes too. Every length is checked against the message it lies in; the work is bounded by the
 * number of fields. Reads asynchronously, so the walk never holds up the process for more than one window.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;
  #position = 0;
  #fieldCount = 0;
  #wantedCount = 0;

  constructor(
    private readonly file: FileHandle,
    readonly sizeBytes: number,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The fields of a message whose numbers are in `wanted`, in file order. The caller may read elsewhere in between.
   * @throws {ModelManagementError} `INVALID_MODEL` where the bytes are no protobuf message
   */
  async *fields(message: Span, wanted: number): AsyncGenerator<Field, void, void> {
    let position = message.start;
    while (position < message.end) {
      this.#position = position;
      const field = await this.#next(message.end, wanted);
      if (!field) return;
      position = field.end;
      yield field;
    }
  }

  /** The content of a field that must be text, a message or a block. */
  span(field: Field, what: string): Span {
    if (field.wireType !== WireType.bytes) throw this.#broken(`${what} has the wrong wire type`, field.start);
    return field;
  }

  /** A whole number in the range of int64, as JavaScript keeps it; beyond 2^53 it is rounded. */
  async integer(field: Field, what: string): Promise<number> {
    if (field.wireType !== WireType.varint) throw this.#broken(`${what} has the wrong wire type`, field.start);
    return Number(int64(await this.bytes(field, 10, what)));
  }

  /** Whole numbers of int64, exact: one of a list that stands field by field, or all of a packed one. */
  async integers(field: Field, maxCount: number, what: string): Promise<readonly bigint[]> {
    if (field.wireType === WireType.varint) return [int64(await this.bytes(field, 10, what))];
    const bytes = await this.bytes(this.span(field, what), 10 * maxCount, what);
    const values: bigint[] = [];
    for (let start = 0; start < bytes.length; ) {
      let end = start;
      while (end < bytes.length && (bytes[end] ?? 0) >= 0x80) end++;
      if (end === bytes.length || end - start >= 10) throw this.#broken(`${what} are no numbers`, field.start + start);
      values.push(int64(bytes.subarray(start, end + 1)));
      start = end + 1;
    }
    return values;
  }

  /** UTF-8 text; anything else in it is refused, because two readers would make different names of it. */
  async text(field: Field, maxBytes: number, what: string): Promise<string> {
    const bytes = await this.bytes(this.span(field, what), maxBytes, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw this.#broken(`${what} is not UTF-8 text`, field.start, cause);
    }
  }

  /** A copy of a part of the file. */
  async bytes(span: Span, maxBytes: number, what: string): Promise<Buffer> {
    const length = span.end - span.start;
    if (length > maxBytes) {
      throw this.#broken(`${what} is ${length} bytes long, more than the ${maxBytes} allowed`, span.start);
    }
    this.#position = span.start;
    if (!this.#holds(length)) await this.#fill();
    if (this.#holds(length)) {
      const from = span.start - this.#windowStart;
      return Buffer.from(this.#window.subarray(from, from + length));
    }
    const copy = Buffer.alloc(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.file.read(copy, filled, length - filled, span.start + filled);
      if (bytesRead === 0) throw this.#broken('the file ends too early', span.start + filled);
      filled += bytesRead;
    }
    return copy;
  }

  async #next(end: number, wanted: number): Promise<Field | undefined> {
    while (this.#position < end) {
      if (!this.#holds(Math.min(FIELD_HEAD_BYTES, end - this.#position))) await this.#fill();
      if (++this.#fieldCount > MAX_FIELD_COUNT) throw this.#broken('it has too many fields', this.#position);
      const at = this.#position;
      const tag = this.#varint(end);
      const number = Math.floor(tag / 8);
      const wireType = tag % 8;
      if (number < 1 || number > 0x1fff_ffff) throw this.#broken(`field number ${number} cannot be`, at);
      const field = this.#field(number, wireType, end, at);
      if (number < 32 && ((wanted >>> number) & 1) === 1) {
        if (++this.#wantedCount > MAX_WANTED_COUNT) throw tooManyParts();
        if (this.#wantedCount % WANTED_PER_TURN === 0) await nextTurn();
        return field;
      }
      this.#position = field.end;
    }
    return undefined;
  }

  #field(number: number, wireType: number, end: number, at: number): Field {
    let start = this.#position;
    let length: number;
    switch (wireType) {
      case WireType.varint:
        this.#varint(end);
        length = this.#position - start;
        break;
      case WireType.fixed64:
        length = 8;
        break;
      case WireType.fixed32:
        length = 4;
        break;
      case WireType.bytes:
        length = this.#varint(end);
        start = this.#position;
        break;
      default:
        throw this.#broken(`wire type ${wireType} is not used by ONNX`, at);
    }
    if (length > end - start) throw this.#broken(`field ${number} claims ${length} bytes, ${end - start} are left`, at);
    return { number, wireType, at, start, end: start + length };
  }

  /** Rounded above 2^53: no length or tag of a real file gets there, and the caller's bounds refuse it. */
  #varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#position >= end) throw this.#broken('it ends in the middle of a number', this.#position);
      const byte = this.#window[this.#position - this.#windowStart] ?? 0;
      this.#position++;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw this.#broken('a number is longer than ten bytes', this.#position);
  }

  #holds(count: number): boolean {
    return this.#position >= this.#windowStart && this.#position + count <= this.#windowEnd;
  }

  async #fill(): Promise<void> {
    this.signal?.throwIfAborted();
    const want = Math.min(WINDOW_BYTES, this.sizeBytes - this.#position);
    this.#windowStart = this.#position;
    this.#windowEnd = this.#position;
    while (this.#windowEnd - this.#windowStart < want) {
      const filled = this.#windowEnd - this.#windowStart;
      const { bytesRead } = await this.file.read(this.#window, filled, want - filled, this.#windowEnd);
      if (bytesRead === 0) throw this.#broken('the file ends too early', this.#windowEnd);
      this.#windowEnd += bytesRead;
    }
  }

  #broken(what: string, at: number, cause?: unknown): ModelManagementError {
    return invalidModel(
      'checked',
      `This is not a whole ONNX file: ${what} (byte ${at} of ${this.sizeBytes}).`,
      'Export the model again, and check that the file was copied completely (compare sizes or SHA-256 digests).',
      cause,
    );
  }
}

function int64(varint: Buffer): bigint {
  let value = 0n;
  for (const [index, byte] of varint.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * index);
  return BigInt.asIntN(64, value);
}

function tooManyParts(): ModelManagementError {
  return invalidModel(
    'checked',
    `The graph has more than ${MAX_WANTED_COUNT} nodes, attributes and weights.`,
    'Use a model of fewer, larger parts: the runtime would take minutes to load it.',
  );
}

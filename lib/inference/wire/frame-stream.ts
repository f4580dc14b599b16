import { decodeFrame } from './frame-decoder';
import { type Frame, FrameError, HEADER_BYTES, MAX_FRAME_BYTES } from './frames';

/**
 * Cuts a byte stream into frames, however it was split on its way. After a `FrameError` the stream is lost: nobody
 * can tell where the next frame begins.
 */
export class FrameStream {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFill = 0;
  #payload: Buffer | undefined;
  #payloadFill = 0;

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly maxBytes: number = MAX_FRAME_BYTES,
  ) {}

  /**
   * @param chunk - only read during the call: its memory may be used again afterwards
   * @throws {FrameError} the bytes are no frame, or one above `maxBytes`
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload) at = this.#fillPayload(this.#payload, chunk, at);
      else at = this.#readHeader(chunk, at);
    }
  }

  #readHeader(chunk: Buffer, start: number): number {
    const taken = Math.min(HEADER_BYTES - this.#headerFill, chunk.length - start);
    chunk.copy(this.#header, this.#headerFill, start, start + taken);
    this.#headerFill += taken;
    const at = start + taken;
    if (this.#headerFill < HEADER_BYTES) return at;
    this.#headerFill = 0;
    const length = this.#header.readUInt32LE(0);
    if (length > this.maxBytes) {
      throw new FrameError(`a frame of ${length} bytes came; at most ${this.maxBytes} are taken`);
    }
    if (chunk.length - at >= length) {
      this.onFrame(decodeFrame(chunk.subarray(at, at + length), false));
      return at + length;
    }
    this.#payload = Buffer.allocUnsafeSlow(length);
    this.#payloadFill = 0;
    return at;
  }

  #fillPayload(payload: Buffer, chunk: Buffer, start: number): number {
    const taken = Math.min(payload.length - this.#payloadFill, chunk.length - start);
    chunk.copy(payload, this.#payloadFill, start, start + taken);
    this.#payloadFill += taken;
    if (this.#payloadFill === payload.length) {
      this.#payload = undefined;
      this.onFrame(decodeFrame(payload, true));
    }
    return start + taken;
  }
}

/** What a frame goes into: the data pipe of either side. */
export interface FrameSink {
  write(bytes: Buffer): unknown;
  cork(): void;
  uncork(): void;
}

/** Below this, copying the frames of a tick into one buffer is cheaper than handing the kernel a list. */
const JOIN_BYTES = 64 * 1024;

/** Gathers the frames of a tick, so that they leave in one system call. */
export class FrameWriter {
  #frames: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly sink: FrameSink) {}

  add(frame: Buffer): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  flush(): void {
    const frames = this.#frames;
    const bytes = this.#bytes;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#bytes = 0;
    const [only] = frames;
    if (only && frames.length === 1) {
      this.sink.write(only);
    } else if (bytes <= JOIN_BYTES) {
      this.sink.write(Buffer.concat(frames, bytes));
    } else {
      this.sink.cork();
      for (const frame of frames) this.sink.write(frame);
      this.sink.uncork();
    }
  }
}

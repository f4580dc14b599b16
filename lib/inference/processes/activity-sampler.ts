import type { Clock } from '../../clock';
import { fineStepMs } from '../activity';
import type { ModelFigures } from './model-figures';
import { processMemoryBytes } from './process-memory';

interface Sampled {
  readonly figures: ModelFigures;
  readonly pid: number | null;
  readonly pendingCount: number;
}

/** To ask the kernel for the memory of a large process costs more than to count. */
const MEMORY_EVERY = 5;

/** Has the figures of all that is loaded written down at a steady pace; without anything loaded no timer runs. */
export class ActivitySampler {
  readonly #memory = new WeakMap<Sampled, { readonly pid: number; readonly bytes: number | null }>();
  #timer: NodeJS.Timeout | undefined;
  #tickCount = 0;

  constructor(
    private readonly loaded: () => readonly Sampled[],
    private readonly clock: Clock,
  ) {}

  /** Idempotent; call it when something was loaded. */
  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), fineStepMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const loaded = this.loaded();
    if (loaded.length === 0) this.stop();
    const isWithMemory = this.#tickCount++ % MEMORY_EVERY === 0;
    for (const one of loaded) {
      const memory = this.#memory.get(one);
      const isKnown = memory !== undefined && memory.pid === one.pid;
      // A new process is measured at once; the answer comes after this sample.
      if (isWithMemory || !isKnown) void this.#measure(one);
      const memoryBytes = isKnown ? memory.bytes : null;
      one.figures.sample(this.clock.now(), { queue: one.pendingCount, memoryBytes });
    }
  }

  /** Never rejects. */
  async #measure(one: Sampled): Promise<void> {
    const { pid } = one;
    if (pid !== null) this.#memory.set(one, { pid, bytes: await processMemoryBytes(pid) });
  }
}

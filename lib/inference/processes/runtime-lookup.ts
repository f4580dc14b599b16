import type { Clock } from '../../clock';
import { asModelManagementError, type ModelManagementError } from '../../errors';
import type { ChildPlace } from './engine-child';
import * as errors from './engine-errors';
import { LaunchFailure, launch } from './launch';

const TIMEOUT_MS = 20_000;
/** After so long a runtime that was missing is looked for again. */
const MISSING_KEPT_MS = 30_000;

export type RuntimeFound =
  | { readonly version: string }
  | { readonly version: null; readonly error: ModelManagementError };

/** Whether the native runtime loads here: asked of a throw-away process, since its native code stays out of ours. */
export class RuntimeLookup {
  #found: Promise<RuntimeFound> | undefined;
  #foundAt = 0;
  #isMissing = false;

  constructor(
    private readonly place: ChildPlace,
    private readonly runtimePaths: readonly string[],
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** Never rejects. A runtime that was found stays found; who asks while it is looked for waits for the same answer. */
  find(): Promise<RuntimeFound> {
    const isStale = this.#isMissing && this.clock.now() - this.#foundAt >= MISSING_KEPT_MS;
    if (this.#found && !isStale) return this.#found;
    this.#foundAt = this.clock.now();
    this.#isMissing = false;
    this.#found = this.#look();
    return this.#found;
  }

  /** Resolves when no process is under way any more. */
  async settle(): Promise<void> {
    await this.#found;
  }

  async #look(): Promise<RuntimeFound> {
    try {
      const command = { type: 'describe', runtimePaths: this.runtimePaths } as const;
      const { child, reply } = await launch(this.place, command, { timeoutMs: TIMEOUT_MS, signal: this.signal });
      await child.stop();
      return { version: reply.version };
    } catch (error) {
      this.#isMissing = true;
      const isOurs = error instanceof LaunchFailure && error.what !== 'aborted';
      return { version: null, error: isOurs ? errors.runtimeMissing(error.message) : asModelManagementError(error) };
    }
  }
}

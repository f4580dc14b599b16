import type { Clock } from '../../clock';
import { asModelManagementError, type ModelManagementError } from '../../errors';
import type { RuntimeChoice } from '../engine';
import type { ChildPlace } from './engine-child';
import * as errors from './engine-errors';
import { type GoodReply, LaunchFailure, launch } from './launch';

const TIMEOUT_MS = 20_000;
/** After so long a runtime that was missing is looked for again. */
const MISSING_KEPT_MS = 30_000;

/** What runs the models of a process. */
export type RuntimeFacts = Pick<GoodReply, 'kind' | 'version' | 'reason'>;

export type RuntimeFound = RuntimeFacts | { readonly kind: 'none'; readonly error: ModelManagementError };

/** Which runtime loads here: asked of a throw-away process, since its native code stays out of ours. */
export class RuntimeLookup {
  #found: Promise<RuntimeFound> | undefined;
  #foundAt = 0;
  #isMissing = false;

  constructor(
    private readonly place: ChildPlace,
    private readonly runtime: RuntimeChoice,
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
      const command = { type: 'describe', runtime: this.runtime, runtimePaths: this.runtimePaths } as const;
      const { child, reply } = await launch(this.place, command, { timeoutMs: TIMEOUT_MS, signal: this.signal });
      await child.stop();
      // One that stands in may be replaced while we run: then it is a runtime that is missing.
      this.#isMissing = reply.reason !== null;
      return { kind: reply.kind, version: reply.version, reason: reply.reason };
    } catch (error) {
      this.#isMissing = true;
      const isOurs = error instanceof LaunchFailure && error.what !== 'aborted';
      return { kind: 'none', error: isOurs ? errors.runtimeMissing(error.message) : asModelManagementError(error) };
    }
  }
}

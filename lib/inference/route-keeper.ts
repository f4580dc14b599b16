import { asModelManagementError, type ModelManagementError } from '../errors';
import type { Log, LogFields } from '../log';
import type { Engine, LoadedModel } from './engine';
import type { Route, RouteState } from './route';
import type { ModelSource, ServedVersion } from './served-version';

/** Tells what a route should point at now; undefined = the model, version or file is not there. */
export type ResolveSource = () => Promise<StagedSource | undefined> | StagedSource | undefined;

/** A source with what must be given back once it is loaded (a copy of a file, say). */
export interface StagedSource extends ModelSource {
  readonly unstage?: () => void;
}

const retryMinMs = 2_000;
const retryMaxMs = 60_000;

/** Loads and leases a version; `unstage` is called when the lease is given back, or when nothing loads. */
export async function loadSource(engine: Engine, staged: StagedSource, signal?: AbortSignal): Promise<ServedVersion> {
  const { unstage, ...source } = staged;
  try {
    const loaded = await engine.load(
      {
        key: JSON.stringify([source.model, source.version, source.digest]),
        model: source.model,
        version: source.version,
        modelPath: source.modelPath,
        ...(source.preprocessingPath === undefined ? {} : { preprocessingPath: source.preprocessingPath }),
      },
      signal,
    );
    return { ...source, loaded: unstage ? releasingAlso(loaded, unstage) : loaded };
  } catch (error) {
    unstage?.();
    throw error;
  }
}

function releasingAlso(loaded: LoadedModel, unstage: () => void): LoadedModel {
  let isHeld = true;
  return {
    target: loaded.target,
    signature: loaded.signature,
    start: (feeds, options, onResult) => loaded.start(feeds, options, onResult),
    run: (feeds, options) => loaded.run(feeds, options),
    release: (keepMs) => {
      if (!isHeld) return;
      isHeld = false;
      loaded.release(keepMs);
      unstage();
    },
  };
}

/**
 * Keeps one route on what its name means: loads beside the serving version, switches, gives the old one back. What
 * does not load leaves the old version in service and is tried again with back-off (2 s to 60 s).
 */
export class RouteKeeper {
  /** Aborted when the look under way has lost its meaning: somebody else pointed the route, or it is closed. */
  private look = new AbortController();
  private isClosed = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private retryMs = retryMinMs;
  private running: Promise<void> | undefined;
  private again = false;
  private loggedFailure = '';

  constructor(
    readonly route: Route,
    private readonly engine: Engine,
    private readonly resolve: ResolveSource,
    private readonly log: Log,
  ) {}

  /** Looks again; calls that come while one look is under way are served by one more look after it. */
  refresh(): void {
    this.retryMs = retryMinMs;
    this.lookAgain();
  }

  /** Points the route at a version loaded by someone else, in this very tick. Takes over the lease. */
  adopt(served: ServedVersion): void {
    if (this.isClosed) {
      served.loaded.release();
      return;
    }
    this.look.abort();
    this.look = new AbortController();
    this.again = this.running !== undefined;
    this.succeed(served);
  }

  /** Gives the lease back and forgets everything; idempotent. */
  close(): void {
    this.isClosed = true;
    this.look.abort();
    clearTimeout(this.retryTimer);
    const before = this.route.served;
    this.route.set({ status: 'missing' });
    // Not at once: a deploy closes a node and starts it again.
    before?.loaded.release();
  }

  private lookAgain(): void {
    if (this.isClosed) return;
    this.again = true;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.again) this.lookAgain();
    });
  }

  /** Followers see the new version before the lease of the old one is given back. */
  private point(state: RouteState): void {
    const before = this.route.served;
    this.route.set(state);
    if (before && before.loaded !== this.route.served?.loaded) before.loaded.release(0);
  }

  private async run(): Promise<void> {
    this.again = false;
    const { signal } = this.look;
    let source: StagedSource | undefined;
    try {
      source = await this.resolve();
      if (signal.aborted) source?.unstage?.();
      else if (!source) this.miss();
      else if (this.stays(source)) source.unstage?.();
      else await this.load(source, signal);
    } catch (error) {
      if (signal.aborted) return;
      const known = asModelManagementError(error);
      if (known.code === 'VERSION_NOT_ON_EDGE') this.miss(known);
      else this.fail(source?.version ?? null, known);
    }
  }

  /** What served is given back: it is not to serve any more. @param reason - what to tell instead of that it is missing */
  private miss(reason?: ModelManagementError): void {
    clearTimeout(this.retryTimer);
    if (reason) this.point({ status: 'failed', error: reason });
    else if (this.route.state.status !== 'missing') this.point({ status: 'missing' });
  }

  /** True when the serving version is the one wanted; takes over edited labels and features without a new load. */
  private stays(source: ModelSource): boolean {
    const { state } = this.route;
    if (state.status !== 'serving') return false;
    const { served } = state;
    if (served.digest !== source.digest || served.version !== source.version || served.model !== source.model)
      return false;
    const isEdited =
      JSON.stringify([served.labels, served.features]) !== JSON.stringify([source.labels, source.features]);
    if (state.next || isEdited) this.succeed({ ...source, loaded: served.loaded });
    return true;
  }

  private async load(source: StagedSource, signal: AbortSignal): Promise<void> {
    const { state } = this.route;
    const next = { status: 'loading', version: source.version } as const;
    this.point(state.status === 'serving' ? { ...state, next } : next);
    const served = await loadSource(this.engine, source, signal);
    if (signal.aborted) served.loaded.release(0);
    else this.succeed(served);
  }

  private succeed(served: ServedVersion): void {
    clearTimeout(this.retryTimer);
    this.retryMs = retryMinMs;
    this.loggedFailure = '';
    this.point({ status: 'serving', served });
  }

  private fail(version: number | null, error: ModelManagementError): void {
    const { state } = this.route;
    this.logOnce({ model: this.route.model, version, code: error.code, message: error.message });
    const next = { status: 'failed', version, error } as const;
    this.point(state.status === 'serving' ? { ...state, next } : { status: 'failed', error });
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.lookAgain(), this.retryMs);
    this.retryTimer.unref();
    this.retryMs = Math.min(this.retryMs * 2, retryMaxMs);
  }

  /** The tries after the first are no news while they fail alike. */
  private logOnce(fields: LogFields): void {
    const failure = JSON.stringify(fields);
    if (failure !== this.loggedFailure) this.log.warn('model version not loaded', fields);
    this.loggedFailure = failure;
  }
}

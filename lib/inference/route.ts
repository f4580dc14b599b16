import type { ModelManagementError } from '../errors';
import type { ServedVersion } from './served-version';

/** What a follower of a model can be told; `serving` may carry the failure of a newer version. */
export type RouteState =
  | { readonly status: 'missing' }
  | { readonly status: 'loading'; readonly version: number | null }
  | { readonly status: 'serving'; readonly served: ServedVersion; readonly next?: NextVersion }
  | { readonly status: 'failed'; readonly error: ModelManagementError };

/** The version that shall come next while an older one still answers. */
export type NextVersion =
  | { readonly status: 'loading'; readonly version: number | null }
  | { readonly status: 'failed'; readonly version: number | null; readonly error: ModelManagementError };

/**
 * The pointer from a model's name and alias (or a file) to the loaded version that answers now. Followers read
 * `served` per message, so a swap is one assignment: every message sees exactly one version.
 */
export class Route {
  private current: RouteState = { status: 'missing' };
  private readonly listeners = new Set<(state: RouteState) => void>();

  constructor(
    readonly kind: 'model' | 'file',
    /** As in messages to the user: `iris`, `models/iris.onnx`. */
    readonly model: string,
    /** Alias or number; empty for a file. */
    readonly ref: string,
  ) {}

  get state(): RouteState {
    return this.current;
  }

  get served(): ServedVersion | undefined {
    return this.current.status === 'serving' ? this.current.served : undefined;
  }

  /** Calls `listener` now and at each change, until the returned function is called. */
  watch(listener: (state: RouteState) => void): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => this.listeners.delete(listener);
  }

  /** Points at another version, or at none; the lease of the one that answered before is given back after the switch. */
  set(state: RouteState): void {
    const before = this.served;
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
    if (before && before.loaded !== this.served?.loaded) before.loaded.release();
  }
}

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
  private current: RouteState = { status: 'loading', version: null };
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

  /** Points at another version, or at none. Whoever keeps the route gives the leases back. */
  set(state: RouteState): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
  }

  /** Shows the same as `other` from now on, until the returned function is called. */
  mirror(other: Route): () => void {
    return other.watch((state) => this.set(state));
  }
}

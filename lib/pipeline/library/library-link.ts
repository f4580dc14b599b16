import type { ModelManagementError } from '../../errors';
import type { CallContext } from './types';

/** One revision of a library, ready to be called. */
export interface RunnableLibrary {
  readonly revision: number;
  /** @throws {ModelManagementError} `LIBRARY_FAILED`, `TIMEOUT` */
  exec(input: unknown, options: { readonly context: CallContext; readonly timeoutMs: number }): Promise<unknown>;
}

export type LinkState =
  /** The services are starting. */
  | { readonly status: 'waiting' }
  | { readonly status: 'missing' }
  | { readonly status: 'failed'; readonly error: ModelManagementError }
  | { readonly status: 'ready'; readonly library: RunnableLibrary };

/** Where a follower finds its library: the state changes under it when a revision is saved or the library deleted. */
export class LibraryLink {
  private current: LinkState;
  private readonly listeners = new Set<() => void>();

  constructor(
    /** As the follower wrote it; empty = none chosen. */
    readonly name: string,
    state: LinkState,
  ) {
    this.current = state;
  }

  get state(): LinkState {
    return this.current;
  }

  set(state: LinkState): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener();
  }

  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes the states of another link, now and at each change, until the returned function is called. */
  mirror(other: LibraryLink): () => void {
    this.set(other.state);
    return other.watch(() => this.set(other.state));
  }
}

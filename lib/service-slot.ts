import type { ModelManagementError } from './errors';

export type SlotState<T> =
  | { readonly status: 'pending' }
  | { readonly status: 'ready'; readonly service: T }
  | { readonly status: 'unavailable'; readonly error: ModelManagementError };

/**
 * Where the composition root leaves a service and the nodes find it. Node-RED loads nodes and plugin on their own, in
 * either order, so a node that starts first waits here; it never builds a service itself.
 */
export class ServiceSlot<T> {
  private current: SlotState<T> = { status: 'pending' };
  private readonly listeners = new Set<(state: SlotState<T>) => void>();

  get state(): SlotState<T> {
    return this.current;
  }

  provide(service: T): void {
    this.set({ status: 'ready', service });
  }

  /** The service cannot run now (say, the data folder is in use); a later `provide` mends it. */
  fail(error: ModelManagementError): void {
    this.set({ status: 'unavailable', error });
  }

  /** Back to `pending`: the composition root stops. */
  clear(): void {
    this.set({ status: 'pending' });
  }

  /** Calls `listener` now and at each change, until the returned function is called. */
  watch(listener: (state: SlotState<T>) => void): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => this.listeners.delete(listener);
  }

  private set(state: SlotState<T>): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
  }
}

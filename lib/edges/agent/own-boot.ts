import type { Clock } from '../../clock';
import { newId } from '../../ids';
import { type AgentStores, findDocument } from './agent-documents';

/**
 * The number of this start, which is higher than those of all before, and a random id. The clock keeps it growing where
 * the disk was set back to a copy or could not be written to, the count where the clock was set back.
 */
export class OwnBoot {
  #id = newId();
  #number = 0;
  #isCounted = false;
  #hasFailed = false;

  constructor(
    private readonly deps: { readonly stores: AgentStores; readonly clock: Clock },
    /** Id and number are other ones from now on. */
    private readonly onChange: () => void,
  ) {}

  get id(): string {
    return this.#id;
  }

  get number(): number {
    return this.#number;
  }

  /** Before anything is said. */
  begin(): void {
    const now = this.deps.clock.now();
    const counted = (findDocument(this.deps.stores, 'boot')?.boot ?? 0) + 1;
    this.#number = Math.max(counted, now);
    this.#isCounted = counted > now;
  }

  /**
   * Writes it down. A number that was counted and could not be written may have been that of another such start, as which
   * a hub does not take it: once it can be written, another start begins.
   */
  async keep(): Promise<void> {
    const { stores, clock } = this.deps;
    const isAnew = this.#isCounted && this.#hasFailed;
    const boot = isAnew ? Math.max(this.#number + 1, clock.now()) : this.#number;
    try {
      await stores.agent.put({ _id: 'boot', boot });
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    if (!isAnew) return;
    this.#id = newId();
    this.#number = boot;
    this.#hasFailed = false;
    this.onChange();
  }
}

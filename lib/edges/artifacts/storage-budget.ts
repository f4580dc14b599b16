import { Admission } from '../../admission';
import type { Digest } from '../../ids';
import type { BlobStore } from '../../store';

/** A store whose files count. */
export interface CountedStore {
  readonly blobs: Pick<BlobStore, 'list'>;
  /** Bytes of what is on its way into it, but of one file. */
  readonly pendingBytes?: (except?: Digest) => Promise<number>;
}

/** Bytes that several stores may take together. */
export class StorageBudget {
  /** Room is counted and taken by one at a time. */
  readonly turns = new Admission(1);
  readonly #stores: CountedStore[] = [];

  constructor(readonly maxBytes: number) {}

  /** From now on its files count; whether they are refused is its own matter. */
  count(store: CountedStore): void {
    this.#stores.push(store);
  }

  /** Of whole files. @param except - one file of a store that is not counted */
  async storedBytes(except?: { readonly store: CountedStore; readonly digest: Digest }): Promise<number> {
    const bytes = this.#stores.map(async (store) => {
      const skipped = store === except?.store ? except.digest : undefined;
      const counted = (await store.blobs.list()).filter(({ digest }) => digest !== skipped);
      return sum(counted.map(({ sizeBytes }) => sizeBytes));
    });
    return sum(await Promise.all(bytes));
  }

  /** All that is there or on its way, but one file of a store. */
  async usedBytes(store: CountedStore, digest: Digest): Promise<number> {
    const pending = this.#stores.map((one) => one.pendingBytes?.(one === store ? digest : undefined) ?? 0);
    return (await this.storedBytes({ store, digest })) + sum(await Promise.all(pending));
  }
}

const sum = (bytes: readonly number[]): number => bytes.reduce((total, one) => total + one, 0);

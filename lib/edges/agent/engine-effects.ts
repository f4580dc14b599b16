import { statfs } from 'node:fs/promises';
import type { Clock } from '../../clock';
import { ModelManagementError } from '../../errors';
import { DEPLOYED, type Digest, type ModelName } from '../../ids';
import type { Engine } from '../../inference/engine';
import type { ModelSource } from '../../inference/served-version';
import type { Serving } from '../../inference/serving';
import type { Log } from '../../log';
import { modelKey } from '../../names';
import type { AliasSwitch } from '../../registry/dependencies';
import type { BlobStore } from '../../store';
import type { ArtifactFetcher, FetchProgress, StorageBudget } from '../artifacts';
import type { Capabilities, DesiredFile, DesiredModel, DesiredVersion } from '../protocol/documents';
import type { EdgeEffects } from './edge-effects';
import type { ServedRequests } from './health';
import type { ModelShelf } from './model-shelf';
import { type ModelKey, targetKey } from './model-state';
import { sourceOf } from './version-source';

export interface EngineEffectsOptions {
  /** Of the hub's artifacts only, apart from what this Node-RED keeps as a hub. */
  readonly blobs: BlobStore;
  readonly blobsPath: string;
  readonly fetcher: Pick<ArtifactFetcher, 'fetch' | 'collectPartials'>;
  /** Counts `blobs`. */
  readonly budget: StorageBudget;
  readonly engine: Engine;
  readonly serving: Serving;
  readonly shelf: ModelShelf;
  readonly capabilities: () => Capabilities;
  readonly clock: Clock;
  readonly log: Log;
}

interface Prepared {
  readonly key: string;
  readonly sources: ReadonlyMap<number, ModelSource>;
  /** Committed or abandoned, once. */
  readonly alias: AliasSwitch;
  readonly timer: NodeJS.Timeout;
}

/** What an agent does, on the engine and the disk of this Node-RED. */
export class EngineEffects implements EdgeEffects {
  readonly #prepared = new Map<ModelKey, Prepared>();
  /** When the deployed version of each model began to serve. */
  readonly #activatedAt = new Map<ModelKey, number>();
  /** Versions whose process is given up, as the engine said last. */
  #failed = new Set<string>();

  constructor(private readonly options: EngineEffectsOptions) {}

  /**
   * Names on the shelf what ran before this process started, so that nodes wait for it to load instead of being told
   * that it is not there. Nothing is verified by that: the agent starts each of them in its turn.
   */
  async recall(targets: Iterable<DesiredModel>): Promise<void> {
    for (const target of targets) {
      try {
        this.options.shelf.put(target, await this.#sourcesOf(target));
      } catch (error) {
        this.options.log.warn('model of the edge not taken up', { model: target.name, error });
      }
    }
  }

  capabilities(): Capabilities {
    return this.options.capabilities();
  }

  async artifacts(): Promise<ReadonlyMap<Digest, number>> {
    return new Map((await this.options.blobs.list()).map(({ digest, sizeBytes }) => [digest, sizeBytes]));
  }

  async freeBytes(): Promise<number> {
    const { blobsPath, budget } = this.options;
    const [{ bavail, bsize }, storedBytes] = await Promise.all([statfs(blobsPath), budget.storedBytes()]);
    return Math.max(0, Math.min(bavail * bsize, budget.maxBytes - storedBytes));
  }

  async fetchArtifact(file: DesiredFile, signal: AbortSignal, onProgress: (ratio: number) => void): Promise<void> {
    const { digest, sizeBytes } = file;
    const { fetcher } = this.options;
    const progress = ({ receivedBytes }: FetchProgress): void =>
      onProgress(sizeBytes === 0 ? 1 : receivedBytes / sizeBytes);
    const fetch = (): Promise<string> => fetcher.fetch({ digest, sizeBytes }, { signal, onProgress: progress });
    try {
      await fetch();
    } catch (error) {
      // Parts of what is not wanted any more may take the room.
      if (!ModelManagementError.is(error) || error.code !== 'STORAGE_FULL') throw error;
      if ((await fetcher.collectPartials([digest])) === 0) throw error;
      await fetch();
    }
  }

  async verifyArtifact(digest: Digest): Promise<boolean> {
    return (await this.options.blobs.verify(digest)) === 'whole';
  }

  async removeArtifact(digest: Digest): Promise<void> {
    const minAgeMs = Number.NEGATIVE_INFINITY;
    await this.options.blobs.collectGarbage({ isNamed: (other) => other !== digest, dryRun: false, minAgeMs });
  }

  async testLoad(model: string, version: DesiredVersion, signal: AbortSignal): Promise<void> {
    const source = await this.#sourceOf(model, version);
    const { modelPath, preprocessingPath } = source;
    await this.options.engine.probe(
      {
        key: JSON.stringify(['test-load', modelPath, preprocessingPath ?? null]),
        model,
        version: version.version,
        modelPath,
        ...(preprocessingPath === undefined ? {} : { preprocessingPath }),
      },
      signal,
    );
  }

  async warm(target: DesiredModel, signal: AbortSignal): Promise<void> {
    const key = modelKey(target.name);
    const sources = await this.#sourcesOf(target);
    const deployed = sources.get(target.deployed);
    if (!deployed) return;
    const alias = await this.options.serving.prepareAlias(target.name as ModelName, DEPLOYED, deployed);
    this.#abandon(key);
    if (signal.aborted) {
      alias.abandon();
      return;
    }
    // The switch follows at once, if at all: what is not wanted any more holds no process.
    const timer = setTimeout(() => this.#abandon(key), PREPARED_MS).unref();
    this.#prepared.set(key, { key: targetKey(target), sources, alias, timer });
  }

  /** Gives back what is loaded beside what serves. */
  close(): void {
    for (const key of [...this.#prepared.keys()]) this.#abandon(key);
  }

  #abandon(key: ModelKey): void {
    const prepared = this.#prepared.get(key);
    if (!prepared) return;
    clearTimeout(prepared.timer);
    this.#prepared.delete(key);
    prepared.alias.abandon();
  }

  async activate(target: DesiredModel): Promise<void> {
    const { shelf, serving, clock } = this.options;
    const key = modelKey(target.name);
    const prepared = this.#prepared.get(key);
    const isPrepared = prepared?.key === targetKey(target);
    const sources = isPrepared ? prepared.sources : await this.#sourcesOf(target);
    shelf.put(target, sources);
    this.#activatedAt.set(key, clock.now());
    // It may have crashed too often once, and is tried again.
    this.#failed.delete(nameOf(target.name, target.deployed));
    if (isPrepared) prepared.alias.commit();
    this.#abandon(key);
    // Nodes that name a number or another alias.
    serving.modelChanged(target.name);
  }

  async deactivate(model: string): Promise<void> {
    const key = modelKey(model);
    this.#abandon(key);
    this.#activatedAt.delete(key);
    this.options.shelf.remove(model);
    this.options.serving.modelChanged(model);
  }

  served(model: string): ServedRequests | undefined {
    const { engine, shelf } = this.options;
    const since = this.#activatedAt.get(modelKey(model));
    const version = shelf.find(model, DEPLOYED)?.version;
    if (since === undefined || version === undefined || version === null) return undefined;
    // The engine tells this only later; the next look finds it.
    void this.#lookForFailed(model, since);
    const columns = engine.activity(model, HEALTH_MINUTES).find((one) => one.version === version)?.columns;
    const sum = (values: readonly (number | null)[]): number =>
      values.reduce<number>((total, value, index) => total + ((columns?.at[index] ?? 0) > since ? (value ?? 0) : 0), 0);
    return {
      requests: columns ? sum(columns.requests) : 0,
      errors: columns ? sum(columns.errors) : 0,
      isFailed: this.#failed.has(nameOf(model, version)),
    };
  }

  async #lookForFailed(model: string, since: number): Promise<void> {
    try {
      const { models } = await this.options.engine.stats();
      // Of what served before a switch it tells nothing.
      if (this.#activatedAt.get(modelKey(model)) !== since) return;
      const failed = models.filter(({ state }) => state === 'failed');
      this.#failed = new Set(failed.map((one) => nameOf(one.model, one.version ?? 0)));
    } catch {
      // It says nothing new then.
    }
  }

  async #sourcesOf(target: DesiredModel): Promise<ReadonlyMap<number, ModelSource>> {
    const sources = target.versions.map(
      async (version) => [version.version, await this.#sourceOf(target.name, version)] as const,
    );
    return new Map(await Promise.all(sources));
  }

  #sourceOf(model: string, version: DesiredVersion): Promise<ModelSource> {
    return sourceOf(model as ModelName, version, (digest) => this.options.blobs.pathOf(digest));
  }
}

/** As long as a switch is watched. */
const HEALTH_MINUTES = 5;
const PREPARED_MS = 60_000;
const nameOf = (model: string, version: number): string => `${modelKey(model)} ${version}`;

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PipelineEffects } from '../../../../lib/edges/agent/pipelines/pipeline-effects';
import { pipelineKey } from '../../../../lib/edges/agent/pipelines/pipeline-state';
import type { ArtifactFetcher } from '../../../../lib/edges/artifacts';
import type { BrokerAddress } from '../../../../lib/edges/mqtt-connection';
import type { DesiredFile } from '../../../../lib/edges/protocol/documents';
import { digestOf } from '../../../../lib/edges/protocol/enrolment';
import type {
  DesiredLibrary,
  DesiredPipeline,
  PipelinePart,
  PipelineStatus,
} from '../../../../lib/edges/protocol/pipeline-documents';
import { ModelManagementError } from '../../../../lib/errors';
import type { Digest } from '../../../../lib/ids';
import type { Log } from '../../../../lib/log';
import { parseInput } from '../../../../lib/parse-input';
import { PipelineBundle } from '../../../../lib/pipeline/bundle/bundle';
import {
  isBrought,
  isPlaced,
  modulesOf,
  nodeTypesOf,
  type PlaceBroker,
  placeBundle,
  withoutPlaced,
  withPlaced,
} from '../../../../lib/pipeline/bundle/place-bundle';
import type { FlowEntry } from '../../../../lib/pipeline/flow-entry';
import type { Libraries } from '../../../../lib/pipeline/library';
import type { BlobStore } from '../../../../lib/store';
import { TestInput } from '../flows/pipeline-tester';
import type { Pipelines } from '../flows/pipelines';

const LibraryFile = z.object({
  v: z.literal(1),
  name: z.string(),
  revision: z.int().positive(),
  source: z.string(),
  description: z.string(),
});

export interface FlowPipelinesOptions {
  readonly edgeName: string;
  /** What pipelines use that name no other; undefined = its settings name files that cannot be read. */
  readonly broker: BrokerAddress | undefined;
  /** True of an npm module that function nodes can load here. */
  readonly hasModule: (name: string) => boolean;
  readonly blobs: BlobStore;
  readonly fetcher: Pick<ArtifactFetcher, 'fetch'>;
  readonly libraries: Pick<Libraries, 'lend' | 'takeBack'>;
  readonly log: Log;
}

type Placed = { readonly key: string; readonly entries: readonly FlowEntry[] };

/** Pipelines of a hub in the flows of this Node-RED. */
export class FlowPipelines implements PipelineEffects {
  readonly surroundings: string;
  readonly #broker: PlaceBroker | undefined;
  readonly #placed = new Map<string, Placed>();
  readonly #changed = new Map<string, boolean>();
  readonly #listeners = new Set<() => void>();
  #pipelines: Pipelines | undefined;
  #stopListening: (() => void) | undefined;

  constructor(private readonly options: FlowPipelinesOptions) {
    this.#broker = options.broker && asPlaceBroker(options.broker);
    this.surroundings = createHash('sha256')
      .update(JSON.stringify([options.edgeName, this.#broker]))
      .digest('base64url');
  }

  /** Flows can be changed from now on, once they run. */
  attach(pipelines: Pipelines): void {
    this.#pipelines = pipelines;
    this.#stopListening = pipelines.onFlows(() => this.#flowsChanged());
    this.#flowsChanged();
  }

  close(): void {
    this.#stopListening?.();
    this.#pipelines = undefined;
  }

  async fetch({ digest, sizeBytes }: DesiredFile, signal: AbortSignal): Promise<void> {
    await this.options.fetcher.fetch({ digest, sizeBytes }, { signal });
  }

  async isPresent(digest: Digest): Promise<boolean> {
    return (await this.options.blobs.verify(digest)) === 'whole';
  }

  async provide({ name, digest }: DesiredLibrary): Promise<void> {
    const { revision, source, description } = await this.#read(digest, LibraryFile);
    await this.options.libraries.lend(name, { revision, source, description });
  }

  async withdraw(name: string): Promise<void> {
    this.options.libraries.takeBack(name);
  }

  async check(target: DesiredPipeline, isClaimed: boolean): Promise<void> {
    const pipelines = this.#attached();
    const placed = await this.#place(target);
    const entries = pipelines.entries();
    if (pipelines.isReadOnly) {
      throw new ModelManagementError(
        'FLOWS_NOT_RUNNING',
        'The flows of the edge are read-only: what is placed there would be gone after a restart.',
        'Take readOnly out of its settings.js.',
      );
    }
    withPlaced(entries, target.id, placed, isClaimed);
    const { brokerId } = target;
    const isOwnBroker = ({ id, type }: FlowEntry): boolean =>
      id === brokerId && type === 'mqtt-broker' && !isBrought(id);
    if (brokerId !== undefined && !entries.some(isOwnBroker)) {
      throw new ModelManagementError(
        'BROKER_NOT_FOUND',
        `The flows of the edge have no mqtt-broker ${brokerId}.`,
        'Name one that is there, or none: then it uses the broker of the edge.',
      );
    }
    const installed = await pipelines.types();
    const missing = nodeTypesOf(placed).filter((type) => !installed.has(type));
    if (missing.length === 0) return this.#checkModules(placed);
    throw new ModelManagementError(
      'MISSING_NODE_TYPES',
      `The edge lacks these types of nodes: ${missing.slice(0, 10).join(', ')}.`,
      'Install them there (Manage palette); it is tried again by itself.',
      { details: { missing } },
    );
  }

  /** One that is missing would keep this and all other flows from starting, at the next deploy or start of Node-RED. */
  #checkModules(placed: readonly FlowEntry[]): void {
    const missing = modulesOf(placed).filter((name) => !this.options.hasModule(name));
    if (missing.length === 0) return;
    throw new ModelManagementError(
      'MISSING_MODULES',
      `Function nodes use modules that the edge lacks: ${missing.slice(0, 10).join(', ')}.`,
      'Install them in the user directory of its Node-RED; it is tried again by itself.',
      { details: { missing } },
    );
  }

  async place(target: DesiredPipeline, isClaimed: boolean): Promise<void> {
    const placed = await this.#place(target);
    await this.#attached().deploy((entries) => withPlaced(entries, target.id, placed, isClaimed), null);
    this.#changed.clear();
  }

  async remove(id: string): Promise<void> {
    await this.#attached().deploy((entries) => withoutPlaced(entries, id), null);
    this.#placed.delete(id);
  }

  isThere(id: string): boolean {
    return this.#pipelines?.entries().some((entry) => entry.id === id) ?? false;
  }

  areFlowsReady(): boolean {
    return this.#pipelines?.canChangeFlows ?? false;
  }

  isChanged(target: DesiredPipeline): boolean {
    const { id } = target;
    const placed = this.#placed.get(id);
    if (placed?.key !== pipelineKey(target)) {
      // Of an earlier process: known a moment later.
      this.#place(target).then(
        () => this.#flowsChanged(),
        (error: unknown) => this.options.log.debug('pipeline not compared', () => ({ id, error })),
      );
      return false;
    }
    const known = this.#changed.get(id) ?? !isPlaced(this.#attached().entries(), id, placed.entries);
    this.#changed.set(id, known);
    return known;
  }

  status(id: string): PipelineStatus | undefined {
    const view = this.#pipelines?.find(id);
    if (!view) return undefined;
    const { state, since, failedAt, error, counters, lastRunAt } = view;
    return {
      state,
      since,
      counters,
      lastRunAt,
      // Of a node deep in subflows it would not travel.
      ...(failedAt !== undefined && failedAt.length <= 64 && { failedAt }),
      ...(error && { error: { code: error.code.slice(0, 64), message: error.message.slice(0, 500) } }),
    };
  }

  async restart(id: string): Promise<void> {
    await this.#attached().switch.restart(id, null);
  }

  test(id: string, input: unknown): string {
    return this.#attached().test(id, parseInput(TestInput, input ?? {}, 'body'));
  }

  read(id: string, what: PipelinePart, runId = ''): unknown {
    const pipelines = this.#attached();
    switch (what) {
      case 'pipeline':
        return pipelines.get(id);
      case 'run':
        return pipelines.run(id, runId);
      default:
        return pipelines[what](id);
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #flowsChanged(): void {
    this.#changed.clear();
    for (const listener of this.#listeners) listener();
  }

  async #place(target: DesiredPipeline): Promise<readonly FlowEntry[]> {
    const key = pipelineKey(target);
    const known = this.#placed.get(target.id);
    if (known?.key === key) return known.entries;
    const bundle = await this.#read(target.digest, PipelineBundle);
    if (bundle.id !== target.id) throw unreadable(target.digest);
    const { edgeName } = this.options;
    const broker = target.brokerId === undefined ? this.#ownBroker() : { id: target.brokerId };
    const entries = placeBundle(bundle, { edgeName, broker, isRunning: target.running });
    this.#placed.set(target.id, { key, entries });
    return entries;
  }

  #ownBroker(): PlaceBroker {
    if (this.#broker) return this.#broker;
    throw new ModelManagementError(
      'BROKER_NOT_FOUND',
      'The certificates of modelManagement.broker of the edge cannot be read.',
      'Put the files in their place there, and restart its Node-RED.',
    );
  }

  async #read<T>(digest: Digest, schema: z.ZodType<T>): Promise<T> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.options.blobs.pathOf(digest));
    } catch {
      throw unreadable(digest);
    }
    if (digestOf(bytes) !== digest) throw unreadable(digest);
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (parsed.success) return parsed.data;
    throw new ModelManagementError(
      'INVALID_INPUT',
      `The hub sent a file ${digest.slice(0, 15)}… that this release cannot read.`,
      'Update the package on the edge and on the hub to the same release.',
    );
  }

  #attached(): Pipelines {
    if (this.#pipelines) return this.#pipelines;
    throw new ModelManagementError('NOT_READY', 'The flows are not there yet.', 'Try again in a moment.');
  }
}

function asPlaceBroker({ url, username, password, ...pem }: BrokerAddress): PlaceBroker {
  const text = (value: string | Uint8Array | undefined) =>
    value === undefined ? undefined : String(Buffer.from(value));
  return { url, username, password, ca: text(pem.ca), cert: text(pem.cert), key: text(pem.key) };
}

const unreadable = (digest: string): ModelManagementError =>
  new ModelManagementError(
    'STORAGE_CORRUPT',
    `The file ${digest.slice(0, 15)}… was damaged on the disk of the edge; it is fetched again.`,
    'If this comes again, check the disk of the edge.',
  );

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Artifact,
  ArtifactFetcher,
  type ArtifactFetcherOptions,
  ArtifactPublisher,
  type ArtifactPublisherOptions,
  publisherDefaults,
} from '../../lib/edges/artifacts';
import type { Bus } from '../../lib/edges/bus';
import { Digest } from '../../lib/ids';
import { silentLog } from '../../lib/log';
import { openBlobStore } from '../../lib/store';
import { Mosquitto } from './mosquitto';
import { MqttBus } from './mqtt-bus';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';
import { waitFor } from './wait-for';

/** As the defaults, ten times as fast. */
export const quickFetches = {
  jitterMs: 50,
  quietMs: 300,
  maxQuietMs: 2_000,
  stallMs: 20_000,
} as const;
export const quickPublishes = { gatherMs: 50, repeatAfterMs: 150 } as const;

export const digestOf = (bytes: Uint8Array): Digest =>
  Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);

/** What one who takes artifacts has on its disk. */
export async function openFetcher(
  bus: Bus,
  path: string,
  options: Partial<ArtifactFetcherOptions> = {},
): Promise<ArtifactFetcher> {
  const blobs = await openBlobStore({ path: join(path, 'blobs'), tempPath: join(path, 'temp'), log: silentLog });
  const settings = { ...quickFetches, ...options.settings };
  return new ArtifactFetcher({
    bus,
    blobs,
    log: silentLog,
    partialsPath: join(path, 'artifacts'),
    ...options,
    settings,
  });
}

export interface TestEdge {
  readonly bus: MqttBus;
  readonly path: string;
  readonly fetcher: ArtifactFetcher;
}

/** A hub that offers artifacts, and edges that take them, over a real mosquitto. */
export class ArtifactLab implements AsyncDisposable {
  readonly offered = new Map<Digest, Buffer>();
  /** Waited for before an artifact is opened. */
  #beforeOpening = async (): Promise<unknown> => undefined;
  #publisher: ArtifactPublisher | undefined;
  readonly #edges: TestEdge[] = [];
  #edgeCount = 0;

  private constructor(
    readonly broker: Mosquitto,
    readonly folder: TemporaryFolder,
    readonly hubBus: MqttBus,
    private readonly publisherOptions: Partial<ArtifactPublisherOptions>,
  ) {}

  static async start(publisherOptions: Partial<ArtifactPublisherOptions> = {}): Promise<ArtifactLab> {
    const broker = await Mosquitto.start();
    const hubBus = await MqttBus.connect(broker.url);
    const lab = new ArtifactLab(broker, await temporaryFolder(), hubBus, publisherOptions);
    await lab.startPublisher();
    return lab;
  }

  get publisher(): ArtifactPublisher {
    if (!this.#publisher) throw new Error('the publisher was stopped');
    return this.#publisher;
  }

  async startPublisher(options: Partial<ArtifactPublisherOptions> = this.publisherOptions): Promise<void> {
    const settings = { ...quickPublishes, bytesPerSecond: 100e6, ...options.settings };
    this.#publisher = new ArtifactPublisher({
      bus: this.hubBus,
      openArtifact: async (digest) => {
        await this.#beforeOpening();
        const bytes = this.offered.get(digest);
        if (!bytes) return undefined;
        return { sizeBytes: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) };
      },
      log: silentLog,
      ...options,
      settings,
    });
    await this.#publisher.start();
  }

  async stopPublisher(): Promise<void> {
    await this.#publisher?.stop();
    this.#publisher = undefined;
  }

  /** Nothing is published before each of these edges hears all of the artifact that it fetches. */
  publishOnceHeardBy(edges: readonly TestEdge[]): void {
    // Its manifest and its chunks.
    const areHearing = (): boolean => edges.every(({ bus }) => bus.subscriptionCount >= 2);
    this.#beforeOpening = () => waitFor(areHearing, { what: 'all edges to listen' });
  }

  /** What was wanted is published to its end, also when nobody waits for it any more. */
  async untilAllIsPublished({ sizeBytes }: Artifact): Promise<void> {
    const chunkCount = Math.ceil(sizeBytes / publisherDefaults.chunkBytes);
    await waitFor(() => this.publisher.figures().chunkCount >= chunkCount, { what: `${chunkCount} chunks` });
  }

  /** Offers random bytes. */
  offer(sizeBytes: number): Artifact {
    const bytes = randomBytes(sizeBytes);
    const digest = digestOf(bytes);
    this.offered.set(digest, bytes);
    return { digest, sizeBytes };
  }

  async edge(options: Partial<ArtifactFetcherOptions> = {}): Promise<TestEdge> {
    this.#edgeCount += 1;
    const path = join(this.folder.path, `edge-${this.#edgeCount}`);
    const bus = await MqttBus.connect(this.broker.url);
    const edge = { bus, path, fetcher: await openFetcher(bus, path, options) };
    this.#edges.push(edge);
    return edge;
  }

  edges(count: number, options: Partial<ArtifactFetcherOptions> = {}): Promise<readonly TestEdge[]> {
    return Promise.all(Array.from({ length: count }, () => this.edge(options)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#edges.map(({ fetcher }) => fetcher.stop()));
    await this.stopPublisher();
    await Promise.all([this.hubBus, ...this.#edges.map(({ bus }) => bus)].map((bus) => bus[Symbol.asyncDispose]()));
    await this.broker[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** The file is the artifact, and nothing else is left on the edge's disk. */
export async function isTaken({ path }: TestEdge, file: string, { digest }: Artifact): Promise<boolean> {
  const left = await readdir(join(path, 'artifacts')).catch(() => []);
  const hex = digest.slice('sha256:'.length);
  const isInPlace = file === join(path, 'blobs', 'sha256', hex.slice(0, 2), hex);
  return isInPlace && left.length === 0 && digestOf(await readFile(file)) === digest;
}

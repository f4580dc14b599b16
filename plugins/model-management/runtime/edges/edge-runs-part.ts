import { join } from 'node:path';
import { EdgeRunDocument } from '../../../../lib/edges/agent/runs/edge-run-document';
import { EdgeRuns } from '../../../../lib/edges/agent/runs/edge-runs';
import {
  ArtifactFetcher,
  ArtifactPublisher,
  blobArtifacts,
  type OpenArtifact,
  type SignManifest,
  type VerifyManifest,
} from '../../../../lib/edges/artifacts';
import type { Bus } from '../../../../lib/edges/bus';
import { prefixedBus } from '../../../../lib/edges/prefixed-bus';
import { openBoxKey } from '../../../../lib/edges/protocol/sealed-box';
import { artifactsOf } from '../../../../lib/edges/protocol/topics';
import { ensureFolder } from '../../../../lib/files';
import { openBlobStore, Secrets } from '../../../../lib/store';
import type { EdgeSettings } from '../settings';
import type { EdgeSideOptions } from './edge-side';

/** Small files come one beside the other, each with its own talk about it. */
const FETCHES_AT_ONCE = 8;

export interface RunsPart {
  readonly runs: EdgeRuns;
  /** Lets the hub fetch what runs leave. */
  offer(sign: SignManifest, alsoOf: OpenArtifact): void;
  close(): Promise<void>;
}

/** The runs of an edge, with stores and transfers of their own: what models need is collected by other rules. */
export async function openRuns(
  options: EdgeSideOptions,
  edge: EdgeSettings,
  { bus, root, verify }: { readonly bus: Bus; readonly root: string; readonly verify: VerifyManifest },
): Promise<RunsPart> {
  const { folder, clock, log, openDocuments, collections, runnerOf } = options;
  const [path, tempPath] = [join(root, 'run-blobs'), join(folder.tempPath, 'edge-runs')];
  await Promise.all([ensureFolder(path), ensureFolder(tempPath)]);
  const blobs = await openBlobStore({ path, tempPath, log });
  const fetcher = new ArtifactFetcher({
    bus,
    blobs,
    partialsPath: join(root, 'run-partials'),
    log,
    verify,
    settings: { maxBytes: edge.maxBytes, maxConcurrent: FETCHES_AT_ONCE },
  });
  const runs = new EdgeRuns({
    documents: await openDocuments('edge-agent-runs', EdgeRunDocument),
    blobs,
    fetcher,
    boxKey: await openBoxKey(folder.keysPath, 'edge-box'),
    secrets: await Secrets.open(folder.keysPath),
    hubId: edge.hubId,
    edge: edge.name,
    runsPath: folder.runsPath,
    collections,
    runnerOf,
    clock,
    log,
  });
  let publisher: ArtifactPublisher | undefined;
  return {
    runs,
    offer: (sign, alsoOf) => {
      const ofRuns = blobArtifacts(blobs, (digest) => runs.isOffered(digest));
      publisher = new ArtifactPublisher({
        bus: prefixedBus(bus, artifactsOf(edge.name)),
        openArtifact: async (digest) => (await ofRuns(digest)) ?? alsoOf(digest),
        log,
        sign,
      });
      publisher.start().catch((error: unknown) => log.warn('outputs of runs are not offered', { error }));
    },
    close: async () => {
      await publisher?.stop();
      await fetcher.stop();
    },
  };
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeRunDocument } from '../../../../lib/edges/agent/runs/edge-run-document';
import { EdgeRuns } from '../../../../lib/edges/agent/runs/edge-runs';
import {
  ArtifactFetcher,
  ArtifactPublisher,
  blobArtifacts,
  type OpenArtifact,
  type SignManifest,
  StorageBudget,
  type VerifyManifest,
} from '../../../../lib/edges/artifacts';
import { type Bus, noBus } from '../../../../lib/edges/bus';
import { prefixedBus } from '../../../../lib/edges/prefixed-bus';
import { openBoxKey } from '../../../../lib/edges/protocol/sealed-box';
import { artifactsOf } from '../../../../lib/edges/protocol/topics';
import { ensureFolder } from '../../../../lib/files';
import { type DataFolder, openBlobStore, Secrets } from '../../../../lib/store';
import type { Closers } from '../closers';
import type { EdgeSettings } from '../settings';
import type { EdgeSideOptions } from './edge-side';
import { type EdgePartOptions, edgeRoot } from './part-options';

/** Small files come one beside the other, each with its own talk about it. */
const FETCHES_AT_ONCE = 8;

export interface RunsPart {
  readonly runs: EdgeRuns;
  /** Lets the hub fetch what runs leave. */
  offer(sign: SignManifest, alsoOf: OpenArtifact): void;
  close(): Promise<void>;
}

type RunsPartOptions = EdgePartOptions & Pick<EdgeSideOptions, 'collections' | 'runnerOf'>;
type RunsIdentity = Pick<EdgeSettings, 'hubId'> & { readonly name: string };

/** The runs of an edge, with stores and transfers of their own: what models need is collected by other rules. */
export async function openRuns(
  options: RunsPartOptions,
  edge: RunsIdentity,
  { bus, budget, verify }: { readonly bus: Bus; readonly budget: StorageBudget; readonly verify: VerifyManifest },
): Promise<RunsPart> {
  const { folder, clock, log, openDocuments, collections, runnerOf } = options;
  const [path, tempPath] = [blobsPathIn(folder), join(folder.tempPath, 'edge-runs')];
  await Promise.all([ensureFolder(path), ensureFolder(tempPath)]);
  const blobs = await openBlobStore({ path, tempPath, log });
  const fetcher = new ArtifactFetcher({
    bus,
    blobs,
    partialsPath: join(edgeRoot(folder), 'run-partials'),
    log,
    verify,
    budget,
    settings: { maxConcurrent: FETCHES_AT_ONCE },
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

/**
 * Ends the runs of a Node-RED that was an edge and is one no more: no hub asks for what they leave. They are put away
 * meanwhile; without any there is nothing to do.
 */
export async function putRunsAway(options: RunsPartOptions, opened: Closers): Promise<void> {
  if (!existsSync(blobsPathIn(options.folder))) return;
  try {
    const { runs, close } = await openRuns(options, nobody, {
      bus: noBus,
      budget: new StorageBudget(0),
      verify: () => false,
    });
    runs.start({ isConnected: () => false, tell: () => undefined, wake: () => undefined }, []);
    opened.defer(async () => {
      await runs.stop();
      await close();
    });
  } catch (error) {
    options.log.warn('runs of the hub that was left not put away', { error });
  }
}

/** Nothing is fetched any more, whoever it was for. */
const nobody: RunsIdentity = { hubId: '', name: '' };

const blobsPathIn = (folder: DataFolder): string => join(edgeRoot(folder), 'run-blobs');

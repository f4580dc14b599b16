import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactFetcher } from '../../../../lib/edges/artifacts';
import type { Bus } from '../../../../lib/edges/bus';
import type { EdgeDocument } from '../../../../lib/edges/hub/hub-documents';
import type { RunDeskDeps } from '../../../../lib/edges/hub/runs/run-desk';
import { prefixedBus } from '../../../../lib/edges/prefixed-bus';
import { verifyingKey } from '../../../../lib/edges/protocol/keys';
import { artifactsOf } from '../../../../lib/edges/protocol/topics';
import { ensureFolder, namesIn } from '../../../../lib/files';
import { type DocumentStore, openBlobStore } from '../../../../lib/store';
import type { HubSideOptions } from './hub-side';

const PARTS = ['edge-runs', 'edge-rows'] as const;
type EdgePart = (typeof PARTS)[number];

/** What edges leave for this hub: of each key apart, signed with it, below topics of the edge. */
export function edgeFetchers(
  { folder, log }: Pick<HubSideOptions, 'folder' | 'log'>,
  bus: Bus,
  part: EdgePart,
): RunDeskDeps['fetcherOf'] {
  const fetchers = new Map<string, Promise<ArtifactFetcher>>();
  return (edge, key) => {
    const root = join(folder.path, part, key.id);
    const open = async (): Promise<ArtifactFetcher> => {
      const [path, tempPath] = [join(root, 'blobs'), join(folder.tempPath, part)];
      await Promise.all([ensureFolder(path), ensureFolder(tempPath)]);
      const { verify } = verifyingKey(key.publicKey);
      return new ArtifactFetcher({
        bus: prefixedBus(bus, artifactsOf(edge)),
        blobs: await openBlobStore({ path, tempPath, log }),
        partialsPath: join(root, 'partials'),
        log,
        verify,
      });
    };
    const known = fetchers.get(key.id);
    if (known) return known;
    const opening = open();
    fetchers.set(key.id, opening);
    // As on a full disk: the next one tries again.
    opening.catch(() => fetchers.delete(key.id));
    return opening;
  };
}

/** Whatever edges left under keys that are void: nobody takes it any more. */
export async function forgetOldKeys(path: string, edges: Pick<DocumentStore<EdgeDocument>, 'all'>): Promise<void> {
  const keys = new Set<string>(edges.all().flatMap(({ key }) => key?.id ?? []));
  for (const part of PARTS) {
    for (const name of await namesIn(join(path, part))) {
      if (!keys.has(name)) await rm(join(path, part, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

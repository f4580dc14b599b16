import { join } from 'node:path';
import { EdgeRowsDocument } from '../../../../lib/edges/agent/rows/edge-rows-document';
import { RowForwarder } from '../../../../lib/edges/agent/rows/row-forwarder';
import { blobArtifacts, type OpenArtifact, type StorageBudget } from '../../../../lib/edges/artifacts';
import { ensureFolder } from '../../../../lib/files';
import { openBlobStore } from '../../../../lib/store';
import type { EdgeSettings } from '../settings';
import type { EdgeSideOptions } from './edge-side';

/** Rows of this edge on their way to the hub. */
export async function openRows(
  { folder, log, openDocuments, collections }: EdgeSideOptions,
  { forward }: EdgeSettings,
  root: string,
  budget: StorageBudget,
): Promise<{ readonly rows: RowForwarder; readonly openArtifact: OpenArtifact }> {
  const [path, tempPath] = [join(root, 'row-blobs'), join(folder.tempPath, 'edge-rows')];
  await Promise.all([ensureFolder(path), ensureFolder(tempPath)]);
  const blobs = await openBlobStore({ path, tempPath, log });
  budget.count({ blobs });
  const documents = await openDocuments('edge-agent-rows', EdgeRowsDocument);
  const rows = new RowForwarder({ documents, blobs, collections, tempPath, forward, log });
  return { rows, openArtifact: blobArtifacts(blobs, (digest) => rows.isOffered(digest)) };
}

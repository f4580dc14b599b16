import { systemClock } from '../../lib/clock';
import { silentLog } from '../../lib/log';
import {
  AuditDocument,
  effectiveSignature,
  ModelDocument,
  Registry,
  type RegistryDeps,
  readModelFile,
  VersionDocument,
} from '../../lib/registry';
import { type BlobStore, openBlobStore, openDataFolder, openDocumentStore } from '../../lib/store';

export type WrapDocuments = (documents: RegistryDeps['documents']) => RegistryDeps['documents'];

export interface OpenRegistry {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  close(): Promise<void>;
}

/** A runtime that sees what the file says. */
export const agree: RegistryDeps['testLoad'] = async ({ modelPath, preprocessingPath }) => {
  const { signature } = await readModelFile(modelPath);
  if (!preprocessingPath) return signature;
  return effectiveSignature({ signature, preprocessing: await readModelFile(preprocessingPath) });
};

/** A registry on the real stores of a data folder; only the engine is played, by one that loads everything. */
export async function openRegistryIn(
  path: string,
  options: Partial<Pick<RegistryDeps, 'testLoad' | 'prepareAlias' | 'usage' | 'maxModelSizeBytes'>> & {
    readonly wrap?: WrapDocuments;
  } = {},
): Promise<OpenRegistry> {
  const { wrap = (documents) => documents, ...others } = options;
  const folder = await openDataFolder({ path, log: silentLog, clock: systemClock });
  const blobs = await openBlobStore({ path: folder.blobsPath, tempPath: folder.tempPath, log: silentLog });
  const at = { path: folder.dbPath, log: silentLog };
  const models = await openDocumentStore({ ...at, name: 'models', parse: (raw) => ModelDocument.parse(raw) });
  const versions = await openDocumentStore({ ...at, name: 'versions', parse: (raw) => VersionDocument.parse(raw) });
  const audit = await openDocumentStore({ ...at, name: 'audit', parse: (raw) => AuditDocument.parse(raw) });
  const registry = await Registry.open({
    documents: wrap({ models, versions, audit }),
    blobs,
    clock: systemClock,
    log: silentLog,
    testLoad: agree,
    prepareAlias: async () => ({ commit: () => undefined, abandon: () => undefined }),
    usage: () => [],
    maxModelSizeBytes: 4_000_000,
    ...others,
  });
  const close = async (): Promise<void> => {
    await Promise.all([models.close(), versions.close(), audit.close()]);
    await folder.close();
  };
  return { registry, blobs, close };
}

import { Readable } from 'node:stream';
import { asModelManagementError } from '../../lib/errors';
import { silentLog } from '../../lib/log';
import {
  AuditDocument,
  effectiveSignature,
  ModelDocument,
  Registry,
  type RegistryChange,
  type RegistryDeps,
  readModelFile,
  type Usage,
  type Version,
  VersionDocument,
  type VersionUpload,
} from '../../lib/registry';
import { type BlobStore, openBlobStore, openDocumentStore } from '../../lib/store';
import { addModel, buildModel, type ModelSpec } from './onnx-models';
import { temporaryFolder } from './temporary-folder';

/** What the registry asked of the engine, in order: `prepare deployed 1`, `commit deployed 1`, `abandon …`. */
export type LabEvents = string[];

export interface RegistryLab extends AsyncDisposable {
  readonly path: string;
  readonly blobs: BlobStore;
  readonly events: LabEvents;
  readonly changes: RegistryChange[];
  /** What uses models; change it at will. */
  usage: readonly Usage[];
  /** Replaces parts of the engine; undefined = a runtime that agrees with the file and loads everything. */
  testLoad: RegistryDeps['testLoad'] | undefined;
  prepareAlias: RegistryDeps['prepareAlias'] | undefined;
  registry: Registry;
  /** As after a restart: closes the stores and reads them again. */
  reopen(): Promise<Registry>;
  upload(name: string, model: ModelSpec | Buffer, options?: Partial<VersionUpload>): Promise<Version>;
  /** Digests of all blobs on the disk. */
  blobCount(): Promise<number>;
}

type Wrap = (documents: RegistryDeps['documents']) => RegistryDeps['documents'];

/** A registry on real stores in a temporary folder; only the engine is played. `wrap` may make writes fail. */
export async function registryLab(wrap: Wrap = (documents) => documents): Promise<RegistryLab> {
  const folder = await temporaryFolder();
  const { path } = folder;
  const blobs = await openBlobStore({ path: `${path}/blobs`, tempPath: `${path}/temp`, log: silentLog });
  const events: LabEvents = [];
  const changes: RegistryChange[] = [];
  const open = async () => {
    const at = { path: `${path}/db`, log: silentLog };
    const models = await openDocumentStore({ ...at, name: 'models', parse: (raw) => ModelDocument.parse(raw) });
    const versions = await openDocumentStore({ ...at, name: 'versions', parse: (raw) => VersionDocument.parse(raw) });
    const audit = await openDocumentStore({ ...at, name: 'audit', parse: (raw) => AuditDocument.parse(raw) });
    const registry = await Registry.open({
      documents: wrap({ models, versions, audit }),
      blobs,
      clock: { now: () => Date.now() },
      log: silentLog,
      testLoad: (files, signal) => (lab.testLoad ?? agree)(files, signal),
      prepareAlias: (move) => (lab.prepareAlias ?? load)(move),
      usage: () => lab.usage,
      maxModelSizeBytes: 4_000_000,
    });
    registry.onChange((change) => changes.push(change));
    return { registry, close: () => Promise.all([models.close(), versions.close(), audit.close()]) };
  };
  const load: RegistryDeps['prepareAlias'] = async ({ alias, version: { version } }) => {
    events.push(`prepare ${alias} ${version}`);
    return {
      commit: () => void events.push(`commit ${alias} ${version}`),
      abandon: () => void events.push(`abandon ${alias} ${version}`),
    };
  };
  const lab: RegistryLab = {
    path,
    blobs,
    events,
    changes,
    usage: [],
    testLoad: undefined,
    prepareAlias: undefined,
    registry: undefined as unknown as Registry,
    async reopen() {
      await opened.close();
      opened = await open();
      lab.registry = opened.registry;
      return lab.registry;
    },
    upload: (name, model, options = {}) =>
      lab.registry.addVersion(name, anUpload(Buffer.isBuffer(model) ? model : buildModel(model), options), 'ann'),
    blobCount: async () => (await blobs.list()).length,
    async [Symbol.asyncDispose]() {
      await opened.close();
      await folder[Symbol.asyncDispose]();
    },
  };
  let opened = await open();
  lab.registry = opened.registry;
  return lab;
}

/** A runtime that sees what the file says. */
const agree: RegistryDeps['testLoad'] = async ({ modelPath, preprocessingPath }) => {
  const model = await readModelFile(modelPath);
  const preprocessing = preprocessingPath
    ? { preprocessing: { ...(await readModelFile(preprocessingPath)), digest: '', sizeBytes: 0 } as never }
    : {};
  return effectiveSignature({ signature: model.signature, ...preprocessing });
};

/** ONNX bytes on their way in, in pieces. */
export function anUpload(bytes: Buffer, options: Partial<VersionUpload> = {}): VersionUpload {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1_000) chunks.push(bytes.subarray(at, at + 1_000));
  return {
    body: Readable.from(chunks, { objectMode: false }),
    kind: 'onnx',
    create: true,
    signal: new AbortController().signal,
    ...options,
  };
}

/** The n-th of a row of models that differ only in one weight. */
export function modelNumber(n: number): ModelSpec {
  return addModel(n);
}

/** For `assert.rejects`: an error of ours with this code, and fields of `details`. */
export function withCode(code: string, details: Readonly<Record<string, unknown>> = {}): (thrown: unknown) => boolean {
  return (thrown) => {
    const error = asModelManagementError(thrown);
    const matches = Object.entries(details).every(
      ([field, value]) => JSON.stringify(error.details?.[field]) === JSON.stringify(value),
    );
    if (error.code === code && matches && error.message && error.hint) return true;
    throw new Error(`expected ${code} ${JSON.stringify(details)}, got ${error.code} ${JSON.stringify(error.details)}`, {
      cause: thrown,
    });
  };
}

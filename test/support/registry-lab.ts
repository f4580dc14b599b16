import { Readable } from 'node:stream';
import { asModelManagementError } from '../../lib/errors';
import type { Registry, RegistryChange, RegistryDeps, Usage, Version, VersionUpload } from '../../lib/registry';
import type { BlobStore } from '../../lib/store';
import { addModel, buildModel, type ModelSpec } from './onnx-models';
import { agree, type OpenRegistry, openRegistryIn, type WrapDocuments } from './registry-folder';
import { temporaryFolder } from './temporary-folder';

/** What the registry asked of the engine, in order: `prepare deployed 1`, `commit deployed 1`, `abandon …`. */
export type LabEvents = string[];

export interface RegistryLab extends AsyncDisposable {
  readonly path: string;
  blobs: BlobStore;
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

/** A registry on real stores in a temporary folder; only the engine is played. `wrap` may make writes fail. */
export async function registryLab(wrap: WrapDocuments = (documents) => documents): Promise<RegistryLab> {
  const folder = await temporaryFolder();
  const { path } = folder;
  const events: LabEvents = [];
  const changes: RegistryChange[] = [];
  const open = async (): Promise<OpenRegistry> => {
    const opened = await openRegistryIn(path, {
      testLoad: (files, signal) => (lab.testLoad ?? agree)(files, signal),
      prepareAlias: (move) => (lab.prepareAlias ?? load)(move),
      usage: () => lab.usage,
      wrap,
    });
    opened.registry.onChange((change) => changes.push(change));
    return opened;
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
    blobs: undefined as unknown as BlobStore,
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
      lab.blobs = opened.blobs;
      return lab.registry;
    },
    upload: (name, model, options = {}) =>
      lab.registry.addVersion(name, anUpload(Buffer.isBuffer(model) ? model : buildModel(model), options), 'ann'),
    blobCount: async () => (await lab.blobs.list()).length,
    async [Symbol.asyncDispose]() {
      await opened.close();
      await folder[Symbol.asyncDispose]();
    },
  };
  let opened = await open();
  lab.registry = opened.registry;
  lab.blobs = opened.blobs;
  return lab;
}

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

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack as tarPack } from 'tar-stream';
import type { Digest } from '../ids';
import type { BlobStore } from '../store';
import { additionalName, archiveNames } from './archive-paths';
import type { VersionJson } from './input';
import type { Version } from './types';

/** The blobs a version is made of. */
export function digestsOf({
  digest,
  preprocessing,
  additionalOutputs,
}: Pick<Version, 'digest' | 'preprocessing' | 'additionalOutputs'>): readonly Digest[] {
  return [
    digest,
    ...(preprocessing ? [preprocessing.digest] : []),
    ...additionalOutputs.map((output) => output.digest),
  ];
}

/**
 * The version as a tar that an upload takes back to an equal one. The same version always gives the same bytes.
 */
export function archiveOf(version: Version, blobs: Pick<BlobStore, 'pathOf'>): Readable {
  return Readable.from(chunksOf(version, blobs), { objectMode: false });
}

async function* chunksOf(version: Version, blobs: Pick<BlobStore, 'pathOf'>): AsyncGenerator<Buffer, void, undefined> {
  const archive = tarPack();
  const filling = fill(archive, version, blobs);
  try {
    for await (const chunk of archive) yield chunk as Buffer;
    await filling;
  } finally {
    archive.destroy();
    await filling.catch(() => undefined);
  }
}

async function fill(archive: Pack, version: Version, blobs: Pick<BlobStore, 'pathOf'>): Promise<void> {
  const mtime = new Date(version.createdAt);
  try {
    const text = `${JSON.stringify(attributesFor(version), null, 2)}\n`;
    archive.entry({ name: archiveNames.version, mtime }, text);
    const files = [
      { name: archiveNames.model, digest: version.digest, sizeBytes: version.sizeBytes },
      ...(version.preprocessing ? [{ name: archiveNames.preprocessing, ...version.preprocessing }] : []),
      ...version.additionalOutputs.map(({ path, ...blob }) => ({ name: additionalName(path), ...blob })),
    ];
    for (const { name, digest, sizeBytes } of files) {
      await pipeline(createReadStream(blobs.pathOf(digest)), archive.entry({ name, size: sizeBytes, mtime }));
    }
    archive.finalize();
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** Null says "none" where the model's own metadata would otherwise be read again. */
function attributesFor({ metrics, labels, features, description, tags, original }: Version): VersionJson {
  return {
    metrics,
    labels: labels ? [...labels] : null,
    features: features ? [...features] : null,
    description,
    tags,
    ...(original ? { original } : {}),
  };
}

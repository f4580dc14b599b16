import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack as tarPack } from 'tar-stream';
import { workFiles } from '../env-list';

/** The outputs as an upload brings them. */
export function archiveOf(path: string, attributes: Readonly<Record<string, unknown>>): Readable {
  return tarOf(async (archive) => {
    archive.entry({ name: 'version.json' }, JSON.stringify(attributes));
    await addFiles(archive, path, isPartOfVersion);
  });
}

const isPartOfVersion = (name: string): boolean =>
  name === workFiles.model || name === workFiles.preprocessing || name.startsWith(`${workFiles.additionalOutput}/`);

/** @param fill - puts the entries in; a failure of it is one of the stream */
export function tarOf(fill: (archive: Pack) => Promise<void>): Readable {
  return Readable.from(chunksOf(fill), { objectMode: false });
}

async function* chunksOf(fill: (archive: Pack) => Promise<void>): AsyncGenerator<Buffer, void, undefined> {
  const archive = tarPack();
  const filling = fill(archive)
    .then(() => archive.finalize())
    .catch((error: unknown) => {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
  filling.catch(() => undefined);
  try {
    for await (const chunk of archive) yield chunk as Buffer;
    await filling;
  } finally {
    archive.destroy();
  }
}

/** Files below a folder, under their names there. */
export async function addFiles(
  archive: Pack,
  path: string,
  isWanted: (name: string) => boolean = () => true,
): Promise<void> {
  for (const name of await filesBelow(path)) {
    if (!isWanted(name)) continue;
    const source = join(path, ...name.split('/'));
    const { size } = await stat(source);
    await pipeline(createReadStream(source), archive.entry({ name, size }));
  }
}

/** Paths with "/", sorted. */
export async function filesBelow(path: string, prefix = ''): Promise<readonly string[]> {
  const found: string[] = [];
  const entries = await readdir(join(path, ...prefix.split('/').filter(Boolean)), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(path, `${name}/`)));
    else found.push(name);
  }
  return found;
}

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { extract, type Pack, pack } from 'tar-stream';
import { ModelManagementError } from '../../../errors';
import type { OutputBudget } from '../output-budget';
import { UID } from './labels';

const owner = { uid: UID, gid: UID, uname: '', gname: '' };

/** One entry after the other; resolves when the file has been read into it. */
async function addFile(archive: Pack, name: string, path: string): Promise<void> {
  const { size, mtime, mode } = await stat(path);
  const entry = archive.entry({ ...owner, name, size, mtime, mode: mode & 0o755 });
  await pipeline(createReadStream(path), entry);
}

async function addFolder(archive: Pack, name: string, path: string): Promise<void> {
  archive.entry({ ...owner, name: `${name}/`, type: 'directory', mode: 0o755 });
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [inner, source] = [`${name}/${entry.name}`, join(path, entry.name)];
    if (entry.isDirectory()) await addFolder(archive, inner, source);
    else if (entry.isFile()) await addFile(archive, inner, source);
  }
}

/** A tar of a folder and of small files beside it, all owned by the user that runs scripts. */
export function packFolder(name: string, path: string, beside: Readonly<Record<string, string>> = {}): Readable {
  const archive = pack();
  // Told by the stream as well; without a listener it would end Node-RED.
  archive.on('error', () => undefined);
  const fill = async (): Promise<void> => {
    try {
      await addFolder(archive, name, path);
      addTexts(archive, beside);
      archive.finalize();
    } catch (error) {
      archive.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  void fill();
  return Readable.from(archive);
}

/** Unpacks an archive in a container. What has not been sent when it ends, well or not, is not read any more. */
export async function upload(container: Docker.Container, archive: Readable, path: string): Promise<void> {
  try {
    await container.putArchive(archive, { path });
  } finally {
    archive.destroy();
  }
}

/** A tar of small files; keys that end in "/" are folders. */
export function packTexts(texts: Readonly<Record<string, string>>): Readable {
  const archive = pack();
  addTexts(archive, texts);
  archive.finalize();
  return Readable.from(archive);
}

function addTexts(archive: Pack, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (name.endsWith('/')) archive.entry({ ...owner, name, type: 'directory', mode: 0o755 });
    else archive.entry({ ...owner, name, mode: 0o644 }, text);
  }
}

/** The first file of an archive, as text; at most so many bytes of it. */
export async function readOneText(stream: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const entry of readEntries(stream)) {
    for await (const chunk of entry.content) {
      if (sizeBytes < maxBytes) chunks.push(chunk);
      sizeBytes += chunk.length;
    }
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly content: AsyncIterable<Buffer>;
}

async function* readEntries(stream: Readable): AsyncGenerator<Entry, void, undefined> {
  const reader = extract();
  const feeding = pipeline(stream, reader);
  // Told by the loop as well.
  feeding.catch(() => undefined);
  for await (const entry of reader) {
    const { name, type, size = 0, mtime } = entry.header;
    yield {
      name,
      type: type ?? 'file',
      sizeBytes: size,
      mtimeMs: mtime?.getTime() ?? 0,
      content: entry as AsyncIterable<Buffer>,
    };
    entry.resume();
  }
  await feeding;
}

/**
 * Writes what an archive holds into a folder, under names that have been looked at.
 * @throws {ModelManagementError} `UNSAFE_OUTPUT`, `OUTPUT_TOO_LARGE`
 */
export async function unpackOutputs(
  stream: Readable,
  targetPath: string,
  budget: OutputBudget,
  /** False = left out. */
  isWanted: (path: string, mtimeMs: number) => boolean,
): Promise<void> {
  try {
    for await (const { name, type, sizeBytes, mtimeMs, content } of readEntries(stream)) {
      const path = name.replace(/\/$/, '');
      budget.admit(path, type, sizeBytes);
      if (type === 'directory' || !isWanted(path, mtimeMs)) continue;
      const target = join(targetPath, ...path.split('/'));
      await mkdir(dirname(target), { recursive: true });
      await pipeline(content, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    }
  } catch (error) {
    stream.destroy();
    throw asUnsafe(error);
  }
}

/** What is no archive at all is unsafe too; errors of the disk and of the connection are not. */
function asUnsafe(error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  if (!/tar|header/i.test(message) || ModelManagementError.is(error)) return error;
  return new ModelManagementError(
    'UNSAFE_OUTPUT',
    `The outputs are no whole archive: ${message}.`,
    'Run the job again.',
    {
      cause: error,
    },
  );
}

import { createHash } from 'node:crypto';
import { type Extract, extract as tarExtract } from 'tar-stream';
import { ModelManagementError } from '../errors';
import { Digest } from '../ids';
import type { BlobLease } from '../store';
import { readChunks } from '../store/chunk-source';
import { ArchivePaths } from './archive-paths';
import { firstIssue, VersionJson } from './input';
import { invalidModel } from './invalid-model';
import type { Intake, ReceivedFiles } from './received-files';
import type { VersionUpload } from './upload';

/** The type declarations export no name for it. */
type Entry = Extract extends AsyncIterable<infer E> ? E : never;

const MAX_ENTRY_COUNT = 1_000;
const MAX_VERSION_JSON_BYTES = 1_048_576;
const PACK_HINT = 'Pack again: tar -cf version.tar model.onnx version.json additional_output';

/**
 * Takes a version from a tar archive, file by file into the blob store, never unpacking it to a folder:
 * `model.onnx`, `preprocessing.onnx?`, `additional_output/**?`, `version.json?` (`VersionJson`).
 * @throws {ModelManagementError} `INVALID_MODEL` when anything in it is unsafe, unknown, repeated or too much;
 * `MODEL_TOO_LARGE`, `DIGEST_MISMATCH`, `ABORTED`, `STORAGE_FULL`
 */
export async function receiveArchive(
  { body, expectedDigest }: Pick<VersionUpload, 'body' | 'expectedDigest'>,
  intake: Intake,
  maxBytes: number,
): Promise<ReceivedFiles> {
  const hash = createHash('sha256');
  const archive = tarExtract();
  const stop = new AbortController();
  const chunks = readChunks(body, AbortSignal.any([intake.signal, stop.signal]));
  const pumping = pump(measured(chunks, hash, maxBytes), archive);
  let files: ReceivedFiles;
  try {
    files = await readEntries(archive, intake, maxBytes);
  } catch (error) {
    // A refusal does not wait for a sender that is silent.
    stop.abort();
    throw archiveError(error);
  } finally {
    await pumping;
  }
  const digest = Digest.parse(`sha256:${hash.digest('hex')}`);
  if (expectedDigest === undefined || digest === expectedDigest) return files;
  throw new ModelManagementError(
    'DIGEST_MISMATCH',
    `The archive should be ${expectedDigest} and is ${digest}.`,
    'Upload it again: it was changed or cut on its way.',
    { details: { expected: expectedDigest, found: digest } },
  );
}

async function readEntries(archive: Extract, intake: Intake, maxBytes: number): Promise<ReceivedFiles> {
  const paths = new ArchivePaths();
  const additionalOutputs: { path: string; blob: BlobLease }[] = [];
  let model: BlobLease | undefined;
  let preprocessing: BlobLease | undefined;
  let facts: VersionJson = {};
  let entryCount = 0;
  for await (const entry of archive) {
    if (++entryCount > MAX_ENTRY_COUNT) {
      throw invalidModel(
        'read',
        `The archive holds more than ${MAX_ENTRY_COUNT} entries.`,
        'Pack fewer, larger files.',
      );
    }
    const found = paths.classify(entry.header.name, entry.header.type ?? 'file of an unknown type');
    if (found.kind === 'model') model = await intake.put(contentOf(entry), { maxBytes });
    else if (found.kind === 'preprocessing') preprocessing = await intake.put(contentOf(entry), { maxBytes });
    else if (found.kind === 'version') facts = await readFacts(entry);
    else if (found.kind === 'additional') {
      additionalOutputs.push({ path: found.path, blob: await intake.put(contentOf(entry), { maxBytes }) });
    } else entry.resume();
  }
  if (!model) throw invalidModel('read', 'The archive holds no model.onnx.', PACK_HINT);
  additionalOutputs.sort((a, b) => (a.path < b.path ? -1 : 1));
  const { original, ...attributes } = facts;
  return {
    model,
    ...(preprocessing ? { preprocessing } : {}),
    additionalOutputs,
    attributes,
    ...(original ? { original } : {}),
  };
}

async function readFacts(entry: Entry): Promise<VersionJson> {
  const refuse = (message: string, cause?: unknown): ModelManagementError =>
    invalidModel(
      'read',
      `version.json: ${message}`,
      'It may hold metrics, labels, features, description and tags.',
      cause,
    );
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of contentOf(entry)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_VERSION_JSON_BYTES) throw refuse(`is larger than ${MAX_VERSION_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw refuse('is not JSON', cause);
  }
  const parsed = VersionJson.safeParse(value);
  if (parsed.success) return parsed.data;
  const { field, message } = firstIssue(parsed.error);
  throw refuse(field ? `${field}: ${message}` : message, parsed.error);
}

/** The bytes of an entry; what breaks them is the archive or the connection, told apart here. */
async function* contentOf(entry: Entry): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of entry) yield chunk as Buffer;
  } catch (error) {
    throw archiveError(error);
  }
}

function archiveError(error: unknown): ModelManagementError {
  if (ModelManagementError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return invalidModel('read', `This is not a whole tar archive: ${message}`, PACK_HINT, error);
}

async function* measured(
  chunks: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new ModelManagementError(
        'MODEL_TOO_LARGE',
        `The archive is larger than the ${maxBytes} bytes allowed.`,
        'Upload a smaller one, or raise modelManagement.maxModelSizeBytes in settings.js.',
        { details: { maxBytes } },
      );
    }
    hash.update(chunk);
    yield chunk;
  }
}

/** Never rejects: a source that fails ends the archive with its error. The source itself is not destroyed. */
async function pump(chunks: AsyncIterable<Buffer>, archive: Extract): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!archive.write(chunk)) await drained(archive);
      if (archive.destroyed) return;
    }
    archive.end(undefined);
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function drained(archive: Extract): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      archive.off('drain', settle);
      archive.off('close', settle);
      resolve();
    };
    archive.on('drain', settle);
    archive.on('close', settle);
    if (archive.destroyed) settle();
  });
}
